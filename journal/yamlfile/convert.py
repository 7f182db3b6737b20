"""Converts data to structs. All that does not fit is found at once, not only the first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from journal.structs import to_struct
from journal.wording.durations import Duration
from journal.yamlfile.problem import BadFile, FilePath, Problem
from journal.yamlfile.yaml_source import Source

T = TypeVar("T")

_PLACE = re.compile(r" - at `\$.*`\Z")


def decode_duration(wanted: type, value: Any) -> Any:
    """Convert text to a ``Duration``: a ``dec_hook`` for msgspec.

    Raises:
        ValueError: the text is no duration.
    """
    if wanted is not Duration:
        raise NotImplementedError(f"no way to read a {wanted}")
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration; write it with its unit, as 45 s, 15 min or 1 h 30 min")
    return Duration.parse(value)


def convert(wanted: type[T], source: Source) -> T:
    """Convert a file's data to the type ``wanted``.

    Raises:
        BadFile: it does not fit; everything that does not is named.
    """
    try:
        return to_struct(source.data, wanted, dec_hook=decode_duration)
    except msgspec.ValidationError as error:
        found = list(misfits(wanted, source.data)) or [((), str(error))]
        problems = [Problem(source.file, source.line(where), where, what) for where, what in found]
        raise BadFile(problems) from error


def convert_each(source: Source, part: str, wanted: Mapping[str, type[T] | str]) -> dict[str, T]:
    """Convert each entry of a mapping in a file's data to a type of its own.

    Args:
        source: the file.
        part: the mapping's key.
        wanted: the type for each key, or a text that says why there is none.

    Raises:
        BadFile: some do not fit; everything that does not is named.
    """
    found: list[tuple[FilePath, str]] = []
    types = {key: type_ for key, type_ in wanted.items() if not isinstance(type_, str)}
    for key, type_ in wanted.items():
        told = [((), type_)] if isinstance(type_, str) else misfits(type_, source.data[part][key])
        found += [((part, key, *where), what) for where, what in told]
    if found:
        raise BadFile([Problem(source.file, source.line(where), where, what) for where, what in found])
    return {key: to_struct(source.data[part][key], type_) for key, type_ in types.items()}


def misfits(wanted: Any, value: Any, path: FilePath = ()) -> Iterator[tuple[FilePath, str]]:
    """Yield the path and a description of every part of ``value`` that does not fit the type ``wanted``."""
    origin = get_origin(wanted)
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct) and isinstance(value, dict):
        found = list(_struct_misfits(wanted, value, path))
        yield from found or _leaf_misfits(wanted, value, path)  # what it refuses as a whole
    elif origin is list and isinstance(value, list):
        for place, item in enumerate(value):
            yield from misfits(get_args(wanted)[0], item, (*path, place))
    elif origin is dict and isinstance(value, dict):
        for key, item in value.items():
            yield from misfits(get_args(wanted)[1], item, (*path, key))
    elif (inner := _optional_struct(wanted)) and isinstance(value, dict):
        yield from misfits(inner, value, path)
    else:
        yield from _leaf_misfits(wanted, value, path)


@cache
def _fields(wanted: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    """Return a struct's fields by their names in a file: told once a type, since its annotations are text."""
    return {field.encode_name: field for field in msgspec.structs.fields(wanted)}


def _struct_misfits(
    wanted: type[msgspec.Struct], value: dict[str, Any], path: FilePath
) -> Iterator[tuple[FilePath, str]]:
    fields = _fields(wanted)
    for key in value.keys() - fields.keys() - {wanted.__struct_config__.tag_field}:
        yield (*path, key), f"unknown key {key!r}{did_you_mean(key, fields)}"
    for key, field in fields.items():
        if key in value:
            yield from misfits(field.type, value[key], (*path, key))
        elif field.required:
            yield path, f"{key!r} is missing"


def _leaf_misfits(wanted: Any, value: Any, path: FilePath) -> Iterator[tuple[FilePath, str]]:
    try:
        to_struct(value, wanted, dec_hook=decode_duration)
    except msgspec.ValidationError as error:
        yield path, _PLACE.sub("", str(error))


def _optional_struct(wanted: Any) -> type[msgspec.Struct] | None:
    structs = [part for part in get_args(wanted) if isinstance(part, type) and issubclass(part, msgspec.Struct)]
    return structs[0] if len(structs) == 1 else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean …?`` with the known word that is most alike; empty where none is."""
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.75)
    return f"; did you mean {near[0]!r}?" if near else ""

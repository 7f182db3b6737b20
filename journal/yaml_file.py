"""YAML files that people write by hand: read into structs, with every complaint naming file, line and field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from journal.errors import CleoError

T = TypeVar("T")

_PATH_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


class YamlFileError(CleoError):
    """A YAML file cannot be read or does not fit its shape."""


def load_struct(path: Path, type_: type[T]) -> T:
    """Return the file ``path`` as a ``type_``.

    Raises:
        YamlFileError: it cannot be read, is not YAML, or does not fit.
    """
    node = _compose(path)
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return msgspec.convert(data, type_)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        line = _line(node, where.rstrip("`"))
        field = where.rstrip("`").removeprefix("$.") or "the file"
        raise YamlFileError(f"{path}:{line}: {field}: {message}", "Mend that line and try again.") from None


def _compose(path: Path) -> yaml.Node | None:
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise YamlFileError(
            f"{path} cannot be read: {error.strerror}.", "Check the path and who may read it."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise YamlFileError(
            f"{path}:{line}: this is not YAML: {getattr(error, 'problem', error)}", "Mend that line."
        ) from error


def _line(node: yaml.Node | None, where: str) -> int:
    """Return the 1-based line of the deepest node that the path ``where`` (``$.systems[...].port``) reaches."""
    line = 1
    for key, index in _PATH_STEP.findall(where.removeprefix("$")):
        node = _child(node, key, index)
        if node is None:
            break
        line = node.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, key: str, index: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if not key or name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and index.isdigit():
        return node.value[int(index)]
    return None

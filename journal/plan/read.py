"""Reads a plan's shape: from a YAML file, or from the data that a journal's first event carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from journal.plan.model import Plan
from journal.structs import to_struct
from journal.yamlfile.convert import convert, decode_duration
from journal.yamlfile.yaml_source import Source, read_bytes, read_yaml


class LoadedPlan(NamedTuple):
    """A plan and where it came from.

    Attributes:
        plan: the plan.
        data: the same as JSON-able data, for the journal's first event (`plan_from_data` reads it).
        sha256: the file's digest, as ``sha256sum`` prints it.
        source: the file's data with its line numbers.
    """

    plan: Plan
    data: dict[str, Any]
    sha256: str
    source: Source


def plan_from_data(data: Mapping[str, Any]) -> Plan:
    """Return the plan that `LoadedPlan.data` holds.

    Raises:
        msgspec.ValidationError: the data is not a plan's.
    """
    return to_struct(data, Plan, dec_hook=decode_duration)


def read_plan(path: Path) -> LoadedPlan:
    """Read a plan file and check its shape only: keys, types, durations. What the names in it lead to is not checked.

    Args:
        path: the file.

    Raises:
        CleoError: the file cannot be read.
        BadFile: it has not a plan's shape; everything that does not fit is named.
    """
    return read_text(path, read_bytes(path))


def read_text(path: Path, content: bytes) -> LoadedPlan:
    """Read a plan's content, as `read_plan` does; ``path`` is what messages call it."""
    source = read_yaml(path, content)
    return LoadedPlan(convert(Plan, source), source.data, hashlib.sha256(content).hexdigest(), source)

"""Many small files of a host in one answer: printed by one program, whatever their number."""

from __future__ import annotations

import json
from typing import Any

PRINT_ALL = """-exec sh -c 'grep -ZH "" -- "$@"; [ $? -le 1 ]' sh {} +"""
"""The end of a ``find``: each line of the files with the file's name and NUL before it. An empty file has none."""


def printed_texts(printed: str) -> dict[str, str]:
    """Return the text of each file that `PRINT_ALL` printed, by its name below the folder that was searched."""
    found: dict[str, list[str]] = {}
    for line in printed.split("\n"):
        name, ended, text = line.partition("\0")
        if ended:
            found.setdefault(name.removeprefix("./"), []).append(text)
    return {name: "\n".join(lines) for name, lines in found.items()}


def json_objects(printed: str) -> list[dict[str, Any]]:
    """Return the JSON objects among printed lines; a library may have printed others."""
    found = []
    for line in printed.splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        if isinstance(one, dict):
            found.append(one)
    return found

"""Which script each action stands for, read in its source: most of their modules need not be imported for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from actions.planned import PLANNED_ACTIONS
from actions.registry import catalogue, places
from journal.plan.action_spec import ActionSpec

_SCRIPT = re.compile(r'\bscript="([^"]+)"')


@cache
def scripts() -> Mapping[str, str]:
    """Return the script of each action that has one, by the action's name, in the catalogue's order."""
    found = {name: script for name, where in places().items() if (script := _declared(where))}
    return found | {spec.name: spec.script for spec in PLANNED_ACTIONS if spec.script}


def _declared(where: str) -> str:
    """Return the script that stands above a function (``module:function``); empty where there is none."""
    module, _, function = where.partition(":")
    before, _, found = _source(module).partition(f"\ndef {function}(")
    script = _SCRIPT.search(before, max(before.rfind("\n@action("), 0)) if found else None
    return script.group(1) if script else ""


@cache
def _source(module: str) -> str:
    """Return a module's source; empty where there is none. It is not imported, its packages are."""
    spec = find_spec(module)
    source = Path(spec.origin) if spec and spec.origin else None
    return source.read_text(encoding="utf-8") if source and source.suffix == ".py" else ""


def named_in(text: str) -> dict[str, ActionSpec]:
    """Return the actions whose script a text names, by name, in the catalogue's order."""
    specs = catalogue()
    return {name: specs[name] for name, script in scripts().items() if _said(script) in text}


def _said(script: str) -> str:
    """Return what of a script stands in a document, wherever its folder is."""
    return script if " " in script else script.rpartition("/")[2]

"""Actions by their scripts, and what they take: read in their source, so that hardly any is imported."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from actions.planned import PLANNED_ACTIONS
from actions.registry import catalogue, places, shipped
from journal.errors import CleoError
from journal.plan.action_spec import ActionSpec, Param

_SCRIPT = re.compile(r'\bscript="([^"]+)"')


class UnknownAction(CleoError):
    """There is no action of that name, and no script."""


@cache
def scripts() -> Mapping[str, str]:
    """Return the script of each action that has one, by the action's name, in the catalogue's order."""
    planned = {spec.name: spec.script for spec in PLANNED_ACTIONS if spec.script}
    return planned | {name: script for name, where in places().items() if (script := _declared(name, where))}


def _declared(name: str, where: str) -> str:
    """Return the script that stands above a function (``module:function``); of the action itself where that is unclear.

    It is unclear where an action is declared otherwise than usual, and where its module cannot be found.
    """
    module, _, function = where.partition(":")
    before, found, _ = _source(module).partition(f"\ndef {function}(")
    _, decorated, said = before.rpartition("\n@action(")
    if found and decorated and "\ndef " not in said:
        if script := _SCRIPT.search(said):
            return script.group(1)
        if "script=" not in said:
            return ""
    spec = catalogue().get(name)
    return spec.script if spec else ""


@cache
def _source(module: str) -> str:
    """Return a module's source; empty where there is none. It is not imported, its packages are."""
    try:
        spec = find_spec(module)
    except (Exception, SystemExit):  # noqa: BLE001  # somebody else's package: it takes nothing else down
        return ""
    source = Path(spec.origin) if spec and spec.origin else None
    return source.read_text(encoding="utf-8") if source and source.suffix == ".py" else ""


def find(name_or_script: str) -> ActionSpec:
    """Return an action by its name, or by the written plan's script (with or without its folder).

    Where several types of systems have the script, it is the first's: the plan names its own (see `by_script`).

    Raises:
        UnknownAction: there is none; the error names what comes near.
    """
    wanted = name_or_script.strip()
    if named := catalogue().get(wanted):
        return named
    if found := by_script(wanted):
        return found[0]
    near = difflib.get_close_matches(wanted, [*catalogue(), *scripts().values()], n=3)
    raise UnknownAction(
        f"There is no action {wanted}.",
        f"Did you mean {' or '.join(near)}?" if near else "cleo run --help shows them all.",
    )


def by_script(script: str) -> list[ActionSpec]:
    """Return the actions that have a script of the written plan (with or without its folder), one a type of system."""
    file = script.strip().rpartition("/")[2]
    exactly = [name for name, each in scripts().items() if each == script.strip()]
    named = exactly or [name for name, each in scripts().items() if each.rpartition("/")[2] == file]
    return [spec for name in named if (spec := catalogue()[name]).script]  # one that cannot be loaded has none


def named_in(text: str) -> dict[str, ActionSpec]:
    """Return the actions whose script a text names, by name, in the catalogue's order.

    They have what a plan is checked by (script, parameters, whether they are destructive), and nothing else.
    """
    return {name: _spec(name, script) for name, script in scripts().items() if _said(script) in text}


@cache
def described() -> Mapping[str, ActionSpec]:
    """Return every action by name, with what a plan is checked by, as `named_in`: of Cleo's own none is imported.

    Those of other packages are: whether one can be loaded is a part of the answer.
    """
    own = shipped()
    every = catalogue()
    return {name: _spec(name, scripts().get(name, "")) if name in own else every[name] for name in every}


def _said(script: str) -> str:
    """Return what of a script stands in a document, wherever its folder is."""
    return script if " " in script else script.rpartition("/")[2]


def _spec(name: str, script: str) -> ActionSpec:
    """Return an action's description by its source; by the action itself where that says it otherwise than usual."""
    module, _, function = places().get(name, "").partition(":")
    try:
        found = next(_defined(_source(module), function))
        given = {key.arg: key.value for call in found.decorator_list for key in call.keywords}  # type: ignore[attr-defined]
        destructive = ast.literal_eval(given["destructive"]) if "destructive" in given else False
        return ActionSpec(name=name, title=name, script=script, destructive=destructive, params=list(_params(found)))
    except (StopIteration, AttributeError, KeyError, ValueError, SyntaxError):
        return catalogue()[name]


def _defined(source: str, function: str) -> Iterator[ast.FunctionDef]:
    """Yield the function of a module; what is below it is not read."""
    start = max(source.rfind("\n@action(", 0, source.find(f"\ndef {function}(")), 0)
    end = re.compile(r'\n    """').search(source, source.find(f"\ndef {function}("))
    cut = f"{source[start : end.start()]}\n    ...\n" if end else ""
    yield from (node for node in ast.parse(cut).body if isinstance(node, ast.FunctionDef) and node.name == function)


def _params(function: ast.FunctionDef) -> Iterator[Param]:
    for arg, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        kind: Any = {"str": "str", "int": "int", "float": "float", "bool": "bool"}[ast.unparse(arg.annotation or arg)]
        yield Param(name=arg.arg, type=kind, required=default is None)

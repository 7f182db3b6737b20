"""What a document's command becomes in a plan: an action of this program, a program to run, or a step for a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from journal.plan.action_spec import ActionSpec, Catalogue, Param
from journal.plan.command_words import command_words
from journal.plan.importing.draft import Draft
from journal.plan.importing.looking import only_looks

_BLANK = re.compile(
    r"<[A-Za-z][^<>|&;]{0,40}>|\{\{.*?\}\}|\[[A-Z][A-Z _-]+\]|\[[a-z]{2,}(?:[-_ ][a-z]{2,})+\]|\b(?:YOUR|MY)[_-][A-Z_]+"
    r"|\byour-?(?:domain|company|org|server|host|cluster)\w*|X{3,}|Y{2,4}[-_]?MM[-_]?DD|HH[-_:]?MM|\.\.\.|…"
)
_ENDLESS = re.compile(
    r"(?:sudo )?(?:watch|top|htop|tail\b.* (?:-\w*[fF]|--follow)|kubectl\b.* get\b.* (?:-w|--watch)"
    r"|(?:journalctl|(?:docker|docker-compose|kubectl)\b.* logs)\b.* (?:-\w*f|--follow))(?=\s|$|=)"
)
"""What shows something until a person has seen enough."""
_VARIABLE = re.compile(r"\$(?:\{(\w+)[}:]|(\w+))")
_GIVEN = {"HOME", "PATH", "USER", "PWD", "HOSTNAME", "SHELL", "LANG"}
_SHELLY = re.compile(r"[|&;<>()$`*?\[\]{}~\n]|^\w+=")
_NO_HYPHEN = re.compile(r"(?:^|\s)([\u2010-\u2015\u2212]+)(?=\w)|([\u201c\u201d\u2018\u2019\u00a0\u200b-\u200f\ufeff])")
"""What a word processor makes of ``-`` and quotation marks; a shell takes it for something else."""
_MOMENTS = {"latest", "date", "timestamp", "to", "since", "until", "backup", "lsn", "oplog", "snapshot"}
"""Up to when data come back is decided in the incident: a plan fixes none of it."""


def blanks(command: str) -> list[str]:
    """Return what is to be filled in before a command can run: ``<id>``, ``{{ host }}``, an unset ``$NAME``."""
    found = _BLANK.findall(command)
    set_here = set(re.findall(r"\b(\w+)=|\bfor (\w+) in|\bread (?:-\w+ )*(\w+)", command))
    known = {name for names in set_here for name in names} | _GIVEN
    names = [first or second for first, second in _VARIABLE.findall(re.sub(r"'[^']*'", "", command))]
    return [*found, *(f"${name}" for name in names if name not in known and not name.isdigit() and name != "_")]


def bind(command: str, catalogue: Catalogue) -> dict[str, Any]:
    """Return the fields that make a step do what a command says.

    An action that has the command's script; else the command itself; where something is left to fill in it is only
    named, and a person does it. What is not known to look only is destructive: it is asked about before it runs.
    """
    line = written(command)
    if found := _action(command, catalogue):
        spec, params = found
        fields: dict[str, Any] = {"action": spec.name, "params": params, "script": line}
        return {key: value for key, value in {**fields, "destructive": spec.destructive}.items() if value}
    if blanks(command) or _ENDLESS.match(command):
        return {"script": line}
    shell = _SHELLY.search(command) is not None
    fields = {
        "command": command if shell else command_words(command),
        "shell": shell,
        "destructive": not only_looks(command),
    }
    return {key: value for key, value in fields.items() if value}


def written(command: str) -> str:
    """Return a command as a plan names it: on one line, a script of the document's own without its folder."""
    line = " ; ".join(row.strip() for row in command.splitlines() if row.strip() and row != "set -e")
    return re.sub(r"^\./(?:[\w.-]+/)*", "", line)


def _action(command: str, catalogue: Catalogue) -> tuple[ActionSpec, dict[str, Any]] | None:
    """Return the first action that has the command's script, with the parameters that it names."""
    if "\n" in command or re.search(r"\||&&|;", command):
        return None
    words = command_words(command)
    for spec in catalogue.values():
        rest = _after_script(words, spec)
        if rest is not None and (params := _params(rest, spec)) is not None:
            return spec, params
    return None


def _after_script(words: list[str], spec: ActionSpec) -> list[str] | None:
    """Return the words behind an action's script; None where the command is not this script."""
    if not spec.script:
        return None
    if " " in spec.script:  # "systemctl stop postgresql", "kubectl apply"
        script = spec.script.split()
        return words[len(script) :] if words[: len(script)] == script else None
    if "." not in spec.script:  # "mount": a program of the system's, which does other things as well
        return [] if words == [spec.script] else None
    file = spec.script.rpartition("/")[2]
    place = next((n for n, word in enumerate(words[:3]) if word.rpartition("/")[2] == file), None)
    return None if place is None else [word for word in words[place + 1 :] if word != "-v"]


def _params(rest: list[str], spec: ActionSpec) -> dict[str, Any] | None:
    """Return what a script's options say, by the action's parameters; None where one says something else."""
    known = {param.name: param for param in spec.params}
    found: dict[str, Any] = {}
    place = 0
    while place < len(rest) and rest[place] not in (">", ">>"):
        word = rest[place]
        value = rest[place + 1] if place + 1 < len(rest) and not rest[place + 1].startswith("-") else ""
        name = word.lstrip("-").partition("=")[0].replace("-", "_")
        place += 1 + bool(value)
        if word == "-f" and "path" in known and value.endswith("/"):
            found["path"] = value
        elif name in known and not word.startswith("-f"):
            found |= _value(known[name], word.partition("=")[2] or value)
        elif name not in _MOMENTS:
            return None
    missing = [param.name for param in spec.params if param.required and param.name not in found]
    return None if missing else found


def _value(param: Param, said: str) -> dict[str, Any]:
    if param.name in _MOMENTS or blanks(said):
        return {}
    if param.type == "bool":
        return {param.name: True}
    number = {"int": r"\d{1,15}\Z", "float": r"\d{1,15}(\.\d+)?\Z"}.get(param.type)
    if number is None:
        return {param.name: said}
    return {param.name: int(said) if param.type == "int" else float(said)} if re.match(number, said) else {}


def tell_flaws(step: Mapping[str, Any], draft: Draft) -> None:
    """Note a command with signs that a shell does not know: it is as written, and does not run like that."""
    command = step.get("command") or step.get("script") or ""
    said = command if isinstance(command, str) else " ".join(command)
    if found := _NO_HYPHEN.search(said):
        file, line = draft.places[step["id"]]
        sign = ascii((found[1] or found[2])[0])
        draft.look_at(
            line, f"step {step['id']!r} has {sign} where a shell wants a hyphen, a quotation mark or a blank", file
        )

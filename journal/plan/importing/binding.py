"""What a document's command becomes in a plan: an action of this program, a program to run, or a step for a person."""

from __future__ import annotations

import re
import shlex
from typing import Any

from journal.plan.action_spec import ActionSpec, Catalogue, Param

_BLANK = re.compile(r"<[A-Za-z][^<>|&;]{0,40}>|\{\{.*?\}\}|\[[A-Z][A-Z _-]+\]|\b(?:YOUR|MY)[_-][A-Z_]+|X{3,}|\.\.\.|…")
_VARIABLE = re.compile(r"\$(?:\{(\w+)[}:]|(\w+))")
_GIVEN = {"HOME", "PATH", "USER", "PWD", "HOSTNAME", "SHELL", "LANG"}
_SHELLY = re.compile(r"[|&;<>()$`*?\[\]{}~\n]|^\w+=")
_MOMENTS = {"latest", "date", "timestamp", "to", "since", "until", "backup", "lsn", "oplog", "snapshot"}
"""Up to when data come back is decided in the incident: a plan fixes none of it."""
_LOOKS = re.compile(
    r"^(?:sudo\s+)?(?:"
    r"kubectl\s+(?:-\S+\s+(?:[^-\s]\S*\s+)?)*(?:get|describe|logs|top|version|cluster-info|wait|rollout\s+status|config\s+(?:view|get|current))|"
    r"(?:systemctl|service)\s+(?:\S+\s+)?(?:status|is-active|list-units)|helm\s+(?:list|ls|status|history|get)|"
    r"docker(?:[ -]compose)?\s+(?:ps|logs|inspect|images|stats|info)|"
    r"aws\s+\S+\s+(?:describe|list|get|ls|head|wait)\S*|(?:gcloud|az)\s+(?:\S+\s+){1,4}(?:list|describe|show)|"
    r"terraform\s+(?:plan|show|output|validate)|git\s+(?:log|status|diff|show|fetch)|journalctl|patronictl\s+\S*\s*list|"
    r"(?:cat|ls|tail|head|grep|less|ps|df|du|free|uptime|dig|nslookup|host|ping|ss|netstat|lsblk|mount|id|w|top|echo|date|wc|stat|file|"
    r"pg_isready|pg_controldata|sha256sum|md5sum|traceroute|mtr|nc|openssl\s+s_client|redis-cli\s+(?:\S+\s+)*(?:ping|info))(?:\s|$)|"
    r"curl\s+(?!.*(?:-X\s*(?:POST|PUT|DELETE|PATCH)|--request|-d\s|--data))|psql\s.*-c\s*[\"']\s*select\b|"
    r"pytest\s|\S*(?:check|verify|status|health|test|list|show|report|validate|monitor)\S*\.(?:sh|py)(?:\s|$))",
    re.IGNORECASE,
)
_WRITES = re.compile(
    r"(?:^|[^0-9&])>{1,2}\s*(?!&|/dev/null)\S|\|\s*(?:sudo\s+)?(?:tee|sh|bash|xargs|psql|mysql|kubectl)\b|\s-(?:delete|exec)\b"
)


def only_looks(command: str) -> bool:
    """Return whether a command is known to change nothing. What nobody knows of is not."""
    pieces = re.split(r"\n|&&|\|\||;", command)
    named = [piece.strip() for piece in pieces if piece.strip() and not piece.strip().startswith("#")]
    return all(_LOOKS.match(piece) and not _WRITES.search(piece) for piece in named)


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
    written = _written(command)
    if found := _action(command, catalogue):
        spec, params = found
        fields: dict[str, Any] = {"action": spec.name, "params": params, "script": written}
        return {key: value for key, value in {**fields, "destructive": spec.destructive}.items() if value}
    if blanks(command):
        return {"script": written}
    shell = _SHELLY.search(command) is not None
    fields = {"command": command if shell else _words(command), "shell": shell, "destructive": not only_looks(command)}
    return {key: value for key, value in fields.items() if value}


def _written(command: str) -> str:
    """Return a command as a plan names it: on one line, a script of the document's own without its folder."""
    line = " ; ".join(row.strip() for row in command.splitlines() if row.strip())
    return re.sub(r"^\./(?:[\w.-]+/)*", "", line)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # an open quotation mark
        return command.split()


def _action(command: str, catalogue: Catalogue) -> tuple[ActionSpec, dict[str, Any]] | None:
    """Return the first action that has the command's script, with the parameters that it names."""
    if "\n" in command or re.search(r"\||&&|;", command):
        return None
    words = _words(command)
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

"""One task of an Ansible playbook as a step: run by itself where it means the same there, else left to a person."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from journal.plan.importing.looking import only_looks
from journal.plan.importing.redaction import SECRET

KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        "name when tags register become become_user become_method become_flags vars loop loop_control notify args "
        "environment ignore_errors ignore_unreachable changed_when failed_when delegate_to delegate_facts run_once "
        "until retries delay check_mode no_log any_errors_fatal listen connection remote_user port diff throttle "
        "async poll debugger action local_action module_defaults collections timeout",
    )
)
"""What a task says beside its module (and ``with_…``)."""
INHERITED = (
    "when",
    "become",
    "become_user",
    "become_method",
    "remote_user",
    "connection",
    "environment",
    "delegate_to",
    "no_log",
    "run_once",
    "ignore_errors",
    "check_mode",
    "vars",
)
"""What the tasks of a block, of an included file or of a role have from what is around them."""
ONLY_IN_A_PLAYBOOK = frozenset(
    re.findall(r"\w+", "set_fact set_stats add_host group_by include_vars meta assert debug fail import_playbook")
)
"""Modules that do nothing by themselves: they tell the playbook, or stop it."""
_NEEDS_THE_PLAYBOOK = (
    "when",
    "loop",
    "until",
    "delegate_to",
    "environment",
    "failed_when",
    "run_once",
    "no_log",
    "action",
    "local_action",
)
_WITH_FILES = {"copy", "script", "unarchive", "assemble"}
_LOOKS = re.compile(
    r"(?:ansible\.builtin\.)?(?:ping|setup|stat|wait_for|wait_for_connection|find|gather_facts|\w+_facts)$"
)
_LOOKS_TOO = re.compile(
    r"(?:community|kubernetes|amazon|google|azure)\.\w+\.\w+_info$|(?:k8s|postgresql|mysql|redis|mongodb|rds)_info$"
)
_SHELLS = {"command", "shell", "raw"}
_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_YES = (True, "yes", "on", "true", "Yes", "True")


class Setting(NamedTuple):
    """What a task stands in.

    Attributes:
        hosts: on which hosts it runs.
        folders: where its files are looked for: the role's, then the playbook's.
        variables: the values that are known, by name.
        inventory: the inventory's file; empty: Ansible's own default.
    """

    hosts: str
    folders: tuple[Path, ...]
    variables: Mapping[str, str]
    inventory: str = ""


def said(value: Any) -> str:
    """Return a value as a task writes it."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def inherit(task: Mapping[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task with what it has from what is around it; conditions are all of them."""
    given = {word: around[word] for word in INHERITED if word in around}
    both = {**given, **task}
    if "when" in given and "when" in task:
        both["when"] = [*_listed(given["when"]), *_listed(task["when"])]
    if isinstance(given.get("vars"), dict) and isinstance(task.get("vars"), dict):
        both["vars"] = {**given["vars"], **task["vars"]}
    return both


def fields(task: Mapping[str, Any], module: str, setting: Setting) -> tuple[dict[str, Any], str]:
    """Return what a task's step has, and why a person does it; empty where it runs by itself.

    Args:
        task: the task, with what it inherits.
        module: the module that it uses, as it is written there.
        setting: what it stands in.
    """
    short = module.rpartition(".")[2]
    setting = setting._replace(variables={**setting.variables, **known_values(task.get("vars"))})
    if short == "pause":
        return {"text": said(task[module])}, ""
    arguments = _filled(_arguments(task, module), setting)
    argv = _argv(task, module, arguments, setting)
    if why := ", ".join(_why(task, short, arguments, setting)):
        return {"script": shlex.join(argv)}, f"it goes by {why}, which only the playbook knows"
    looks = _LOOKS.match(module) or _LOOKS_TOO.match(module) or (short in _SHELLS and only_looks(_command(arguments)))
    made: dict[str, Any] = {"command": argv} | ({} if looks else {"destructive": True})
    return made | ({"optional": True} if task.get("ignore_errors") in _YES else {}), ""


def known_values(given: Any) -> dict[str, str]:
    """Return the variables of a mapping that are plain values."""
    if not isinstance(given, dict):
        return {}
    return {
        key: str(value)
        for key, value in given.items()
        if isinstance(value, str | int | float) and not str(value).startswith("$ANSIBLE_VAULT")
    }


def _why(task: Mapping[str, Any], short: str, arguments: Any, setting: Setting) -> list[str]:
    """Return what of a task only the playbook knows: run by itself it would do something else."""
    found = [word for word in task if word in _NEEDS_THE_PLAYBOOK or word.startswith("with_")]
    whole = f"{said(arguments)} {setting.hosts} {said(task.get('become_user'))}"
    found += ["a variable that is set nowhere here"] if _TEMPLATE.search(whole) else []
    found += [f"a secret ({SECRET})"] if SECRET in whole else []
    if short == "template":
        found.append("the template's variables")
    elif short in _WITH_FILES and _missing(arguments):
        found.append("a file that is not found here")
    return found


def _missing(arguments: Any) -> bool:
    """Return whether what is copied is named by a path that leads nowhere from here."""
    source = arguments.get("src", "") if isinstance(arguments, dict) else str(arguments).split(" ")[0]
    remote = isinstance(arguments, dict) and arguments.get("remote_src") in _YES
    return bool(source) and not remote and "content" not in str(arguments)[:20] and not Path(str(source)).is_absolute()


def _arguments(task: Mapping[str, Any], module: str) -> Any:
    """Return a module's arguments, with those that stand below ``args``."""
    given, more = task[module], task.get("args")
    if not isinstance(more, dict) or not more:
        return given
    if isinstance(given, dict):
        return {**given, **more}
    return {"_raw_params" if module.rpartition(".")[2] == "raw" else "cmd": said(given), **more}


def _filled(arguments: Any, setting: Setting) -> Any:
    """Return arguments with the variables that are known, and whole paths of files that are there."""
    if isinstance(arguments, dict):
        filled = {key: _filled(value, setting) for key, value in arguments.items()}
        if isinstance(filled.get("src"), str):
            filled["src"] = _whole(filled["src"], setting)
        return filled
    if isinstance(arguments, list):
        return [_filled(each, setting) for each in arguments]
    if not isinstance(arguments, str):
        return arguments
    text = arguments
    for _ in range(5):  # a value may name another variable
        text = _FIELD.sub(lambda found: setting.variables.get(found[1], found[0]), text)
    return text


def _whole(source: str, setting: Setting) -> str:
    for folder in setting.folders:
        for below in ("files", "templates", "."):
            if (file := folder / below / source).is_file():
                return str(file.resolve())
    return source


def _argv(task: Mapping[str, Any], module: str, arguments: Any, setting: Setting) -> list[str]:
    """Return the command that runs one task by itself."""
    argv = ["ansible", setting.hosts, *(["-i", setting.inventory] if setting.inventory else []), "-m", module]
    argv += ["-a", said(arguments)] if said(arguments) else []
    if task.get("become") in _YES:
        argv += ["--become"]
        for word in ("become_user", "become_method"):
            argv += [f"--{word.replace('_', '-')}", str(task[word])] if word in task else []
    for word, option in (("remote_user", "-u"), ("connection", "-c"), ("async", "-B"), ("poll", "-P")):
        argv += [option, str(task[word])] if word in task else []
    return [*argv, "--check"] if task.get("check_mode") in _YES else argv


def _command(arguments: Any) -> str:
    """Return the command line of a shell module; empty where it says more than that."""
    if isinstance(arguments, dict):
        return str(arguments.get("cmd", "")) if arguments.keys() <= {"cmd", "chdir"} else ""
    return "" if re.search(r"\b(?:creates|removes|stdin|executable|argv)=", said(arguments)) else said(arguments)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

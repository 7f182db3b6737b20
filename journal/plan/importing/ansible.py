"""An Ansible playbook as a plan: a section for each play, a step for each task."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from journal.plan.importing.binding import tell_flaws
from journal.plan.importing.draft import LONGEST_TITLE, Draft, in_words, key_for
from journal.plan.importing.looking import only_looks
from journal.yamlfile.problem import FilePath
from journal.yamlfile.yaml_source import Source, read_bytes, read_yaml

_WORD = re.compile(
    "(?:"
    "_|name|when|tags|register|become|become_user|become_method|vars|loop|loop_control|notify|"
    "args|environment|ignore_errors|changed_when|failed_when|delegate_to|delegate_facts|run_once|"
    "until|retries|delay|check_mode|no_log|any_errors_fatal|listen|timeout|connection|"
    "remote_user|diff|throttle|module_defaults|collections|async|poll"
    r"|with_\w+)$"
)
"""What a task says beside its module."""
_SHELLS = {"command", "shell", "raw"}
_LOOKS = re.compile(
    r"^(ping|setup|stat|debug|assert|wait_for|wait_for_connection|fail|find|slurp|gather_facts|\w+_(info|facts))$"
)
_LISTS = ("pre_tasks", "tasks", "post_tasks")
_TASK_FILES = {"import_tasks", "include_tasks", "include"}
_DEPENDS = ("when", "loop", "until", "delegate_to", "environment")
"""What of a task only the playbook can do: one task run by itself would not."""
_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def is_playbook(source: Source) -> bool:
    """Return whether a YAML file is a playbook or a list of tasks."""
    return isinstance(source.data, list) and any(isinstance(each, dict) for each in source.data)


def read_playbook(path: Path, source: Source, draft: Draft) -> None:
    """Take every task of a playbook.

    Raises:
        CleoError: a file that it names cannot be read.
    """
    title = in_words(path.stem)
    phases: list[dict[str, Any]] = []
    plays = (
        source.data
        if any("hosts" in play for play in source.data if isinstance(play, dict))
        else [{"tasks": source.data}]
    )
    for number, play in enumerate(plays):
        at: FilePath = (number,) if plays is source.data else ()
        if not isinstance(play, dict) or not any(name in play for name in (*_LISTS, "roles")):
            draft.unread(source.line(at), f"no play with tasks: {', '.join(play) if isinstance(play, dict) else play}")
            continue
        reader = _Play(path, draft, str(play.get("hosts", "localhost")), play)
        name = str(play.get("name") or f"On {reader.hosts}")
        sections = [{"title": title, "steps": steps} for title, steps in reader.sections(source, at, name) if steps]
        if sections:
            phases.append({"id": key_for(name, {phase["id"] for phase in phases}), "title": name, "sections": sections})
    draft.data |= {"title": title, "version": "1", "phases": phases}
    draft.filled(1, 'version: "1"; a playbook has none')


class _Play:
    """The tasks of one play."""

    def __init__(self, path: Path, draft: Draft, hosts: str, play: Mapping[str, Any]) -> None:
        self.hosts = hosts
        self._path, self._draft = path, draft
        self._become = play.get("become") is True
        given = play.get("vars")
        self._vars = (
            {key: str(value) for key, value in given.items() if isinstance(value, str | int)}
            if isinstance(given, dict)
            else {}
        )
        self._play = play

    def sections(self, source: Source, at: FilePath, title: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield the play's sections: its own tasks, and each of its roles."""
        for part in ("pre_tasks", "roles", "tasks", "post_tasks"):
            if part == "roles":
                yield from self._roles(source, at)
            else:
                tasks = self._play.get(part) or []
                place = (*at, part) if part in self._play and source.data is not tasks else at
                yield (
                    (title if part == "tasks" else f"{title}: {part.replace('_', ' ')}"),
                    list(self._tasks(source, tasks, place)),
                )
        for n, handler in enumerate(self._play.get("handlers") or []):
            self._draft.unread(
                source.line((*at, "handlers", n)), f"a handler, which runs when it is notified: {_name(handler)}"
            )

    def _roles(self, source: Source, at: FilePath) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        for n, role in enumerate(self._play.get("roles") or []):
            name = str(role.get("role") or role.get("name")) if isinstance(role, dict) else str(role)
            file = self._path.parent / "roles" / name / "tasks" / "main.yml"
            yield f"Role {name}", list(self._file(file, source.line((*at, "roles", n))))

    def _file(self, file: Path, line: int) -> Iterator[dict[str, Any]]:
        """Yield the steps of another file's tasks; one that is not there is noted at the line that names it."""
        if not file.is_file():
            self._draft.unread(line, f"{file} is not there: its tasks are not in the plan")
            return
        text = self._draft.without_secrets(read_bytes(file).decode("utf-8", errors="replace"), str(file))
        other = read_yaml(file, text.encode())
        yield from self._tasks(other, other.data or [], ())

    def _tasks(self, source: Source, tasks: Any, at: FilePath) -> Iterator[dict[str, Any]]:
        for n, task in enumerate(tasks if isinstance(tasks, list) else []):
            place = (*at, n)
            line = source.line(place)
            if not isinstance(task, dict):
                self._draft.unread_in(source.file, line, f"no task: {task}")
            elif "block" in task:
                for part in ("block", "always"):
                    yield from self._tasks(source, task.get(part), (*place, part))
                for step in self._tasks(source, task.get("rescue"), (*place, "rescue")):
                    text = f"Only where one of the steps before it failed. {step.get('text', '')}".strip()
                    yield {**step, "optional": True, "text": text}
            elif module := next((key for key in task if not _WORD.match(key)), ""):
                short = module.rpartition(".")[2]
                if short in _TASK_FILES and isinstance(task[module], str) and "{{" not in task[module]:
                    yield from self._file(Path(source.file).parent / task[module], line)
                else:
                    yield self._step(source.file, line, task, module)
            else:
                self._draft.unread_in(source.file, line, f"a task without a module: {_name(task)}")

    def _step(self, file: str, line: int, task: Mapping[str, Any], module: str) -> dict[str, Any]:
        title = str(task.get("name") or f"{module} {_said(task[module])}")[:LONGEST_TITLE]
        step: dict[str, Any] = {"id": self._draft.new_id(title, line, file), "title": title}
        short = module.rpartition(".")[2]
        argv = self._argv(task, module)
        depends = [word for word in task if word in _DEPENDS or word.startswith("with_")]
        if short == "pause":
            step["text"] = _said(task[module])
        elif depends or "{{" in shlex.join(argv):
            step["script"] = shlex.join(argv)
            what = ", ".join(depends) or "a variable that is set nowhere here"
            self._draft.filled_at(step["id"], f"left to a person: it goes by {what}, which only the playbook knows")
        else:
            looks = _LOOKS.match(short) or (short in _SHELLS and only_looks(_said(task[module])))
            step |= {"command": argv} | ({} if looks else {"destructive": True})
        tell_flaws(step, self._draft)
        text = [f"{word}: {_said(task[word])}" for word in ("when", "loop", "register", "notify") if word in task]
        return step | ({"text": ". ".join(text)} if text else {})

    def _argv(self, task: Mapping[str, Any], module: str) -> list[str]:
        """Return the command that runs one task by itself."""
        given = task[module]
        if isinstance(given, dict):
            said = json.dumps({**given, **(task.get("args") or {})}, ensure_ascii=False)
        else:
            said = _said(given)
        said = _FIELD.sub(lambda match: self._vars.get(match.group(1), match.group(0)), said)
        argv = ["ansible", self.hosts, "-m", module, *(["-a", said] if said else [])]
        return [*argv, "--become"] if task.get("become", self._become) is True else argv


def _name(task: Any) -> str:
    return str(task.get("name", ", ".join(task))) if isinstance(task, dict) else str(task)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)

"""An Ansible playbook as a plan: a section for each play and role, a step for each task."""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from journal.plan.importing.ansible_task import (
    INHERITED,
    KEYWORDS,
    ONLY_IN_A_PLAYBOOK,
    Setting,
    fields,
    inherit,
    known_values,
    said,
)
from journal.plan.importing.binding import tell_flaws
from journal.plan.importing.draft import LONGEST_TITLE, Draft, in_words, key_for
from journal.plan.importing.needs import add_order
from journal.yamlfile.problem import FilePath
from journal.yamlfile.yaml_source import Source, read_bytes, read_yaml

_LISTS = ("pre_tasks", "tasks", "post_tasks")
_TASK_FILES = {"import_tasks", "include_tasks", "include"}
_IMPORTS = ("import_playbook", "ansible.builtin.import_playbook", "include_playbook")
_PLAY = {"hosts", *_IMPORTS}
_ROLES = {"import_role", "include_role"}
_INVENTORIES = ("inventory", "inventory.ini", "inventory.yml", "inventory.yaml", "hosts", "hosts.ini", "hosts.yml")


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
    inventory = _inventory(path.resolve().parent)
    _read_plays(path, source, draft, inventory, phases, {})
    draft.data |= {"title": title, "version": "1", "phases": phases}
    draft.filled(1, 'version: "1"; a playbook has none')
    draft.filled(1, f"the inventory {inventory or 'that Ansible finds by itself (/etc/ansible/hosts)'}")


def _read_plays(
    path: Path,
    source: Source,
    draft: Draft,
    inventory: str,
    phases: list[dict[str, Any]],
    around: Mapping[str, Any],
    reading: tuple[Path, ...] = (),
) -> None:
    """Add a phase for each play of a file, and of those that it imports; ``around``: what their imports say."""
    plays = source.data if any(isinstance(each, dict) and _PLAY & set(each) for each in source.data) else None
    for number, play in enumerate(plays if plays is not None else [{"tasks": source.data}]):
        at: FilePath = (number,) if plays is not None else ()
        if isinstance(play, dict) and (named := next((str(play[key]) for key in _IMPORTS if key in play), "")):
            file = path.parent / named
            if "{{" in named or not file.is_file() or file in (path, *reading):
                draft.unread_in(source.file, source.line(at), f"the playbook {named}: it is not there, or not known")
                continue
            other = _yaml(draft, file)
            said = {word: play[word] for word in INHERITED if word in play}
            if is_playbook(other):
                _read_plays(file, other, draft, inventory, phases, inherit(said, around), (*reading, path))
            continue
        if not isinstance(play, dict) or not any(name in play for name in (*_LISTS, "roles")):
            told = ", ".join(play) if isinstance(play, dict) else play
            draft.unread_in(source.file, source.line(at), f"no play with tasks: {told}")
            continue
        _add_phase(_Play(path, draft, inherit(play, around), inventory), source, at, phases)


def _add_phase(play: _Play, source: Source, at: FilePath, phases: list[dict[str, Any]]) -> None:
    read = [(title, steps) for title, steps in play.sections(source, at) if steps]
    if sections := [{"title": title, "steps": steps} for title, steps in read]:
        add_order([step for _, steps in read for step in steps])
        key = key_for(play.name, {phase["id"] for phase in phases})
        phases.append({"id": key, "title": play.name, "sections": sections})


def _yaml(draft: Draft, file: Path) -> Source:
    text = draft.without_secrets(read_bytes(file).decode("utf-8", errors="replace"), str(file))
    return read_yaml(file, text.encode(), aliases=True)


def _inventory(folder: Path) -> str:
    """Return the inventory that a playbook's folder has; empty where it has none."""
    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        config.read(folder / "ansible.cfg", encoding="utf-8")
        named = config.get("defaults", "inventory", fallback="")
    except (configparser.Error, UnicodeDecodeError):
        named = ""
    places = [folder / each.strip() for each in named.split(",") if each.strip()]
    places += [folder / each for each in _INVENTORIES]
    return next((str(place.resolve()) for place in places if place.exists()), "")


class _Play:
    """The tasks of one play."""

    def __init__(self, path: Path, draft: Draft, play: Mapping[str, Any], inventory: str) -> None:
        self.hosts = said(play.get("hosts", "localhost")).replace('"', "").strip("[]").replace(", ", ",")
        self.name = str(play.get("name") or f"On {self.hosts}")
        self._path, self._draft, self._play = path, draft, play
        self._around = {word: play[word] for word in INHERITED if word in play and word != "vars"}
        self._setting = Setting(self.hosts, (path.resolve().parent,), self._variables(), inventory)
        self._reading: list[Path] = []

    def sections(self, source: Source, at: FilePath) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield the play's sections: its own tasks, and each of its roles."""
        for part in ("pre_tasks", "roles", "tasks", "post_tasks"):
            if part == "roles":
                yield from self._roles(source, at)
            else:
                tasks = self._play.get(part) or []
                place = (*at, part) if part in self._play and source.data is not tasks else at
                name = self.name if part == "tasks" else f"{self.name}: {part.replace('_', ' ')}"
                yield name, list(self._tasks(source, tasks, place, self._around, self._setting))
        self._tell_handlers(source, self._play.get("handlers"), (*at, "handlers"))

    def _variables(self) -> dict[str, str]:
        """Return the play's own variables, and those of files that it names."""
        found: dict[str, str] = {}
        for name in self._play.get("vars_files") or []:
            found |= self._values(self._path.parent / str(name), str(name))
        return found | known_values(self._play.get("vars"))

    def _values(self, file: Path, name: str) -> dict[str, str]:
        """Return the variables of a file; one that is encrypted is not read, which is noted by its name."""
        if file.is_file() and not read_bytes(file).startswith(b"$ANSIBLE_VAULT"):
            return known_values(_yaml(self._draft, file).data)
        self._draft.unread_in(str(self._path), 1, f"the variables of {name}: it is encrypted, or not there")
        return {}

    def _tell_handlers(self, source: Source, handlers: Any, at: FilePath) -> None:
        for n, handler in enumerate(handlers if isinstance(handlers, list) else []):
            what = f"a handler, which runs when it is notified: {_name(handler)}"
            self._draft.unread_in(source.file, source.line((*at, n)), what)

    def _roles(self, source: Source, at: FilePath) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        for n, role in enumerate(self._play.get("roles") or []):
            name, line = _role_name(role), source.line((*at, "roles", n))
            around = inherit(role if isinstance(role, dict) else {}, self._around)
            yield f"Role {name}", list(self._role(name, "main", line, around))

    def _role(self, name: str, tasks: str, line: int, around: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the steps of a role, with its defaults and variables; what it depends on comes before it.

        One that depends on itself, by whatever others, is noted: Ansible plays none of it.
        """
        folder = self._path.resolve().parent / "roles" / name
        meta = _mains(folder, "meta")
        if any(file in self._reading for file in meta):
            self._draft.unread_in(
                str(self._path), line, f"role {name} depends on itself: its tasks are not in the plan a second time"
            )
            return
        values: list[Mapping[str, str]] = [self._values(file, str(file)) for file in _mains(folder, "defaults")]
        values += [self._setting.variables, *(self._values(file, str(file)) for file in _mains(folder, "vars"))]
        variables = {key: value for each in values for key, value in each.items()}
        setting = self._setting._replace(folders=(folder, *self._setting.folders), variables=variables)
        for file in _mains(folder, "handlers"):
            handlers = _yaml(self._draft, file)
            self._tell_handlers(handlers, handlers.data, ())
        for file in meta:
            self._reading.append(file)
            for needed in (_yaml(self._draft, file).data or {}).get("dependencies") or []:
                yield from self._role(_role_name(needed), "main", line, around)
            self._reading.pop()
        yield from self._file(folder / "tasks" / f"{tasks}.yml", line, around, setting)

    def _file(self, file: Path, line: int, around: Mapping[str, Any], setting: Setting) -> Iterator[dict[str, Any]]:
        """Yield the steps of another file's tasks; one that is not there is noted at the line that names it."""
        file = file if file.is_file() else file.with_suffix(".yaml")
        if not file.is_file() or file in self._reading:
            why = "names itself" if file in self._reading else "is not there"
            self._draft.unread_in(
                str(self._path), line, f"{file.with_suffix('.yml')} {why}: its tasks are not in the plan"
            )
            return
        self._reading.append(file)
        other = _yaml(self._draft, file)
        yield from self._tasks(other, other.data or [], (), around, setting)
        self._reading.pop()

    def _tasks(
        self, source: Source, tasks: Any, at: FilePath, around: Mapping[str, Any], setting: Setting
    ) -> Iterator[dict[str, Any]]:
        for n, task in enumerate(tasks if isinstance(tasks, list) else []):
            place = (*at, n)
            if not isinstance(task, dict):
                self._draft.unread_in(source.file, source.line(place), f"no task: {task}")
            elif "block" in task:
                yield from self._block(source, inherit(task, around), place, setting)
            else:
                yield from self._task(source, inherit(task, around), place, setting)

    def _block(
        self, source: Source, block: Mapping[str, Any], at: FilePath, setting: Setting
    ) -> Iterator[dict[str, Any]]:
        yield from self._tasks(source, block["block"], (*at, "block"), block, setting)
        for step in self._tasks(source, block.get("rescue"), (*at, "rescue"), block, setting):
            text = f"Only where one of the steps before it failed. {step.get('text', '')}".strip()
            yield {**step, "optional": True, "text": text}
        yield from self._tasks(source, block.get("always"), (*at, "always"), block, setting)

    def _task(
        self, source: Source, task: Mapping[str, Any], at: FilePath, setting: Setting
    ) -> Iterator[dict[str, Any]]:
        line = source.line(at)
        module = next((key for key in task if key not in KEYWORDS and not key.startswith("with_")), "")
        short = module.rpartition(".")[2]
        given = task.get(module)
        named = str((given.get("file") or given.get("name") or "") if isinstance(given, dict) else given)
        looped = any(word == "loop" or word.startswith("with_") for word in task)
        if not module:
            self._draft.unread_in(source.file, line, f"a task without a module: {_name(task)}")
        elif short in _TASK_FILES and "{{" not in named and not looped:
            yield from self._file(Path(source.file).resolve().parent / named, line, task, setting)
        elif short in _ROLES and isinstance(given, dict) and "{{" not in named and not looped:
            yield from self._role(named, str(given.get("tasks_from", "main")).removesuffix(".yml"), line, task)
        elif short in ONLY_IN_A_PLAYBOOK | _TASK_FILES | _ROLES:
            self._draft.unread_in(
                source.file, line, f"{short}, which only means something in the playbook: {_name(task)}"
            )
        else:
            yield self._step(source.file, line, task, module, setting)

    def _step(self, file: str, line: int, task: Mapping[str, Any], module: str, setting: Setting) -> dict[str, Any]:
        title = str(task.get("name") or f"{module} {said(task[module])}")[:LONGEST_TITLE]
        step: dict[str, Any] = {"id": self._draft.new_id(title, line, file), "title": title}
        made, why = fields(task, module, setting)
        step |= made
        if why:
            self._draft.filled_at(step["id"], f"left to a person: {why}")
        tell_flaws(step, self._draft)
        words = ("when", "loop", "register", "notify", "failed_when", "changed_when", "ignore_errors")
        text = [f"{word}: {said(task[word])}" for word in words if word in task]
        return step | ({"text": ". ".join([*filter(None, [step.get("text", "")]), *text])} if text else {})


def _mains(role: Path, part: str) -> list[Path]:
    return [file for name in ("main.yml", "main.yaml") if (file := role / part / name).is_file()]


def _role_name(role: Any) -> str:
    return str(role.get("role") or role.get("name")) if isinstance(role, dict) else str(role)


def _name(task: Any) -> str:
    return str(task.get("name", ", ".join(task))) if isinstance(task, dict) else str(task)

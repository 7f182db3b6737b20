"""Scripts of simulated actions, read from YAML: what they print, how long they take, and what they change.

A type of system provides the scripts of its actions (`actions.system_type.SystemType.simulated`); what is about all
of them, or about systems that a later version brings, lies in ``performances/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import msgspec

from actions.health import Status
from actions.system_types import system_types
from journal.events.base import Cure, Finding, Settling

T = TypeVar("T")


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a script: unknown keys are errors."""


class Act(_Part, frozen=True, kw_only=True):
    """One way in which an action goes, in one state of the world. Texts may name values: ``{postgres.reached}``.

    Attributes:
        when: the facts in which it goes this way: ``{postgres.server: up | degraded, backups.held: not yes}``.
        lines: what it prints; ``! `` in front makes it an error line.
        summary: how it ends.
        hint: what to do next, where it fails.
        ok: whether it succeeds.
        seconds: how long it takes at speed 1.
        mb: megabytes it moves, for its progress.
        effect: what it announces before it changes anything; empty where it only looks, or fails before.
        makes: the facts it leaves; it then has an effect.
        facts: what it measures; of a look also what it measures of each system, by the system's name.
        left_behind: what state it leaves when it fails.
        findings, partial: what it finds, and what keeps its look from being whole. Where it fails with findings, it has
            looked, and they are what is wrong.
        examined: the systems whose data it has looked at to the end.
        settles: the actions that it finds needless or impossible, each with its system.
        cures: what helps, the best first; the first one's words stand for ``hint``.
        half_done: what state it leaves when it is cancelled.
        gate: the gate that it finds closed; ``yields`` says what opens it.
    """

    summary: str
    when: dict[str, str] = {}
    lines: list[str] = []
    hint: str = ""
    ok: bool = True
    seconds: float = 5.0
    mb: float = 0.0
    effect: str = ""
    makes: dict[str, str] = {}
    facts: dict[str, Any] = {}
    left_behind: str = ""
    findings: list[Finding] = []
    partial: str = ""
    examined: list[str] = []
    settles: list[Settling] = []
    cures: list[Cure] = []
    half_done: str = ""
    gate: str = ""
    yields: str = "never"

    @property
    def has_effect(self) -> bool:
        """Whether anything is changed, so that a dry run stops before it."""
        return bool(self.effect or self.makes)


class HealthCase(_Part, frozen=True, kw_only=True):
    """What a probe finds of a system in one state of the world; ``settles``: what a closer look settles there."""

    status: Status
    detail: str
    when: dict[str, str] = {}
    facts: dict[str, str | int | float | bool] = {}
    settles: list[Settling] = []


class Reaction(_Part, frozen=True, kw_only=True):
    """What the world does by itself once a moment (``journal.exercise.moments``) was reached."""

    on: str
    makes: dict[str, str]
    when: dict[str, str] = {}


class Script(_Part, frozen=True, kw_only=True):
    """A part of the simulated world, or all of it.

    Attributes:
        facts: the world at the start, each as ``system.what: word``.
        hosts: on which host each system runs, for the interlock.
        acts: the ways in which each action goes; the first that fits the world is taken.
        health: what each system's probe finds; the first that fits is taken.
        reactions: what follows from what people do by hand.
    """

    facts: dict[str, str] = {}
    hosts: dict[str, str] = {}
    acts: dict[str, list[Act]] = {}
    health: dict[str, list[HealthCase]] = {}
    reactions: list[Reaction] = []

    def over(self, base: Script) -> Script:
        """Return ``base`` with this script's facts in place of its own, and this script's cases tried first."""
        return Script(
            facts=base.facts | self.facts,
            hosts=base.hosts | self.hosts,
            acts=_first(self.acts, base.acts),
            health=_first(self.health, base.health),
            reactions=self.reactions + base.reactions,
        )


def _first(first: Mapping[str, list[T]], then: Mapping[str, list[T]]) -> dict[str, list[T]]:
    return {name: first.get(name, []) + then.get(name, []) for name in {**then, **first}}


@cache
def ordinary_world() -> Script:
    """Return the world in which everything is up, and what every action does in it.

    Raises:
        CleoError: one of its files cannot be read or does not fit; all misfits are named.
    """
    whole = Script()
    for folder in ("actions.tabletop:performances", *(type_.simulated for type_ in system_types().values())):
        if folder and (found := _folder(folder)):
            whole = _read(found).over(whole)
    return whole


def _folder(folder: str) -> Traversable | None:
    """Return the folder that a ``package:folder`` names; None where its package cannot be imported or lacks it."""
    package, _, name = folder.partition(":")
    try:
        found: Traversable = files(package) / name
        return found if found.is_dir() else None
    except (Exception, SystemExit):  # noqa: BLE001  # somebody else's package: the others can be practised without it
        return None


def _read(folder: Traversable) -> Script:
    """Return what the files of a folder say together."""
    found: list[Traversable] = [file for file in folder.iterdir() if file.name.endswith(".yaml")]
    whole = Script()
    for file in sorted(found, key=lambda file: file.name):
        whole = _one(file).over(whole)
    return whole


def _one(file: Traversable) -> Script:
    from journal.yamlfile.convert import convert
    from journal.yamlfile.yaml_source import read_bytes, read_yaml

    with as_file(file) as path:
        return convert(Script, read_yaml(path, read_bytes(path)))


def fits(when: Mapping[str, str], values: Mapping[str, object]) -> bool:
    """Whether the world is as ``when`` says: a word, ``one | another``, or ``not`` and a word."""
    return all(_fits(wanted, str(values.get(name, "none"))) for name, wanted in when.items())


def _fits(wanted: str, found: str) -> bool:
    if wanted.startswith("not "):
        return not _fits(wanted.removeprefix("not "), found)
    return found in [word.strip() for word in wanted.split("|")]

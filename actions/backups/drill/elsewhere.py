"""A drill on another host, or from what lies off site alone: fetch, restore there, note what it came to, remove."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from actions.backups.drill.place import DrillPlace, context_at, find_place, notes_at
from actions.backups.engine import leave_mark
from actions.backups.marks import Mark
from actions.backups.offsite.acting import fetch_offsite, look_offsite, note_offsite
from actions.backups.offsite.index import CopiedBackup
from actions.backups.offsite.kept import place_words, require_copies, require_kept
from actions.context import ActionContext
from actions.machine.directories import inspect_directories
from actions.machine.machine import Machine, last_words
from actions.machine.room import SpaceNeed, require_room
from actions.machine.side_directory import make_directory, remove_directory
from actions.outcome import ActionFailed, Cancelled, Outcome
from actions.side_instance import read_record, write_record
from journal.errors import CleoError
from journal.events.types import Identity
from journal.wording.counting import count
from journal.wording.durations import exact_duration
from journal.wording.sizes import size_words

RECORD = "drill.json"
"""Only a folder that has it is ever removed."""
PARAMS = {
    "source": "offsite: with nothing but what lies off site; else from the system's own backups",
    "on": "another host of the inventory to work on",
}
_ABANDONED = timedelta(hours=12)
"""After so long a drill of another machine is taken for one that died."""
_OPEN = """
chmod 711 "$1" && { [ -z "$2" ] || [ "$(id -un)" = "$2" ] || chown -- "$2" "$1" "$1/repository"; }
"""
"""Its parts are private; who works in them must get through to them."""


class DrillRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a drill's folder is: the incident, and the machine that it is on, since ``at``."""

    incident: str
    console: str
    at: datetime


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How one type of system is tried.

    Attributes:
        restore: restores the newest backup of the context's system into a scratch instance, verifies and removes it.
        fit: returns the system's settings as they are where the drill works.
        owner: the account whose programs work there; empty: our own.
        require: refuses what lacks a key or password that lies off site, and what cannot be tried there.
        wanted: the labels of what a restore of the newest backup needs of all that was copied; none: all there is.
        ready: makes what was fetched usable.
        clear: ends what a drill that was killed left running.
    """

    restore: Callable[[ActionContext], Outcome]
    fit: Callable[[Any, DrillPlace], Any]
    owner: Callable[[Any], str] = lambda settings: ""
    require: Callable[[Any, DrillPlace], None] = lambda settings, place: None
    wanted: Callable[[Mapping[str, CopiedBackup]], Sequence[str]] = lambda backups: ()
    ready: Callable[[ActionContext, DrillPlace], None] = lambda ctx, place: None
    clear: Callable[[ActionContext], None] = lambda ctx: None


def drilled(ctx: ActionContext, way: Way, *, source: str, on: str) -> Outcome:
    """Try the newest backup of the context's system where it is asked for, and return what it came to.

    Args:
        ctx: the action's context.
        way: how its type is tried.
        source, on: as `find_place` has them.

    Raises:
        CleoError: it cannot be tried, or cannot be restored.
        Cancelled: somebody asked it to stop.
    """
    place = find_place(ctx, source, on)
    return way.restore(ctx) if place is None else _Drill(ctx, way, place).run()


def drill_identity(ctx: ActionContext, beside: Callable[[ActionContext], Sequence[Identity]]) -> Sequence[Identity]:
    """Return what a drill works on, by what it was asked for.

    Args:
        ctx: the action's context.
        beside: tells it of one beside the system, from its own backups.
    """
    place = find_place(ctx, ctx.params.get("source", ""), ctx.params.get("on", ""))
    if place is None:
        return beside(ctx)
    host = ctx.transport(place.host).host_identity()
    name = host.get("hostname", "") or place.host
    return [
        Identity(name="confirm", value=f"{ctx.system}@{name}", known="reported"),
        Identity(name="host", value=name, known="reported"),
        Identity(name="machine id", value=host.get("machine_id") or "unknown", known="reported"),
        Identity(name="drill instance", value=place.root, known="reported"),
    ]


def drill_leftover(ctx: ActionContext, *, source: str, on: str, beside: Callable[[], Outcome]) -> Outcome:
    """Return whether a drill left anything where it was to work.

    Args:
        ctx: the action's context.
        source, on: as `find_place` has them.
        beside: tells it of one beside the system.
    """
    place = find_place(ctx, source, on)
    if place is None:
        return beside()
    machine = Machine(ctx, place.host)
    if not machine.exists(place.root):
        return Outcome(ok=True, summary=f"No drill left anything in {place.root} on {place.host}.")
    record = read_record(machine, f"{place.root}/{RECORD}", DrillRecord)
    whose = f"of {record.incident} " if record else ""
    words = f"The drill {whose}left {place.root} on {place.host}, or is at work there: the next one removes it."
    return Outcome(ok=False, summary=words)


class _Drill:
    """One drill that is not beside the system."""

    def __init__(self, ctx: ActionContext, way: Way, place: DrillPlace) -> None:
        settings = ctx.inventory.systems[ctx.system]
        self._ctx, self._way, self._place, self._where = ctx, way, place, place_words(ctx)
        self._require(settings)
        self._owner = way.owner(fitted := way.fit(settings, place))
        self._runs_as = str(getattr(fitted, "run_as", ""))
        self._at = context_at(ctx, place, fitted)
        self._machine = Machine(ctx, place.host)
        self._fetch: Mapping[str, Any] = {}
        self._label = ""

    def run(self) -> Outcome:
        """Do it, and remove all of it, whatever it came to."""
        ctx, place = self._ctx, self._place
        before = self._clear()
        wanted = self._look() if place.fetched else []
        what = f"fetch it from {self._where} into {place.root}" if place.fetched else f"use it from {place.root}"
        if not ctx.effect(f"{what} on {place.host}, restore it there, verify it, and remove all of it"):
            return Outcome(ok=True, summary=f"would {what} on {place.host}, restore it there, and remove it again")
        try:
            outcome = self._restored(wanted)
        except Cancelled as error:
            raise Cancelled(f"{place.root} on {place.host} is left; the next drill removes it.") from error
        except CleoError as error:
            self._failed(error)
            self._remove_if_possible()
            raise
        self._leave_notes()
        self._remove("remove")
        return self._dressed(outcome, before)

    def _require(self, settings: Any) -> None:
        """Refuse, before anything is looked at, what cannot be had without what is lost with the site."""
        ctx, place = self._ctx, self._place
        self._way.require(settings, place)
        if not place.fetched:
            return
        require_kept(ctx)

    def _clear(self) -> str:
        """Remove what an earlier drill left, and say so.

        Raises:
            ActionFailed: it is another machine's, and may still be at work.
        """
        place = self._place
        left = read_record(self._machine, f"{place.root}/{RECORD}", DrillRecord)
        if left is None:
            begun = self._machine.exists(place.root)
            return f" {place.root} was there, as a drill leaves it that is killed at its beginning." if begun else ""
        if left.incident == self._ctx.incident.id:
            return ""
        if left.console != socket.gethostname() and datetime.now(UTC) - left.at < _ABANDONED:
            raise ActionFailed(
                f"A drill of {left.console} ({left.incident}) is at work in {place.root} on {place.host}, since "
                f"{left.at:%H:%M:%S} UTC.",
                "Wait for its end.",
            )
        words = f"what the drill of {left.incident} left in {place.root} on {place.host}"
        if self._ctx.effect(f"remove {words}"):
            self._way.clear(self._at)
            self._remove("clear")
        return f" {words[0].upper()}{words[1:]} was removed first."

    def _look(self) -> list[str]:
        """Return what is to be fetched, which is there and fits."""
        seen = look_offsite(self._at)
        wanted = list(self._way.wanted(seen.backups))
        whole = {label: one for label, one in seen.backups.items() if not wanted or label in wanted}
        require_copies(self._ctx, seen, list(whole))
        self._label = max(whole, key=lambda label: whole[label].ended_at)
        size = sum(one.size for one in whole.values()) if wanted else seen.bytes
        self._ctx.log(
            f"In {self._where}: {count(len(seen.backups), 'backup')}, the newest {self._label}; {size_words(size)} are "
            f"fetched to {self._place.host}."
        )
        above = inspect_directories(self._machine, self._place.root)[0]
        require_room(self._machine, [SpaceNeed(above, size, "what is fetched from the second place")])
        return wanted

    def _restored(self, wanted: Sequence[str]) -> Outcome:
        place = self._place
        make_directory(self._machine, "make", place.root, RECORD, ("repository",))
        record = DrillRecord(incident=self._ctx.incident.id, console=socket.gethostname(), at=datetime.now(UTC))
        if self._machine.exists(place.root):  # else an earlier runner of this run came to its removal
            write_record(self._machine, f"{place.root}/{RECORD}", record)
        done = self._machine.run("open", ["sh", "-c", _OPEN, "sh", place.root, self._owner])
        if done.code:
            raise ActionFailed(
                f"{place.root} on {place.host} cannot be given to {self._owner}: {last_words(done)}",
                "Log in there as root, or let it run as our own account (drill: run_as).",
            )
        if self._ctx.query(place.host, ["test", "-x", place.root], user=self._runs_as).code:
            raise ActionFailed(
                f"{self._runs_as or 'Our account'} cannot enter {place.root} on {place.host}.",
                "Open the folders above it to that account, or name another one (drill: folder).",
            )
        if place.fetched:
            self._fetch = fetch_offsite(self._at, wanted, "")
        self._way.ready(self._at, place)
        return self._way.restore(self._at)

    def _failed(self, error: CleoError) -> None:
        """Write down that the backup could not be restored, where its type did not do so.

        A program that somebody ended proves nothing of it.
        """
        notes = notes_at(self._at)
        ended = isinstance(error, ActionFailed) and error.facts.get("exit", 0) < 0
        if not notes and self._label and not ended:
            words = f"It could not be restored: {error.message}"
            mark = Mark(at=datetime.now(UTC), ok=False, by=self._ctx.incident.id, words=words, facts={"drill": True})
            assert notes is not None
            notes.append((self._label, mark))
        self._leave_notes()

    def _leave_notes(self) -> None:
        """Write down what it came to: of the second place there, else beside the backup."""
        for label, mark in notes_at(self._at) or ():
            facts = {**mark.facts, "host": self._place.host}
            if self._place.fetched:
                facts |= {"offsite": True, "fetch_s": self._fetch_s, "fetched": self._fetch.get("bytes", 0)}
            seconds = round(mark.seconds + self._fetch_s, 2) if mark.seconds and self._timed else 0.0
            dressed = msgspec.structs.replace(mark, seconds=seconds, facts=facts, words=self._words(mark.words))
            if self._place.fetched:
                note_offsite(self._at, label, dressed)
            else:
                leave_mark(self._ctx, label, "restored", dressed)

    @property
    def _fetch_s(self) -> float:
        return float(self._fetch.get("seconds", 0.0))

    @property
    def _timed(self) -> bool:
        """Whether all of it was fetched by one program: what an earlier one had brought took no time."""
        return not self._fetch.get("kept")

    def _words(self, said: str) -> str:
        if not self._fetch:
            return said if self._place.own else f"On {self._place.host}: {said}"
        size = size_words(self._fetch["bytes"])
        at = "" if self._place.own else f" to {self._place.host}"
        return f"Fetched from the second place{at} ({size}) in {exact_duration(self._fetch_s)}. {said}"

    def _dressed(self, outcome: Outcome, before: str) -> Outcome:
        """Say with it where it was, and how long it took with the fetch."""
        facts = {**outcome.facts, "drill_on": self._place.host}
        whole = ""
        if self._place.offsite:
            facts["drill_from"] = self._where if self._place.fetched else "its own site"
        if self._fetch and "drill_s" in facts:
            facts |= {"drill_fetch_s": self._fetch_s, "drill_s": round(facts["drill_s"] + self._fetch_s, 2)}
            whole = f" {exact_duration(facts['drill_s'])} in all." if self._timed else ""
        summary = f"{self._words(outcome.summary)}{whole}{before}"
        return msgspec.structs.replace(outcome, summary=summary, facts=facts)

    def _remove(self, key: str) -> None:
        remove_directory(self._machine, key, self._place.root, RECORD, self._place.real)

    def _remove_if_possible(self) -> None:
        try:
            self._way.clear(self._at)
            self._remove("remove")
        except (CleoError, Cancelled) as error:
            self._ctx.log(f"{self._place.root} is left, and the next drill removes it: {error}", "err")

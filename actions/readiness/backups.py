"""What is looked at of a system's backups, whatever takes them: that there are some, whole, young, and restored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from actions.backups.catalogue import Listed, read_catalogue
from actions.backups.listing import described
from actions.backups.measured import restore_time_facts
from actions.context import ActionContext
from actions.machine.directories import inspect_directories
from actions.machine.machine import Machine
from actions.readiness.reading import ReadingContext
from actions.system_types import system_type
from journal.errors import CleoError
from journal.incident.restore_time import RestoreTime
from journal.readiness.finding import ReadyFinding, State
from journal.readiness.seen import SystemSeen
from journal.wording.durations import exact_duration, rough_duration
from journal.wording.sizes import size_words

_OFTEN = timedelta(days=31)
"""The written plan restores a backup every month."""
_TAKES = 5
"""With how many gaps between earlier backups the newest one's age is compared."""


def about_backups(system: str) -> str:
    """Return what the look at a system's backups is called."""
    return f"backups of {system}"


def look_at_backups(
    ctx: ReadingContext, every: timedelta | None = None
) -> tuple[Listed, SystemSeen, list[ReadyFinding]]:
    """Return the backups of the context's system, what counts of them, and what was found.

    Args:
        ctx: with the system.
        every: how often the plan has one taken, at least; None: it does not say.
    """
    system = ctx.system
    (one,) = read_catalogue(ctx.inventory, [system], lambda _: ctx)
    facts = {} if one.backups is None else dict(described(one.backups))
    facts |= restore_time_facts(ctx, system, one.backups.sets) if one.backups else {}
    at, seconds = _restored(one, RestoreTime.of(facts))
    seen = SystemSeen(
        facts=facts, backup_ended_at=one.newest.ended_at if one.newest else None, restored_at=at, restored_s=seconds
    )
    return one, seen, list(_found(ctx, one, seen, every))


def _restored(one: Listed, measured: RestoreTime | None) -> tuple[datetime | None, float]:
    """Return when a backup was last restored whole, and how long the last measured one took."""
    marks = [mark.restored.at for mark in one.marked.values() if mark.restored and mark.restored.ok]
    away = [each.mark.at for each in one.offsite.drills if each.mark.ok] if one.offsite else []
    return max([*marks, *away], default=None), measured.seconds if measured else 0.0


def _found(ctx: ActionContext, one: Listed, seen: SystemSeen, every: timedelta | None) -> Iterator[ReadyFinding]:
    about, systems = about_backups(one.system), [one.system]
    if one.trouble or one.backups is None:
        yield _unread(one, about)
        if one.backups is None:
            return
    for finding in one.findings:
        if finding.severity != "note":
            grave = finding.severity == "wrong" and one.newest is None
            words, cure = finding.text, finding.cure
            yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=systems, stops=grave)
    if one.newest:
        yield _age(one, about, every)
        yield _whole(one)
    if one.holders:
        words = f"held for {', '.join(one.holders)}: none is taken, none expires"
        cure = "Where that is over: cleo run backups.release, in that incident; your own: cleo backup release."
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=systems, stops=False)
    yield _restore(one, seen)
    yield from _room(ctx, one)


def _unread(one: Listed, about: str) -> ReadyFinding:
    """Return that backups could not be read: proven where their host answered, and stopping where no copy stands in."""
    copied = bool(one.offsite and one.offsite.backups)
    state: State = "wrong" if one.unreadable else "not measured"
    cure = one.cure or f"See what its engine says: cleo backup list --system {one.system}"
    stops = one.backups is None and not (one.unreadable and copied)
    return ReadyFinding(about=about, state=state, words=one.trouble, cure=cure, systems=[one.system], stops=stops)


def _age(one: Listed, about: str, every: timedelta | None) -> ReadyFinding:
    """Return how old the newest backup is, beside how often the plan has one taken, and how often one was so far."""
    sets = one.usable
    ends = sorted({each.ended_at for each in sets})
    gaps = [later - earlier for earlier, later in pairwise(ends)][-_TAKES:]
    age = datetime.now(UTC) - ends[-1]
    words, late = f"{len(sets)} usable, the newest {rough_duration(age.total_seconds())} old ({sets[-1].label})", False
    if every and age > 2 * every:
        late, often = True, rough_duration(every.total_seconds())
        words += f"; the plan has one taken every {often}"
    elif gaps and age > 2 * max(gaps) and age > timedelta(hours=1):
        late = True
        words += f"; before that there was one every {rough_duration(max(gaps).total_seconds())} at least"
    cure = f"Look why none is taken: cleo backup run --type incremental --system {one.system}" if late else ""
    state: State = "wrong" if late else "ok"
    return ReadyFinding(about=about, state=state, words=words, cure=cure, systems=[one.system], stops=False)


def _whole(one: Listed) -> ReadyFinding:
    """Return when a backup was last read to its end: what was only written may be damaged, or empty."""
    about, systems = f"wholeness of backups of {one.system}", [one.system]
    cure = f"Prove it: cleo backup verify --full --system {one.system}"
    read = {label: mark for label, marked in one.marked.items() if (mark := marked.verified or marked.restored)}
    if not read:
        words = "none was ever read to its end"
        return ReadyFinding(about=about, state="not measured", words=words, cure=cure, systems=systems, stops=False)
    age = datetime.now(UTC) - max(mark.at for mark in read.values())
    words, good = f"read to its end {rough_duration(age.total_seconds())} ago", age <= _OFTEN
    newest = next((each.label for each in reversed(one.usable) if each.label in read), "")
    if newest and not read[newest].ok:
        words, good = f"{words}: {newest} is damaged, and none since was read", False
        cure = f"Take another one: cleo backup run --type full --system {one.system}. {cure}"
    return ReadyFinding(
        about=about,
        state="ok" if good else "wrong",
        words=words,
        cure="" if good else cure,
        systems=systems,
        stops=False,
    )


def _restore(one: Listed, seen: SystemSeen) -> ReadyFinding:
    """Return when a restore was last proven: one that nobody tried is a hope."""
    about, systems, cure = (
        f"restore of {one.system}",
        [one.system],
        f"Prove it: cleo drill restore --system {one.system}",
    )
    if seen.restored_at is None:
        words = "no backup was ever restored and verified"
        return ReadyFinding(about=about, state="not measured", words=words, cure=cure, systems=systems, stops=False)
    age = datetime.now(UTC) - seen.restored_at
    took = f", in {exact_duration(seen.restored_s)}" if seen.restored_s else ""
    words = f"proven {rough_duration(age.total_seconds())} ago{took}"
    if age > _OFTEN:
        words += ": the plan wants one every month"
        return ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=systems, stops=False)
    return ReadyFinding(about=about, state="ok", words=words, systems=systems, stops=False)


def _room(ctx: ActionContext, one: Listed) -> Iterator[ReadyFinding]:
    """Yield whether what a restore brings fits beside the data of now, which is kept."""
    settings = ctx.inventory.systems[one.system]
    needed = max((each.size for each in one.usable[-_TAKES:]), default=0)
    if not (settings.host and settings.place().startswith("/") and needed):
        return
    about, acts = f"room for a restore of {one.system}", [system_type(settings.type).role("restore")]
    try:
        (seen,) = inspect_directories(Machine(ctx, settings.host), settings.place())
    except CleoError as error:
        words, cure = error.message, error.hint
        yield ReadyFinding(
            about=about, state="not measured", words=words, cure=cure, systems=[one.system], actions=acts
        )
        return
    fits = seen.free > needed
    yield ReadyFinding(
        about=about,
        state="ok" if fits else "wrong",
        words=f"{size_words(needed)} are needed beside the data of now, and {size_words(seen.free)} are free",
        cure="" if fits else f"Make room on {seen.mount} of {settings.host}: what is there now is kept by a restore.",
        systems=[one.system],
        actions=acts,
    )

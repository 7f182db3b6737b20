"""``intrusion.scan_backups``: which state of a system from before the break-in holds nothing that an intruder left."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from actions.action import action
from actions.asked_instant import asked_instant
from actions.backups.engine import BackupSet, find_engine
from actions.backups.engine import target as backups_target
from actions.context import ActionContext, Progress
from actions.intrusion import record
from actions.intrusion.judge import gone, strangers
from actions.intrusion.search import newest_without
from actions.intrusion.told import Told, outcome
from actions.intrusion.traces import Holding, OwnStates, TraceSource, by_hand, find_source
from actions.outcome import ActionFailed, Cure, GateClosed, Outcome
from journal.errors import CleoError
from journal.events.types import Identity
from journal.wording.counting import count
from journal.wording.durations import exact_duration
from journal.wording.instants import utc

NAME = "intrusion.scan_backups"
_JUST_AFTER = timedelta(milliseconds=1)
"""A recovery point is everything before it; what a backup shows was committed by its instant."""
_END = timedelta(seconds=1)
"""The end of a backup is told in whole seconds, rounded down: what it holds was committed before the next one."""
_CLOCK_S, _CLOCK_IS_RIGHT_S = 30.0, 5.0
_LABELS = 5
"""Backups that a message names."""


def target(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the system and its backups from every other, and where they are looked through."""
    source = find_source(ctx)
    place, own = source.place(ctx), source.target(ctx) if isinstance(source, OwnStates) else backups_target(ctx)
    return [*own, Identity(name="scan instance", value=place, known="reported")]


@action("intrusion.scan_left", target=target, unready="it only looks at what a scan of backups left")
def scan_left(ctx: ActionContext) -> Outcome:
    """Tell whether a look through the backups left anything beside the system.

    Needs: its host.
    """
    source = find_source(ctx)
    left, known = source.left(ctx), len(record.load(ctx).states)
    so_far = f"{count(known, 'state')} looked through in this incident."
    if left:
        return Outcome(ok=False, summary=f"A look left {left}: run again, it is removed. {so_far}")
    return Outcome(ok=True, summary=f"Nothing is left in {source.place(ctx)}; {so_far}")


@action(
    NAME,
    probe="intrusion.scan_left",
    resumable=True,
    touches=("scan instance",),
    target=target,
    by_hand=by_hand,
    params={
        "since": "when it was noticed or may have begun: later states are not looked at; with its zone",
        "good": "the state that is known to be good, by its label: others are compared with it (else with the oldest)",
        "expected": "what was named and belongs there, by its name, with ; between",
        "afresh": "look again at what was looked at in this incident",
    },
    unready="it opens backups beside the system: a restore drill tries the same way",
)
def scan_backups(
    ctx: ActionContext, *, since: str = "", good: str = "", expected: str = "", afresh: bool = False
) -> Outcome:
    """Look for the intruder in the backups.

    The oldest backup is restored beside the system, then the newest state from before the break-in was noticed, and
    looked through for what intruders leave; what the newer one has and the oldest has not is a stranger, unless the
    inventory vouches for it or it is `expected`. While there are strangers, an earlier state is taken, by halves. When
    the running system's strangers were made, its log tells where it can: the moment before the first one is tried, too.

    What Git tells is compared with the commit of two weeks before; `good` names another state to compare with.

    "Nothing found" is said of what was looked for, which is listed with what was not; it is never "clean".

    Needs: backups; room beside the system for one of them; what a drill needs.

    Leaves: nothing of what was restored. What each state held (names and digests, no data) is kept in the incident's
    folder, and is not restored again.

    Killed half way: what was restored is removed, or found, by the next run, which goes on.
    """
    source = find_source(ctx)
    limit, why = _by_its_clock(ctx, *_limit(ctx, since)) if not since else _limit(ctx, since)
    sets = _sets(ctx, source, limit, good)
    ctx.log(f"Looked for: {'; '.join(source.looked_for)}. Not looked for: {'; '.join(_not_for(source))}.")
    ctx.log(f"{count(len(sets), 'backup')} from before {utc(limit)} ({why}).")
    first, last = sets[0].label, sets[-1].label
    what = f"restore {first}, then what {last} and its log lead to, and others by halves, in {source.place(ctx)}"
    if not ctx.effect(f"{what}; look through each, and remove it"):
        words = f"would look through {_at_most(len(sets) + 2)} states at most, of {count(len(sets), 'backup')}"
        return Outcome(ok=True, summary=words)
    vouched = [*source.vouched(ctx), *(name.strip() for name in expected.split(";") if name.strip())]
    scan = _Scan(ctx, source, vouched, record.Looked() if afresh else record.load(ctx))
    return scan.run({_state_of(one): one.label for one in sets}, limit, why)


def _not_for(source: TraceSource) -> list[str]:
    return [*source.not_looked_for, "a backup rewritten together with its digests"]


def _limit(ctx: ActionContext, since: str) -> tuple[datetime, str]:
    """Return the instant from which on nothing is looked at, and where that comes from."""
    if since:
        return asked_instant(since, NAME, "since"), "as asked"
    incident = ctx.incident
    if incident.intrusion_began:
        return incident.intrusion_began, "it was decided that they were inside from then on"
    began = datetime.fromisoformat(incident.began_at) if incident.began_at else None
    if began and incident.discovered_at and began < incident.discovered_at:
        return began, "it was declared that it began then, which is a guess"
    if incident.discovered_at:
        return incident.discovered_at, "it was noticed then; when it began is not known"
    return datetime.now(UTC), "nobody said when it began"


def _by_its_clock(ctx: ActionContext, limit: datetime, why: str) -> tuple[datetime, str]:
    """Return an instant by the clock of the system's host: by that one its backups are dated."""
    host = ctx.inventory.systems[ctx.system].host
    before = time.time()
    try:
        said = ctx.query(host, ["date", "+%s.%N"], timeout_s=_CLOCK_S).out
        ahead = float(said) - (before + time.time()) / 2
    except (CleoError, ValueError) as error:
        ctx.log(f"The clock of {host} is not known, and taken for ours: {error}", "err")
        return limit, why
    if abs(ahead) < _CLOCK_IS_RIGHT_S:
        return limit, why
    words = f"the clock of {host} is {exact_duration(abs(ahead))} {'ahead' if ahead > 0 else 'behind'}: taken by it"
    ctx.log(f"Its backups are dated by another clock than ours: {words}.", "err")
    return limit + timedelta(seconds=ahead), f"{why}; {words}"


def _sets(ctx: ActionContext, source: TraceSource, limit: datetime, good: str) -> list[BackupSet]:
    """Return the backups that ended before, the oldest to compare with first, each label once.

    Raises:
        ActionFailed: there is none, or not the one that is known to be good.
    """
    own = source if isinstance(source, OwnStates) else None
    found = own.states(ctx) if own else find_engine(ctx).list(ctx, ctx.system).sets
    usable = {one.label: one for one in found if not one.unusable and _state_of(one) <= limit}
    if not usable:
        raise _none_before(ctx, found, limit)
    sets = sorted(usable.values(), key=_state_of)
    if good and good not in usable:
        raise ActionFailed(
            f"No backup {good} of {ctx.system} from before {utc(limit)} can be used.",
            f"Name one of these: {', '.join(one.label for one in sets[-_LABELS:])}.",
        )
    back = limit - own.reaches_back if own and not good else None
    before = [one for one in sets if (one.label == good if good else back and _state_of(one) <= back)]
    return sets[sets.index(before[-1]) :] if before else sets


def _none_before(ctx: ActionContext, found: Sequence[BackupSet], limit: datetime) -> ActionFailed:
    oldest = min((one.ended_at for one in found if not one.unusable), default=None)
    words = f"The oldest ended at {utc(oldest)}." if oldest else "There is none that can be used."
    return ActionFailed(
        f"No backup of {ctx.system} ended before {utc(limit)}. {words}",
        cures=[
            Cure(words="Look in the second place for older ones.", action="backups.fetch"),
            Cure(words="Or say since when they were inside (since), where that is known to be later."),
        ],
    )


def _state_of(one: BackupSet) -> datetime:
    """Return an instant before which everything in a backup was committed, as a recovery point names it."""
    return one.consistent_at + _JUST_AFTER if one.consistent_at else one.ended_at + _END


def _at_most(number: int) -> int:
    """Return how many of so many states are restored: the oldest, the newest, and those of a search by halves."""
    return min(number, 2 + number.bit_length())


class _Scan:
    """One run: what was looked through so far, and what it is compared with."""

    def __init__(self, ctx: ActionContext, source: TraceSource, vouched: Sequence[str], looked: record.Looked) -> None:
        self._ctx, self._source, self._vouched, self._looked = ctx, source, vouched, looked
        self._reference: Holding | None = None
        self._since = ""
        self._unseen: list[str] = []
        self._ends: Mapping[datetime, str] = {}

    def run(self, points: Mapping[datetime, str], limit: datetime, why: str) -> Outcome:
        """Look at the oldest that can be, then search; say what it came to."""
        self._ends, live = points, self._live()
        oldest, reference = self._oldest(list(points))
        self._since = utc(oldest)
        suspects = strangers(reference, None, self._vouched)
        self._reference = reference
        inside = strangers(live, reference, self._vouched) if live else {}
        made = self._made(live, inside, oldest)
        first = min(made.values(), default=None)
        later = {point for point in [*points, limit] if point > oldest}
        if first and oldest < first < limit:
            later.add(first)  # a point is everything committed before it
        good = None if suspects else newest_without(sorted(later), self._has_strangers) or oldest
        told = Told(
            states=self._states(),
            good=good,
            live=inside,
            gone=gone(live, reference) if live else [],
            made=made,
            limit=limit,
            why=why,
            unseen=[*self._unseen, *(live.unseen if live else [])],
            looked_for=self._source.looked_for,
            not_looked_for=_not_for(self._source),
        )
        return outcome(self._ctx, told)

    def _live(self) -> Holding | None:
        try:
            return self._source.now(self._ctx)
        except CleoError as error:
            self._unseen.append(f"what runs: {error.message}")
            self._ctx.log(f"What runs was not looked through: {error.message}", "err")
            return None

    def _oldest(self, points: Sequence[datetime]) -> tuple[datetime, Holding]:
        for point in points:
            if holding := self._look(point):
                return point, holding
        raise ActionFailed(
            f"No backup of {self._ctx.system} could be restored and looked through: {'; '.join(self._unseen[-2:])}",
            cures=[Cure(words="Verify the backups: that finds those that are sound.", action="backups.verify")],
        )

    def _made(self, live: Holding | None, inside: Mapping[str, str], since: datetime) -> Mapping[str, datetime]:
        """Return when the running system's strangers were made; what cannot be told is said."""
        if live is None or not inside:
            return {}
        try:
            found = self._source.made_at(self._ctx, {name: live.things[name] for name in inside}, since)
        except CleoError as error:
            self._ctx.log(f"When they were made is not known: {error.message}", "err")
            return {}
        for name, at in sorted(found.items(), key=lambda one: one[1]):
            self._ctx.log(f"{name} was made or changed at {utc(at)}, by the log.")
        return found

    def _has_strangers(self, point: datetime) -> bool | None:
        holding = self._look(point)
        return None if holding is None else bool(strangers(holding, self._reference, self._vouched))

    def _look(self, point: datetime) -> Holding | None:
        """Return what the state at a point holds; None where it cannot be restored, which is said."""
        if known := self._looked.at(point):
            return known
        self._ctx.progress(Progress(text=f"restoring the state of {utc(point)}"))
        try:
            holding = self._source.at(self._ctx, point, self._ends.get(point, ""))
        except GateClosed:
            raise
        except ActionFailed as error:
            self._unseen.append(f"the state of {utc(point)}: {error.message}")
            self._ctx.log(f"The state of {utc(point)} was not looked through: {error.message}", "err")
            return None
        self._looked = record.keep(self._ctx, self._looked, point, holding)
        return holding

    def _states(self) -> list[tuple[datetime, Holding, dict[str, str], str]]:
        """Return every state that was looked through, judged, with what it was compared with."""
        found = []
        for point, holding in sorted(self._looked.states.items()):
            alone = holding is self._reference or self._reference is None or holding.backup == ""
            reference = None if alone else self._reference
            words = f"compared with the oldest, of {self._since}" if reference else "nothing older to compare with"
            found.append((point, holding, strangers(holding, reference, self._vouched), words))
        return found

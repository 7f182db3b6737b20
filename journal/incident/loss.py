"""Data loss: from the newest commit that came back to the newest that was known from any evidence.

Both times come from the system's own clock. The start of the disruption that a person typed is no measurement: where
nobody saw the last commit, it is an upper bound, and shown as one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from journal.events.measured import Measured


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The newest commit of a system that was seen.

    Attributes:
        at: when it was committed.
        source: who saw it, in words.
        exact: whether it was the last one: writers were kept out, or the log was read to its end.
        heartbeats: how many rows the heartbeat table had then; None: not counted.
    """

    at: datetime
    source: str
    exact: bool = False
    heartbeats: int | None = None


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """One recovery of a system, and what was known of its data before.

    Attributes:
        run: the run that measured it.
        recovered_to: the newest commit that came back.
        known: the newest commit made before it, since the recovery before, or None.
        stopped_at: nothing was committed from then on until this recovery, or None.
        heartbeats: rows of the heartbeat table that came back; None: not counted.
        timeline, from_timeline: the history that it began, and the one that it branched off; 0: the history went on.
        looked_later: it was measured only by a later verification.
    """

    run: int
    recovered_to: datetime
    known: Known | None = None
    stopped_at: datetime | None = None
    heartbeats: int | None = None
    timeline: int = 0
    from_timeline: int = 0
    looked_later: bool = False

    def follows(self, earlier: Recovery) -> bool:
        """Return whether this history contains that of ``earlier``; else it branched off before it."""
        return not (self.from_timeline and earlier.timeline) or self.from_timeline >= earlier.timeline

    def same_as(self, found: Measured) -> bool:
        """Return whether ``found`` reports this same recovery again."""
        return bool(self.timeline) and (self.timeline, self.recovered_to) == (found.timeline, found.recovered_to)


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What a system lost in one incident, over all its recoveries. Durations are in seconds.

    Attributes:
        at_least: from the newest commit that came back to the newest that was seen.
        at_most: from there to the moment after which nothing can have been committed; None: no such moment is known.
        typed: from there to the start of the disruption that was typed, where nothing was measured that bounds it.
        newest: the newest commit known, or None.
        source: where that is known from.
        heartbeats: rows of the heartbeat table that are missing, at least; None: not counted.
    """

    at_least: float
    at_most: float | None
    typed: float | None = None
    newest: datetime | None = None
    source: str = ""
    heartbeats: int | None = None

    @property
    def exact(self) -> bool:
        """Whether the loss is known, not only bounded."""
        return self.at_most == self.at_least

    @property
    def seconds(self) -> float:
        """The figure to show: the loss, or its narrowest bound."""
        if self.at_most is not None:
            return self.at_most
        return self.typed if self.typed is not None else self.at_least

    @property
    def bound(self) -> str:
        """Whether ``seconds`` is ``at least`` or ``at most``; empty where it is exact."""
        if self.exact:
            return ""
        return "at least" if self.at_most is None and self.typed is None else "at most"


class Ledger(msgspec.Struct):
    """All evidence on one system's newest commits, and all its recoveries, in the order of the journal.

    Attributes:
        known: the newest commit seen since the last recovery, or None.
        stopped_at: nothing was committed after that, by the system's clock; None: no such time is known.
        clock_ahead_s: the system's clock minus the journal's, as last measured.
        archived_until: all commits until then were in the archive, as last measured; None: not measured.
        recoveries: all of the incident, in order.
    """

    known: Known | None = None
    stopped_at: datetime | None = None
    clock_ahead_s: float = 0.0
    archived_until: datetime | None = None
    recoveries: list[Recovery] = []

    def take(self, found: Measured, source: str) -> None:
        """Add what was measured of the system by something that did not recover it."""
        if found.clock_ahead_s is not None:
            self.clock_ahead_s = found.clock_ahead_s
        self.archived_until = found.archived_until or self.archived_until
        if found.newest_commit_at:
            self._see(found, source)
        if found.no_commit_after:
            self._stop(found.no_commit_after)

    def _see(self, found: Measured, source: str) -> None:
        at = found.newest_commit_at
        if at is None or (self.known and at < self.known.at):
            return
        counted = [n for n in (found.heartbeats, self.known.heartbeats if self.known else None) if n is not None]
        exact = found.no_commit_after == at
        if self.known and at == self.known.at and self.known.exact:
            exact, source = True, self.known.source
        if self.stopped_at and at > self.stopped_at:
            self.stopped_at = None  # a later commit was seen: it had not stopped
        self.known = Known(at=at, source=source, exact=exact, heartbeats=max(counted, default=None))

    def down(self, at: datetime) -> None:
        """Note that a probe found the system down at ``at``, by the journal's clock."""
        self._stop(at + timedelta(seconds=self.clock_ahead_s))

    def up(self) -> None:
        """Note that the system answers again, so that it may commit."""
        self.stopped_at = None

    def _stop(self, at: datetime) -> None:
        if self.known and at < self.known.at:
            return  # a commit after it was seen, so it bounds nothing
        self.stopped_at = min(at, self.stopped_at) if self.stopped_at else at

    def recovered(self, run: int, found: Measured, source: str, *, looked_later: bool = False) -> None:
        """Add a recovery that ended, and how far it reached."""
        if found.recovered_to is None:
            return
        if self.recoveries and self.recoveries[-1].same_as(found):
            return  # the same recovery, reported again
        if looked_later and self.recoveries and not (self.known or self.stopped_at):
            if not self.recoveries[-1].looked_later:
                return  # nothing new was seen since a recovery that was measured at its end
            last = self.recoveries.pop()
            self.known, self.stopped_at = last.known, last.stopped_at
        self.take(msgspec.structs.replace(found, heartbeats=None), source)
        self.recoveries.append(
            Recovery(
                run=run,
                recovered_to=found.recovered_to,
                known=self.known,
                stopped_at=self.stopped_at,
                heartbeats=found.heartbeats,
                timeline=found.timeline,
                from_timeline=found.from_timeline,
                looked_later=looked_later,
            )
        )
        self.known, self.stopped_at = None, None

    def loss(self, began_at: datetime, *, scripted: bool) -> Loss | None:
        """Return what was lost; None where no recovery was measured.

        Args:
            began_at: the start of the disruption, as it was declared. Where commits are younger, it was typed wrongly.
            scripted: whether that is when the world of a tabletop ends, and so exact.
        """
        if not self.recoveries:
            return None
        *earlier, last = self.recoveries
        if scripted or not (earlier or last.known):
            return _by_start(last, began_at, scripted=scripted)
        return _over(last, earlier)


def _by_start(only: Recovery, began_at: datetime, *, scripted: bool) -> Loss | None:
    typed = (began_at - only.recovered_to).total_seconds()
    if scripted:
        lost = max(0.0, typed)
        return Loss(at_least=lost, at_most=lost, newest=began_at, source="the script")
    most = _seconds(only.stopped_at, only.recovered_to)
    return None if most is None and typed < 0 else Loss(at_least=0.0, at_most=most, typed=typed if typed >= 0 else None)


def _over(last: Recovery, earlier: list[Recovery]) -> Loss:
    """Add up the losses of the recoveries that the present history consists of, each with the states it replaced."""
    spans: list[tuple[Recovery, list[Recovery]]] = []
    taken, gone = last, [last]
    for before in reversed(earlier):
        if taken.follows(before):
            spans.append((taken, gone))
            taken, gone = before, []
        gone.append(before)
    spans.append((taken, gone))
    losses = [_between(recovery, over) for recovery, over in spans]
    most = [loss.at_most for loss in losses]
    rows = [loss.heartbeats for loss in losses if loss.heartbeats]
    newest = max(losses, key=lambda loss: loss.at_least)
    return Loss(
        at_least=round(sum(loss.at_least for loss in losses), 3),
        at_most=None if None in most else round(sum(value for value in most if value is not None), 3),
        newest=newest.newest,
        source=newest.source,
        heartbeats=sum(rows) if rows else None,
    )


def _between(reached: Recovery, states: list[Recovery]) -> Loss:
    """Return the loss from ``reached`` to the newest commit known in ``states``, which it replaced."""
    known = [state.known for state in states if state.known]
    if not known:  # no commit was seen since the recovery before: what that one had reached is the newest
        return Loss(at_least=0.0, at_most=_seconds(reached.stopped_at, reached.recovered_to))
    newest = max(known, key=lambda seen: seen.at)
    least = _seconds(newest.at, reached.recovered_to) or 0.0
    state = next(state for state in states if state.known is newest)
    most = least if newest.exact else _seconds(state.stopped_at, reached.recovered_to)
    counted = (newest.heartbeats or 0) - (reached.heartbeats or 0) if reached.heartbeats is not None else 0
    return Loss(
        at_least=least,
        at_most=None if most is None else max(least, most),
        typed=None,
        newest=newest.at,
        source=newest.source,
        heartbeats=counted if counted > 0 and least > 0 else None,
    )


def _seconds(until: datetime | None, after: datetime) -> float | None:
    return max(0.0, round((until - after).total_seconds(), 3)) if until else None

"""What a look for an intruder through the backups came to, in words and facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from actions.context import ActionContext
from actions.intrusion.traces import Holding
from actions.outcome import Cure, Finding, Outcome
from journal.events.scanned import Scan, ScannedState
from journal.wording.counting import count
from journal.wording.instants import utc

_NAMED = 4
_FINDINGS = 60
_BELONGS = (
    "If it belongs there: run it again with expected, or name a user under accounts: in the inventory. Else a restore "
    "to before it takes it away."
)

State = tuple[datetime, Holding, Mapping[str, str], str]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        states: each state that was looked through, with its strangers and what it was compared with.
        good: the newest in which none was found; None: there is none.
        live: the running system's strangers; ``gone``: what it lacks; ``made``: when strangers were made.
        limit, why: from when on nothing was looked at.
        unseen: what could not be looked at.
        looked_for, not_looked_for: in words.
    """

    states: Sequence[State]
    good: datetime | None
    live: Mapping[str, str]
    gone: Sequence[str]
    made: Mapping[str, datetime]
    limit: datetime
    why: str
    unseen: Sequence[str]
    looked_for: Sequence[str]
    not_looked_for: Sequence[str]


def outcome(ctx: ActionContext, told: Told) -> Outcome:
    """Say what it came to: in the output every stranger of every state, in the findings the running system's."""
    for point, holding, found, compared in told.states:
        said = f"{count(len(found), 'stranger')}" if found else "nothing found"
        ctx.log(f"{utc(point)} (backup {holding.backup}; {compared}): {said}.")
        for name, why in found.items():
            ctx.log(f"  {name} {why}", "err")
        for why in holding.unseen:
            ctx.log(f"  not looked at: {why}", "err")
    good = next((state for state in told.states if state[0] == told.good), None)
    bad = [state for state in told.states if state[2] and (good is None or state[0] > good[0])]
    words = _nothing_found(ctx.system, good) if good else _all_unclean(ctx.system, told)
    began = _began(good, bad, told)
    return Outcome(
        ok=True,  # a look that found something did its work: the recovery point is decided knowing it, with a reason
        summary=" ".join(part for part in (words, began, _unclean(bad), _unseen(told), _scope(told)) if part),
        facts=_facts(told),
        findings=_findings(told, bad),
        cures=[] if good else [Cure(words=_BELONGS), _ELSE],
    )


_ELSE = Cure(words="Or look in the second place for older backups.", action="backups.fetch")


def _nothing_found(system: str, good: State) -> str:
    point, holding, _, compared = good
    by = f"(backup {holding.backup}; {compared})"
    return f"Nothing was found in {system} of what was looked for as of {utc(point)} {by}."


def _all_unclean(system: str, told: Told) -> str:
    names = _some([name for _, _, found, _ in told.states[:1] for name in found])
    words = f"Every state of {system} that was looked through holds {names}: no point before the intrusion was found."
    return f"{words} What is restored brings them back; take them away after it."


def _began(good: State | None, bad: Sequence[State], told: Told) -> str:
    """Return between which instants the first stranger came, and what tells."""
    by_log = min(told.made.values(), default=None)
    ends = [at for at in (by_log, bad[0][1].since or bad[0][0] if bad else None) if at]
    if good is None or not ends:
        return ""
    until, by = min(ends), ", by the log" if by_log and by_log == min(ends) else ""
    since = min(good[0], good[1].since or good[0])  # up to when a restore leads there, nobody looked at what ran
    if since >= until:
        return f"The first trace is of {utc(until)}{by}; whoever left it may have been inside before."
    return f"The first trace came between {utc(since)} and {utc(until)}{by}: an earlier one may not have been found."


def _unclean(bad: Sequence[State]) -> str:
    if not bad:
        return ""
    named = [f"{holding.backup} as of {utc(at)}: {_some(list(found))}" for at, holding, found, _ in bad[-2:]]
    return f"{count(len(bad), 'later state')} with strangers ({'; '.join(named)})."


def _unseen(told: Told) -> str:
    return f"Not looked at: {'; '.join(told.unseen[:2])}{' …' if len(told.unseen) > 2 else ''}." if told.unseen else ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _facts(told: Told) -> dict[str, object]:
    states = [
        ScannedState(
            at=at,
            since=holding.since,
            until=max(at, holding.until or at),
            backup=holding.backup,
            compared=compared,
            strangers=dict(found),
            unseen=list(holding.unseen),
        )
        for at, holding, found, compared in told.states
    ]
    scan = Scan(states=states, looked_for=list(told.looked_for), not_looked_for=list(told.not_looked_for))
    first = min(told.made.values(), default=None)
    return {
        **scan.facts(),
        "nothing_found_at": told.good.isoformat() if told.good else None,
        "first_trace_at": first.isoformat() if first else None,
        "strangers": list(told.live),
    }


def _findings(told: Told, bad: Sequence[State]) -> list[Finding]:
    """Return a finding for each stranger of what runs, else of the newest state that has some."""
    found = told.live or (bad[-1][2] if bad else {})
    where = "in what runs" if told.live else "in the backup"
    each = [
        Finding(severity="warning", about=name, text=f"{where}; {why}{_when(told, name)}", cure=_BELONGS)
        for name, why in found.items()
    ]
    lacks = [
        Finding(severity="warning", about=name, text="was in the oldest backup, and is there no more")
        for name in told.gone
    ]
    more = len(each) + len(lacks) - _FINDINGS
    last = [Finding(severity="warning", about="others", text=f"{more} more: see the output")] if more > 0 else []
    return [*each, *lacks][:_FINDINGS] + last


def _scope(told: Told) -> str:
    """Return what "nothing found" is said of."""
    return f"Looked for: {'; '.join(told.looked_for)}. Not for: {'; '.join(told.not_looked_for)}."


def _when(told: Told, name: str) -> str:
    return f"; made or changed {utc(told.made[name])}" if name in told.made else ""

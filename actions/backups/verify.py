"""``backups.verify``: what there is and how old, and whether the log is without a gap; in full, every file read."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from actions.action import action
from actions.backups.engine import (
    BackupEngine,
    BackupList,
    BackupSet,
    Checked,
    by_hand,
    find_engine,
    leave_mark,
    target,
)
from actions.backups.listing import NONE_LEFT, described, what_is_wrong
from actions.backups.marks import Mark
from actions.backups.measured import restore_time_facts
from actions.backups.offsite.acting import is_copied, look_offsite
from actions.backups.offsite.findings import offsite_findings
from actions.backups.reach import NOWHERE, Reach, reach, seen_elsewhere
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from journal.errors import CleoError
from journal.wording.counting import count
from journal.wording.durations import rough_duration


@action(
    "backups.verify",
    script="dr_verify_backups.sh",
    resumable=True,
    target=target,
    by_hand=by_hand("verify"),
    params={"full": "read every file of the repository; takes as long as reading it takes"},
)
def verify(ctx: ActionContext, *, full: bool = False) -> Outcome:
    """Verify the backups.

    Says which backups there are, how old they are, and whether the log behind them is without a gap. In full every file
    is read and its digest compared.

    Needs: the repository, and the programs of its engine there.

    Leaves: in full, a note beside each backup of when it was read and whether it was whole (`verified-<time>.json`). A
    damaged backup stays as it is.

    Killed half way: backups that were not reached have no new note; run it again.
    """
    engine = find_engine(ctx)
    try:
        by = reach(ctx, engine, lambda name: engine.list(ctx, name))
    except ActionFailed as error:
        error.cures = [*error.cures, *_from_second_place(ctx)]
        error.facts = {**error.facts, **restore_time_facts(ctx, ctx.system, ())}
        raise
    if (listed := by.found) is None:
        return _not_seen(ctx, by)
    whole = full and ctx.effect("read every file of the repository")
    begun = time.monotonic()
    checked = engine.verify(ctx, by.system) if whole else None
    if checked:
        _leave_marks(ctx, checked, time.monotonic() - begun)
    both = [*what_is_wrong(listed), *(checked.findings if checked else ()), *(_copies(ctx, engine) if whole else ())]
    both += seen_elsewhere(ctx, by)
    findings = list({str(finding): finding for finding in both}.values())  # an engine may find it both times
    for finding in findings:
        ctx.log(str(finding), "err")
    facts = {**described(listed), **restore_time_facts(ctx, ctx.system, listed.sets)}
    depth = "every file read" if checked else "quick check, files not read"
    left = _left(listed, checked)
    return Outcome(
        ok=bool(left),
        summary=f"{_wrong(findings)} {_newest(left)}" if findings else f"{_there_is(facts, listed.log)} ({depth}).",
        facts={**facts, **_facts_of(checked), "findings": [str(finding) for finding in findings]},
        findings=findings,
        cures=[] if left else [*_from_second_place(ctx), NONE_LEFT],
        partial="" if checked else "quick check, no backup file was read",
    )


def _not_seen(ctx: ActionContext, by: Reach[BackupList]) -> Outcome:
    """Say that nobody could look at the backups: they may be whole, or gone with their host."""
    text = "nobody can look at the backups: they may be whole, or gone with the host"
    return Outcome(
        ok=True,
        summary=f"The backups were NOT looked at: {by.why}.",
        facts=dict(restore_time_facts(ctx, ctx.system, ())),
        findings=[Finding(severity="warning", about=ctx.system, text=text, cure=NOWHERE.words)],
        partial="not looked at: no host of the inventory reaches them",
    )


def _from_second_place(ctx: ActionContext) -> list[Cure]:
    """Return what helps where the backups are lost, and were copied to a second place."""
    words = "Bring the backups back from the second place: what is here with the same content stays."
    with suppress(CleoError):  # where the backups lie is what cannot be told
        if ctx.inventory.offsite and is_copied(ctx, find_engine(ctx)):
            return [Cure(words=words, action="backups.fetch")]
    return []


def _copies(ctx: ActionContext, engine: BackupEngine) -> list[Finding]:
    """Return what is missing or cut off in the second place, by a list of it: nothing of it is read here."""
    place = ctx.inventory.offsite
    if place is None or not is_copied(ctx, engine):
        return []
    try:
        found = offsite_findings(look_offsite(ctx), place.site)
    except CleoError as error:
        words = f"could not be looked at: {error.message}"
        return [Finding(severity="warning", about=place.site, text=words, cure=error.hint)]
    return [finding for finding in found if finding.severity == "wrong"]


def _leave_marks(ctx: ActionContext, checked: Checked, seconds: float) -> None:
    """Write beside each backup that it was read to the end, and whether it was whole."""
    for label in (*checked.sound, *checked.damaged):
        ok, words = label in checked.sound, f"{count(len(checked.sound) + len(checked.damaged), 'backup')} read"
        mark = Mark(at=datetime.now(UTC), ok=ok, by=ctx.incident.id, seconds=round(seconds, 1), words=words)
        leave_mark(ctx, label, "verified", mark)


def _left(listed: BackupList, checked: Checked | None) -> list[BackupSet]:
    """Return the sets that a restore may take, the oldest first: what is damaged beside them keeps nobody from it."""
    usable = [each for each in listed.sets if not each.unusable]
    return usable if checked is None else [one for one in usable if one.label in (*checked.sound, *checked.copies)]


def _newest(left: list[BackupSet]) -> str:
    if not left:
        return "No sound backup is left."
    return f"The newest that a restore may take: {left[-1].label}, ended {left[-1].ended_at:%Y-%m-%d %H:%M:%S} UTC."


def _there_is(facts: dict[str, Any], log: str) -> str:
    backups = f"{count(facts['backups'], 'backup')}, newest {facts['newest']} ({rough_duration(facts['age_s'])} old)"
    return f"{backups}; {log}" if log else backups


def _facts_of(checked: Checked | None) -> dict[str, Any]:
    if checked is None:
        return {}
    return {"sound": list(checked.sound), "damaged": list(checked.damaged), **checked.facts}


def _wrong(findings: list[Finding]) -> str:
    more = f", and {len(findings) - 3} more" if len(findings) > 3 else ""
    named = "; ".join(str(finding) for finding in findings[:3])
    return f"{count(len(findings), 'finding')}: {named}{more}."

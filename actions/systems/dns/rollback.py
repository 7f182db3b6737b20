"""``dns.rollback``: the records are again what they were before this incident changed them."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.dns.authority import LOOK_WHO
from actions.systems.dns.by_hand import ask_lines, replace_lines, sets_at
from actions.systems.dns.change import change
from actions.systems.dns.moved import Moved
from actions.systems.dns.sets import differences
from actions.systems.dns.settings import DnsSettings
from actions.systems.dns.zone import down_findings, find_zone, identity_with_records
from journal.wording.counting import count


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return how to go back by hand: to the one other site that the inventory knows, or to what is filled in."""
    settings = known.settings(DnsSettings)
    new, old = (sets_at(settings, settings.records, moved=moved) for moved in (False, True))
    what = (
        "`old`: values and TTLs of before the change; JOURNALS: the folder of the incidents (cleo journal list). The "
    )
    what += "commands below have the inventory's: put these in."
    lines = [CommandLine(argv=["cat", f"JOURNALS/{known.incident}/files/dns-{known.system}.json"], what=what)]
    return [*lines, *ask_lines(settings, new), *replace_lines(settings, old, new, ttl_known=True)]


@action(
    "dns.rollback",
    destructive=True,
    probe="dns.look",
    gates=("stale-site",),
    touches=("zone",),
    target=identity_with_records,
    by_hand=_by_hand,
)
def rollback(ctx: ActionContext) -> Outcome:
    """Put back the records that this incident changed.

    In one update, and only where they still are what the incident changed them to: what somebody changed since is not
    overwritten. Users come back to the old site as caches forget the new answer.

    Needs: the primary name server and the key, or Route 53's API and credentials; a dns.update of this incident; an old
    site that was not fenced, and whose data is not behind, by the journal.

    Leaves: the records with their old values and TTLs.

    Killed half way: the update was made whole or not at all; dns.look tells. Run it again.
    """
    zone = find_zone(ctx)
    moved = zone.moved
    if moved is None:
        words = "This incident changed no record of the zone."
        raise ActionFailed(f"{zone.name}: {words}", cures=[Cure(words=words, leave_out="dns.rollback")])
    seen = zone.look([one.key for one in moved.old])
    held = zone.held([one.key for one in moved.old], seen)
    findings = [*down_findings(seen), *zone.ds(seen)]
    now = list(held.sets.values())
    if held.has(moved.old):
        Moved(old=moved.old, new=moved.new, state="taken back").keep(ctx.files, zone.name) if not ctx.dry_run else None
        return Outcome(ok=True, summary=f"{zone.name}: the records were as before already.", findings=findings)
    if other := held.other(moved.new):
        said = "; ".join(str(one) for one in other)
        raise ActionFailed(
            f"{said}: that is not what this incident changed it to. Somebody changed it since; it is not overwritten.",
            cures=[LOOK_WHO],
            left_behind="Nothing was changed.",
        )
    for line in differences(now, moved.old):
        ctx.log(line)
    words = f"put back {count(len(moved.old), 'record set')} at {zone.authority.name}, if they are as shown"
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would put back {count(len(moved.old), 'record set')}", findings=findings)
    made = change(zone, now, moved.old, moved, seen)
    Moved(old=moved.old, new=moved.new, state="taken back").keep(ctx.files, zone.name)
    return Outcome(
        ok=not made.pending,
        left_behind=made.pending,
        cures=made.cures(),
        summary=f"{zone.name}: {count(len(moved.old), 'record set')} put back; "
        f"{zone.authority.name} answers with it, {made.words}.",
        facts={**made.facts, "new": [str(one) for one in moved.old], "old": [str(one) for one in now]},
        findings=[*findings, *made.findings],
    )

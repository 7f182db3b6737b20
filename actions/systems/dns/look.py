"""``dns.look``: what every name server and resolver answers for the inventory's records."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.systems.dns.zone import down_findings, find_zone, identity
from journal.wording.counting import count


@action("dns.look", target=identity)
def look(ctx: ActionContext) -> Outcome:
    """Tell what every name server and resolver answers, and to which site that leads.

    Needs: name servers that can be asked from here.
    """
    zone = find_zone(ctx)
    keys = zone.keys()
    seen = zone.look(keys)
    for one in seen:
        ctx.log(one.told(one.sets.values()))
        for each in one.sets.values():
            ctx.log(f"  {each} (TTL {each.ttl})")
    answering = [one for one in seen if not one.why]
    sites = {
        record.name: sorted({zone.site_of(record, one) or "?" for one in answering}) for record in zone.settings.records
    }
    said = "; ".join(f"{name.rstrip('.')}: {' and '.join(at) or 'not known'}" for name, at in sites.items())
    return Outcome(
        ok=bool(answering),
        summary=f"{count(len(answering), 'server')} of {len(seen)} answer. {said}.",
        facts={"answering": len(answering), "asked": len(seen)},
        findings=down_findings(seen),
    )

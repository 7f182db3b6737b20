"""``dns.look``: what every name server and resolver answers for the inventory's records."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.systems.dns.looking import Answers, Held
from actions.systems.dns.zone import Zone, down_findings, find_zone, identity
from journal.wording.counting import count


@action("dns.look", target=identity)
def look(ctx: ActionContext) -> Outcome:
    """Tell what every name server and resolver answers, and to which site that leads.

    Of a hosted zone of Route 53 also what that lists.

    Needs: name servers that can be asked from here.
    """
    zone = find_zone(ctx)
    keys = zone.keys()
    seen = zone.look(keys)
    for one in seen:
        ctx.log(one.told(one.sets.values()))
        for each in one.sets.values():
            ctx.log(f"  {each} (TTL {each.ttl})")
    listed = _listed(ctx, zone, seen)
    answering = [one for one in (*listed, *seen) if not one.why]
    sites = {
        record.name: sorted({zone.site_of(record, one) or "?" for one in answering}) for record in zone.settings.records
    }
    said = "; ".join(f"{name.rstrip('.')}: {' and '.join(at) or 'not known'}" for name, at in sites.items())
    return Outcome(
        ok=bool(answering),
        summary=f"{count(len(answering), 'server')} of {len(listed) + len(seen)} answer. {said}.",
        facts={"answering": len(answering), "asked": len(listed) + len(seen)},
        findings=down_findings(seen),
    )


def _listed(ctx: ActionContext, zone: Zone, seen: Sequence[Answers]) -> list[Held]:
    """Tell what the authority has where that is none of the servers, and return it; nothing where it is one."""
    held = zone.authority.held(zone.keys(), seen)
    if isinstance(held, Answers):
        return []
    if held.why:
        ctx.log(f"{zone.authority.name}: {held.words}", "err")
    for one in held.sets.values():
        ctx.log(f"{zone.authority.name}: {one} (TTL {one.ttl})")
    return [held]

"""A closer look at a zone: what would keep users at the old site, found long before they are to be moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Cure, Finding
from actions.systems.dns.dnssec import dnssec_findings
from actions.systems.dns.looking import Answers, Held
from actions.systems.dns.neighbours import findings_beside
from actions.systems.dns.servers import server_findings
from actions.systems.dns.zone import Zone, down_findings
from journal.wording.durations import rough_duration

_LOOK = Cure(words="See what every server answers.", action="dns.look")


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Return what every server has, and what would keep users where they are."""
    zone = Zone(ctx, system)
    seen = zone.look(zone.keys())
    held = zone.authority.held(zone.keys(), seen)
    findings = [*down_findings(seen), *_lifetimes(zone, held, seen), *_private(seen)]
    findings += zone.authority.findings(zone.settings.records)
    answering = [one for one in seen if not one.why and not one.resolver]
    if not held.why:
        findings += findings_beside(zone.authority.beside(zone.settings.records))
        findings += server_findings(zone.settings, zone.authority.name_servers())
    if answering:
        findings += dnssec_findings(zone.settings, answering[0].server, zone.keys())
        findings += zone.ds(seen)
    lines = [one.told(one.sets.values()) for one in seen]
    lines += [line for one in seen[:1] for each in one.sets.values() for line in each.lines()]
    facts = {"answering": len(answering)}
    return Examination(facts=facts, lines=lines, findings=findings, cures=[_LOOK] if findings else [])


def _lifetimes(zone: Zone, held: Held, seen: Sequence[Answers]) -> Iterator[Finding]:
    """Yield which answers live longer in caches than the RTO leaves time for."""
    limit, left = zone.settings.longest_ttl, zone.ctx.incident.rto_left_s
    first = next((one for one in seen if not one.why and not one.resolver), held)
    for one in first.sets.values():
        if one.ttl > limit or (left is not None and one.ttl > max(left, 0) and one.values):
            what = "its TTL is" if one.values else "that it has none is cached for"
            rto = f"; {rough_duration(max(left, 0))} of the RTO are left" if left is not None else ""
            over = f", longer than the {rough_duration(limit)} of longest_ttl" if one.ttl > limit else ""
            text = f"{one.kind}: {what} {rough_duration(one.ttl)}{over}{rto}"
            cure = "Lower it, and wait for the old TTL to run out, before users have to be moved."
            if not one.values:
                cure = "Lower the SOA's minimum (the TTL of negative answers)."
            yield Finding(severity="warning", about=one.name, text=text, cure=cure)


def _private(seen: Sequence[Answers]) -> Iterator[Finding]:
    """Yield which resolvers have a zone of that name themselves: no change of ours reaches who asks them."""
    for one in seen:
        if one.own_zone:
            text = "it answers with authority: it has a private zone of that name"
            cure = "Add that zone to the inventory as a system of its own, so that it is moved, too."
            yield Finding(severity="warning", about=one.server.name, text=text, cure=cure)

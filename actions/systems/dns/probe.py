"""A zone's health: which of its servers answer, whether they agree, and to which site the records lead."""

from __future__ import annotations

from collections.abc import Sequence

from actions.health import Health, Status
from actions.systems.dns.looking import Answers, look_at_all
from actions.systems.dns.sets import RecordSet, wanted_sets
from actions.systems.dns.settings import DnsSettings
from actions.transport import Transport
from journal.wording.counting import count

_SLACK = 0.9
"""Of the deadline: for the servers, which are all asked at once."""


def probe(system: str, settings: DnsSettings, host: Transport | None, *, deadline_s: float) -> Health:
    """Return the zone's health.

    Args:
        system: its name in the inventory.
        settings: what the inventory says of it.
        host: none: name servers are asked over the network.
        deadline_s: seconds for all of it.
    """
    sets = [one for record in settings.records for one in wanted_sets(record, settings.moves_to)]
    seen = look_at_all(settings, [one.key for one in sets], deadline_s * _SLACK)
    servers = [one for one in seen if not one.resolver]
    answering = [one for one in servers if not one.why]
    if not answering:
        return Health(status=_unanswered(servers), detail="; ".join(_silent(servers)))
    troubles = [*_silent(seen), *_disagreeing(answering, settings)]
    sites = _sites(settings, answering[0])
    figures = [f"{len(answering)} of {count(len(servers), 'name server')} answer", f"records lead to {sites}"]
    serial = answering[0].serial
    return Health(
        status="degraded" if troubles else "up",
        detail="; ".join([*troubles, *figures, f"serial {serial}"]),
        facts={"serial": serial, "answering": len(answering), "leads_to": sites},
    )


def _unanswered(servers: Sequence[Answers]) -> Status:
    """Return the health of a zone for which no server answers: only a refused connection proves that none listens."""
    if all(one.why == "refused connection" for one in servers):
        return "down"
    return "not answering" if all(one.down for one in servers) else "degraded"


def _silent(seen: Sequence[Answers]) -> list[str]:
    """Return who gives no answer, or one beyond its TTL."""
    return [one.told(one.sets.values()) for one in seen if one.why or one.stale]


def _disagreeing(answering: Sequence[Answers], settings: DnsSettings) -> list[str]:
    """Return which servers have other records than the one that is asked first; else than the first that answers."""
    first = next((one for one in answering if one.server == settings.first_server), answering[0])
    wanted = list[RecordSet](first.sets.values())
    return [
        f"{one.server.name} has other records than {first.server.name} (serial {one.serial}, {first.serial})"
        for one in answering
        if not one.has(wanted)
    ]


def _sites(settings: DnsSettings, answers: Answers) -> str:
    """Return the sites to which the records lead, in words."""
    found = {
        next((site for site in record.sites if answers.has(wanted_sets(record, site))), "no known site")
        for record in settings.records
    }
    return " and ".join(sorted(found))

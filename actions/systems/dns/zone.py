"""One zone of the inventory, as an action meets it."""

from __future__ import annotations

from collections.abc import Sequence

from actions.context import ActionContext
from actions.outcome import ActionFailed, Finding
from actions.systems.dns.authority import Authority
from actions.systems.dns.delegation import ds_findings
from actions.systems.dns.looking import ASK_S, UNSTALE, Answers, Held, Keys, look_at_all
from actions.systems.dns.moved import Moved
from actions.systems.dns.rfc2136 import Primary
from actions.systems.dns.route53.hosted import Route53
from actions.systems.dns.sets import RecordSet, wanted_sets
from actions.systems.dns.settings import DnsSettings, Record
from journal.events.types import Identity


class Zone:
    """A zone, and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str) -> None:
        self.ctx = ctx
        self.name = name
        self.settings = ctx.inventory.system(name, DnsSettings)
        self.authority = _authority(self.settings)

    @property
    def moved(self) -> Moved | None:
        """What this incident changed of it; None: nothing."""
        return Moved.of(self.ctx.files, self.name)

    def wanted(self, records: Sequence[Record], site: str) -> list[RecordSet]:
        """Return what some names have when they lead to a site."""
        return [one for record in records for one in wanted_sets(record, site)]

    def keys(self) -> Keys:
        """Return the name and type of everything that the inventory lists."""
        return [one.key for one in self.wanted(self.settings.records, self.settings.moves_to)]

    def look(self, keys: Keys, deadline_s: float = ASK_S) -> list[Answers]:
        """Return what every server and resolver answers; all are asked at once."""
        return look_at_all(self.settings, keys, deadline_s)

    def ds(self, seen: Sequence[Answers]) -> list[Finding]:
        """Return, and say, what is wrong between the parent's DS and the keys of the servers that gave an answer."""
        found = ds_findings(self.settings, [one.server for one in seen if not one.why and not one.resolver])
        for one in found:
            self.ctx.log(str(one), "err")
        return found

    def held(self, keys: Keys, seen: Sequence[Answers] = ()) -> Held:
        """Return what the authority has; ``seen`` is what the name servers answered just now.

        Raises:
            ActionFailed: it does not say.
        """
        held = self.authority.held(keys, seen)
        if held.why:
            raise ActionFailed(f"{self._asked(held)}: {held.words}.", held.hint)
        return held

    @staticmethod
    def _asked(held: Held) -> str:
        """Say who gave no answer."""
        if isinstance(held, Answers):
            return f"{held.server.name} ({held.server.address}:{held.server.port})"
        return "Route 53"

    def site_of(self, record: Record, answers: Held) -> str:
        """Return to which site a name leads by what a server has; empty: to none that the inventory knows."""
        return next((site for site in record.sites if answers.has(wanted_sets(record, site))), "")


def find_zone(ctx: ActionContext) -> Zone:
    """Return the zone that the run is aimed at."""
    return Zone(ctx, ctx.system)


def identity(ctx: ActionContext) -> list[Identity]:
    """Return what tells the zone that the run is aimed at from every other."""
    return find_zone(ctx).authority.identity()


def identity_with_records(ctx: ActionContext) -> list[Identity]:
    """Return the same with what the records are now: so the journal has the old values before anything is changed."""
    zone = find_zone(ctx)
    held = zone.authority.held(zone.keys(), ())
    told = [
        _reported(f"{one.name} {one.kind}", f"{one.told} (TTL {one.ttl})" if one.values else "none")
        for one in held.sets.values()
    ]
    if held.why:
        told = [Identity(name="records", value=held.words, known="unknown")]
    return [*zone.authority.identity(), *told]


def down_findings(answers: Sequence[Answers]) -> list[Finding]:
    """Return a warning for each server that gives no answer, and for each resolver whose answer is stale."""
    return [
        Finding(severity="warning", about=one.server.name, text=one.told_alone(), cure=one.hint if one.why else UNSTALE)
        for one in answers
        if one.why or one.stale
    ]


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value, known="reported")


def _authority(settings: DnsSettings) -> Authority:
    """Return who is asked for a change of the zone."""
    if settings.route53:
        return Route53(settings, settings.route53)
    return Primary(settings)

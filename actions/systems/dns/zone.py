"""One zone of the inventory, as an action meets it."""

from __future__ import annotations

from collections.abc import Sequence

from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding
from actions.systems.dns.looking import ASK_S, Answers, Keys, look_at, look_at_all
from actions.systems.dns.moved import Moved
from actions.systems.dns.sets import RecordSet, wanted_sets
from actions.systems.dns.settings import DnsSettings, Record
from journal.events.types import Identity


class Zone:
    """A zone, and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str) -> None:
        self.ctx = ctx
        self.name = name
        self.settings = ctx.inventory.system(name, DnsSettings)

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

    def primary(self, keys: Keys) -> Answers:
        """Return what the server that takes updates has.

        Raises:
            ActionFailed: it does not say.
        """
        answers = look_at(self.settings, self.settings.update_server, keys)
        return self.require_answer(answers)

    def require_answer(self, answers: Answers) -> Answers:
        """Return answers of the server that takes updates.

        Raises:
            ActionFailed: it gave none.
        """
        if not answers.why:
            return answers
        server = answers.server
        hint = answers.hint
        if answers.down:
            hint += (
                " If it is lost with its site: make another server the zone's primary (in BIND `type primary` with the"
                " file it has, and the same key), and name that as primary: in the inventory."
            )
        raise ActionFailed(f"{server.name} ({server.address}:{server.port}): {answers.words}.", hint.strip())

    def site_of(self, record: Record, answers: Answers) -> str:
        """Return to which site a name leads by what a server has; empty: to none that the inventory knows."""
        return next((site for site in record.sites if answers.has(wanted_sets(record, site))), "")


def find_zone(ctx: ActionContext) -> Zone:
    """Return the zone that the run is aimed at."""
    return Zone(ctx, ctx.system)


def identity(ctx: ActionContext) -> list[Identity]:
    """Return what tells the zone that the run is aimed at from every other."""
    settings = find_zone(ctx).settings
    server = settings.update_server
    return [
        _reported("confirm", f"{settings.zone.rstrip('.')}@{server.name}"),
        _reported("host", f"{server.address}:{server.port}"),
        _reported("zone", settings.place()),
    ]


def identity_with_records(ctx: ActionContext) -> list[Identity]:
    """Return the same with what the records are now: so the journal has the old values before anything is changed."""
    zone = find_zone(ctx)
    answers = look_at(zone.settings, zone.settings.update_server, zone.keys())
    told = [
        _reported(f"{one.name} {one.kind}", f"{one.told} (TTL {one.ttl})" if one.values else "none")
        for one in answers.sets.values()
    ]
    if answers.why:
        told = [Identity(name="records", value=answers.words, known="unknown")]
    return [*identity(ctx), *told]


def down_findings(answers: Sequence[Answers]) -> list[Finding]:
    """Return a warning for each server that gives no answer."""
    return [
        Finding(severity="warning", about=one.server.name, text=one.words, cure=one.hint) for one in answers if one.why
    ]


LOOK_WHO = Cure(words="See what every server has now, and who changed it.", action="dns.look")


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value, known="reported")

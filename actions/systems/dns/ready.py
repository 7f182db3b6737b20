"""What a zone's steps need beforehand: a key that the primary takes, and TTLs that are over before the RTO is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from actions.readiness.logins import readable
from actions.readiness.ready import Need
from actions.systems.dns.exchange import UNREACHED, NoAnswer, ask, keyring
from actions.systems.dns.looking import look_at
from actions.systems.dns.sets import wanted_sets
from actions.systems.dns.settings import DnsSettings
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding, State

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health

_ASK_S = 5.0
_CHANGES = ("dns.update", "dns.rollback")


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: DnsSettings) -> Iterable[Need]:
        """Return nothing: name servers are asked over the network."""
        return ()

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Ask the primary a signed question, and how long its answers live."""
        settings = ctx.inventory.system(system, DnsSettings)
        if settings.key:
            yield from readable([("key for updates", settings.key.secret)], system, *_CHANGES)
            yield _signed(settings, system)
        yield from _ttl(settings, system)


def _signed(settings: DnsSettings, system: str) -> ReadyFinding:
    """Return whether the primary knows our key: a question that is signed with it changes nothing."""
    import dns.message

    about, server = f"key for updates at {settings.first_server.name}", settings.first_server
    query = dns.message.make_query(settings.zone, "SOA")
    try:
        query.use_tsig(keyring(settings))
        ask(server, query, _ASK_S)
    except CleoError as error:
        unreached = isinstance(error, NoAnswer) and error.why in UNREACHED
        state: State = "not measured" if unreached else "wrong"
        words, cure = error.message, error.hint
        return ReadyFinding(about=about, state=state, words=words, cure=cure, systems=[system], actions=_CHANGES)
    words = "it takes our signature; whether it lets that key change the records, only a change tells"
    return ReadyFinding(about=about, state="ok", words=words, systems=[system], actions=_CHANGES)


def _ttl(settings: DnsSettings, system: str) -> Iterator[ReadyFinding]:
    """Yield how long the records that lead users live in caches, beside what the inventory allows for the RTO."""
    keys = [one.key for record in settings.records for one in wanted_sets(record, settings.moves_to)]
    seen = look_at(settings, settings.first_server, keys)
    if seen.why:
        return  # its health says so
    for one in seen.sets.values():
        if one.values:
            late = one.ttl > settings.longest_ttl
            words = f"answers live {one.ttl} s in caches"
            yield ReadyFinding(
                about=f"TTL of {one.name} {one.kind}",
                state="wrong" if late else "ok",
                words=f"{words}, and {settings.longest_ttl} s are allowed for the RTO (longest_ttl)" if late else words,
                cure="Lower its TTL now: once users must be moved it is too late." if late else "",
                systems=[system],
                stops=False,
            )


READY = _Ready()

"""What a zone's steps need beforehand: a key that the primary takes, and TTLs that are over before the RTO is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from actions.readiness.logins import readable
from actions.readiness.ready import Need
from actions.systems.dns.exchange import UNREACHED, NoAnswer, keyring, send
from actions.systems.dns.looking import look_at
from actions.systems.dns.ready_followers import look_at_followers
from actions.systems.dns.sets import wanted_sets
from actions.systems.dns.settings import DnsSettings
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding, State

if TYPE_CHECKING:
    from dns.update import UpdateMessage

    from actions.context import ActionContext
    from actions.health import Health

_ASK_S = 5.0
_NOWHERE = {"A": "192.0.2.254", "AAAA": "2001:db8::fe"}
_CHANGES = ("dns.update", "dns.rollback")


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: DnsSettings) -> Iterable[Need]:
        """Return nothing: name servers are asked over the network."""
        return ()

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Ask the primary whether it would take a change of ours, and how long its answers live."""
        settings = ctx.inventory.system(system, DnsSettings)
        if settings.key:
            yield from readable([("key for updates", settings.key.secret)], system, *_CHANGES)
            yield _may_change(settings, system)
            yield from look_at_followers(settings, system)
        yield from _ttl(settings, system)


def _may_change(settings: DnsSettings, system: str) -> ReadyFinding:
    """Return whether the primary would take a change of ours: it is sent one that can change nothing."""
    about, server = f"key for updates at {settings.first_server.name}", settings.first_server
    state: State = "wrong"
    try:
        send(server, _impossible(settings), _ASK_S)
        words, cure = "it took an update whose conditions contradict each other", "Look at its software: RFC 2136, 3.2."
    except NoAnswer as error:
        if error.why == "changed":
            words = "it takes our signature, and refused a change of these records for its own condition alone"
            return ReadyFinding(about=about, state="ok", words=words, systems=[system], actions=_CHANGES)
        state = "not measured" if error.why in UNREACHED else "wrong"
        words, cure = error.message, error.hint
    except CleoError as error:
        words, cure = error.message, error.hint
    return ReadyFinding(about=about, state=state, words=words, cure=cure, systems=[system], actions=_CHANGES)


def _impossible(settings: DnsSettings) -> UpdateMessage:
    """Return a signed update that no server may carry out, whatever it holds: the zone is to exist, and not to.

    Servers that look at rights first (BIND does) refuse it for them (REFUSED); else for the condition (YXDOMAIN). What
    it would remove is an address that is kept for documentation (RFC 5737, RFC 3849), which no record has.
    """
    import dns.update

    message = dns.update.UpdateMessage(settings.zone, keyring=keyring(settings))
    message.present(_absolute(settings.zone))
    message.absent(_absolute(settings.zone))
    for one in (one for record in settings.records for one in wanted_sets(record, settings.moves_to)):
        if one.kind in _NOWHERE:
            message.delete(_absolute(one.name), one.kind, _NOWHERE[one.kind])
    return message


def _absolute(name: str) -> str:
    return name.rstrip(".") + "."


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

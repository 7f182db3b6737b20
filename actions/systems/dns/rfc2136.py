"""A zone that takes updates (RFC 2136), signed with a key (TSIG): one message, a prerequisite for each record set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding
from actions.systems.dns.authority import ALL_AS_BEFORE, LOOK_WHO, Made, Unanswered
from actions.systems.dns.exchange import UNREACHED, NoAnswer, ask, keyring, send, signing_key
from actions.systems.dns.looking import Answers, Held, Keys, look_at
from actions.systems.dns.neighbours import Beside, is_there, look_beside, own_sets
from actions.systems.dns.sets import RecordSet
from actions.systems.dns.settings import DnsSettings, NameServer, Record, whole
from journal.errors import CleoError
from journal.events.types import Identity

if TYPE_CHECKING:
    from dns.update import UpdateMessage

_SEND_S = 5.0
_HALF = 2**31


class Primary:
    """The name server that takes updates: an `Authority`.

    Args:
        settings: the zone.
    """

    late_s = 0.0

    def __init__(self, settings: DnsSettings) -> None:
        self._settings = settings
        self._serials: list[int] = []

    @property
    def name(self) -> str:
        """See `Authority`."""
        return self._server.name

    @property
    def _server(self) -> NameServer:
        return self._settings.first_server

    def held(self, keys: Keys, seen: Sequence[Answers]) -> Held:
        """See `Authority`."""
        known = next((one for one in seen if one.server == self._server and not one.resolver), None)
        answers = known or look_at(self._settings, self._server, keys)
        if not answers.down:
            return answers
        return _with_hint(
            answers,
            " If it is lost with its site: make another server the zone's primary (in BIND `type primary` with the"
            " file it has, and the same key), and name that as primary: in the inventory.",
        )

    def beside(self, records: Sequence[Record]) -> Beside:
        """See `Authority`."""
        return look_beside(self._settings, records)

    def own_sets(self, held: Held, beside: Beside) -> list[RecordSet]:
        """See `Authority`."""
        return own_sets(self._settings, held, beside)

    def prepare(self, old: Sequence[RecordSet], new: Sequence[RecordSet], seen: Sequence[Answers]) -> UpdateMessage:
        """See `Authority`. The serial becomes higher than that of any server that was seen."""
        self._serials = [one.serial for one in seen if one.serial is not None]
        message = update_message(self._settings, old, new)
        _raise_serial(self._settings, message, self._serials)
        return message

    def send(self, ctx: ActionContext, change: UpdateMessage) -> str:
        """See `Authority`."""
        try:
            send(self._server, change, _SEND_S)
        except NoAnswer as error:
            if error.why in UNREACHED:
                raise Unanswered(error.message, error.hint) from error
            raise _refused(error) from error
        return ""

    def proven(self, ctx: ActionContext, held: Held, new: Sequence[RecordSet], sent: str | None) -> Made:
        """See `Authority`: it answers with the new records, and with a serial that every secondary follows."""
        filled = {one.key for one in new if one.values}
        other = held.other(new)
        if [one for one in other if one.key in filled or is_there(self._settings, one)]:  # else a wildcard answers
            said = "; ".join(str(one) for one in other)
            raise ActionFailed(
                f"{self.name} took the update, and answers with {said}.",
                cures=[LOOK_WHO],
                left_behind="What the authority has now is another's: the old values are written down.",
            )
        serial, top = (held.serial if isinstance(held, Answers) else None) or 0, highest(self._serials)
        if not is_above(serial, top):
            raise ActionFailed(
                f"{self.name} has the new records with serial {serial}; who has {top} will not take them.",
                "Raise the serial above it by hand (in BIND: rndc freeze, edit the SOA, rndc thaw).",
                left_behind="The primary has the new records; secondaries keep the old ones.",
            )
        return Made(words=f"serial {serial}", facts={"serial": serial})

    def name_servers(self) -> set[str]:
        """See `Authority`: the zone's NS records."""
        key = (whole(self._settings.zone), "NS")
        seen = look_at(self._settings, self._server, [key])
        return set() if seen.why else {whole(value) for value in seen.sets[key].values}

    def identity(self) -> list[Identity]:
        """See `Authority`."""
        told = {
            "confirm": f"{self._settings.zone.rstrip('.')}@{self.name}",
            "host": f"{self._server.address}:{self._server.port}",
            "zone": self._settings.place(),
        }
        return [Identity(name=name, value=value, known="reported") for name, value in told.items()]

    def findings(self, records: Sequence[Record]) -> Iterator[Finding]:
        """See `Authority`: the key for updates cannot be read here."""
        key = self._settings.key
        if key is None:
            return
        try:
            signing_key(key)
        except CleoError as error:
            text = f"no update can be signed: {error.message}"
            yield Finding(severity="warning", about=f"key {key.name}", text=text, cure=error.hint)


def _with_hint(answers: Answers, more: str) -> Answers:
    return msgspec.structs.replace(answers, hint=(answers.hint + more).strip())


def update_message(settings: DnsSettings, old: Iterable[RecordSet], new: Iterable[RecordSet]) -> UpdateMessage:
    """Return the update: prerequisites first, then each record set replaced.

    Args:
        settings: the zone.
        old: what must be so, value for value.
        new: what replaces it; a set without values is removed.
    """
    import dns.update

    message = dns.update.UpdateMessage(whole(settings.zone), keyring=keyring(settings))
    for one in old:
        if one.values:
            message.present(one.name, one.rdataset(0))  # a prerequisite has none
        else:
            message.absent(one.name, one.kind)
    for one in sorted(new, key=lambda one: bool(one.values)):  # what goes, goes first: no CNAME beside another type
        message.delete(one.name, one.kind)
    for one in new:
        if one.values:
            message.add(one.name, one.rdataset(one.ttl))
    return message


def is_above(serial: int, other: int) -> bool:
    """Whether a serial is ahead of another one, as secondaries count (RFC 1982)."""
    return serial != other and (serial - other) % 2**32 < _HALF


def highest(serials: Iterable[int]) -> int:
    """Return the serial that is ahead of the others."""
    top: int | None = None
    for serial in serials:
        top = serial if top is None or is_above(serial, top) else top
    return top or 0


def _raise_serial(settings: DnsSettings, message: UpdateMessage, serials: Sequence[int]) -> None:
    """Set the serial above all, where a server is ahead of the primary; else that counts by itself.

    Raises:
        ActionFailed: the primary does not tell its own.
    """
    import dns.message
    import dns.rdataset
    import dns.rdatatype

    query = dns.message.make_query(whole(settings.zone), "SOA")
    try:
        answer = ask(settings.first_server, query, _SEND_S)
    except NoAnswer as error:
        raise ActionFailed(f"{error.message}.", error.hint, left_behind=ALL_AS_BEFORE) from error
    found = next((one for one in answer.answer if one.rdtype == dns.rdatatype.SOA), None)
    top = highest(serials)
    if found is not None and is_above(top, found[0].serial):
        raised = found[0].replace(serial=(top + 1) % 2**32 or 1)
        message.add(whole(settings.zone), dns.rdataset.from_rdata(found.ttl, raised))


def _refused(error: NoAnswer) -> ActionFailed:
    """Return what is said of an update that was refused."""
    if error.why == "changed":
        again = Cure(words="Then run it again: it starts from what is there now.", action="dns.update")
        return ActionFailed(
            f"{error.message}. Somebody changed the record since it was read.",
            cures=[LOOK_WHO, again],
            left_behind=ALL_AS_BEFORE,
        )
    return ActionFailed(f"{error.message}.", error.hint, left_behind=ALL_AS_BEFORE)

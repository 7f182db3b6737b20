"""A hosted zone of Route 53 as an `Authority`: one change batch takes away what was read, and adds what is new."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from actions.context import ActionContext
from actions.outcome import ActionFailed, Cancelled, Cure, Finding
from actions.systems.dns.authority import ALL_AS_BEFORE, LOOK_WHO, Made, Unanswered
from actions.systems.dns.looking import Answers, Held, Keys
from actions.systems.dns.neighbours import KINDS, Beside, keys_beside
from actions.systems.dns.route53.api import Api, plain_name
from actions.systems.dns.route53.policies import policy_of, told
from actions.systems.dns.route53.trouble import BUSY, MAY_BE_MADE, Route53Trouble
from actions.systems.dns.sets import RecordSet, same_form
from actions.systems.dns.settings import DnsSettings, Record, Route53Settings, whole
from journal.events.types import Identity
from journal.wording.durations import rough_duration

_BUSY_S = 20.0
"""Seconds for which a change is offered again that Route 53 is too busy for."""
_PAUSE_S = (0.5, 5.0)
_COMMENT = "cleo"
_SIMPLE = "Change it by hand where its policy is set; or make it a simple record set before, on an ordinary day."


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What Route 53 lists of some names.

    Attributes:
        simple: simple record sets as it has them, by name and type.
        others: those that are none.
    """

    simple: dict[tuple[str, str], Mapping[str, Any]] = {}
    others: list[Mapping[str, Any]] = []


class Route53:
    """A hosted zone: an `Authority`.

    Args:
        settings: the zone.
        hosted: where it is, and with which credentials.
    """

    name = "Route 53"
    late_s = 10.0

    def __init__(self, settings: DnsSettings, hosted: Route53Settings) -> None:
        self._settings = settings
        self._hosted = hosted
        self._api = Api(hosted)
        self._trouble: Route53Trouble | None = None

    def held(self, keys: Keys, seen: Sequence[Answers] = ()) -> Held:
        """See `Authority`: by its listing, which has changes that its name servers do not have yet."""
        try:
            listed = self._listed(name for name, _ in keys)
        except Route53Trouble as error:
            return Held(why=error.why, words=error.words, hint=error.hint)
        kinds = {*KINDS, *(kind for _, kind in keys)}
        if others := [one for one in listed.others if one["Type"] in kinds]:
            words = "; ".join(told(one) for one in others)
            return Held(why="not simple", words=f"{words}: not a simple record set, and left as it is", hint=_SIMPLE)
        return Held(sets={key: _record_set(key, listed.simple.get(key)) for key in keys})

    def beside(self, records: Sequence[Record]) -> Beside:
        """See `Authority`."""
        own, wild = keys_beside(self._settings, records)
        try:
            listed = self._listed(name for name, _ in (*own, *wild))
        except Route53Trouble as error:
            return Beside(unseen=error.message)
        other = [RecordSet(plain_name(one["Name"]), one["Type"], (policy_of(one),)) for one in listed.others]
        sets = [_record_set(key, found) for key, found in listed.simple.items()]
        found = {one.key: one for one in (*sets, *other)}
        return Beside(
            unlisted=[found[key] for key in own if key in found], wildcards=[found[key] for key in wild if key in found]
        )

    def own_sets(self, held: Held, beside: Beside) -> list[RecordSet]:
        """See `Authority`: a listing has what is there, and no wildcard's answers."""
        return list(held.sets.values())

    def prepare(
        self, old: Sequence[RecordSet], new: Sequence[RecordSet], seen: Sequence[Answers]
    ) -> list[dict[str, Any]]:
        """See `Authority`. What is taken away is told value for value, TTL too, as Route 53 wrote it."""
        listed = self._listed_or_failed([one.name for one in old])
        changes: list[dict[str, Any]] = []
        for one in old:
            there = listed.simple.get(one.key)
            if (now := _record_set(one.key, there)) != one:
                raise _changed(f"Route 53 has {now} (TTL {now.ttl}); read was {one.told} (TTL {one.ttl}).")
            if there is not None:
                changes.append({"Action": "DELETE", "ResourceRecordSet": dict(there)})
        come = [_written(one, listed.simple.get(one.key, {})) for one in new if one.values]
        return [*changes, *({"Action": "CREATE", "ResourceRecordSet": one} for one in come)]

    def send(self, ctx: ActionContext, change: list[dict[str, Any]]) -> str:
        """See `Authority`. What is refused for being too early is offered again for a while: nothing was made of it."""
        end, pause = time.monotonic() + _BUSY_S, _PAUSE_S[0]
        while True:
            try:
                return self._api.change(change, _COMMENT)
            except Route53Trouble as error:
                if error.why in MAY_BE_MADE:
                    raise Unanswered(error.message, error.hint) from error
                if error.why == "changed":
                    raise _changed(f"{error.message}.") from error
                if error.why not in BUSY or time.monotonic() + pause > end:
                    raise ActionFailed(f"{error.message}.", error.hint, left_behind=ALL_AS_BEFORE) from error
                ctx.log(f"{error.message}; offered again in {pause:g} s", "err")
            time.sleep(pause)
            pause = min(pause * 2, _PAUSE_S[1])

    def proven(self, ctx: ActionContext, held: Held, new: Sequence[RecordSet], sent: str | None) -> Made:
        """See `Authority`: it lists the new records, and all of its name servers have the change."""
        if other := held.other(new):
            raise ActionFailed(
                f"Route 53 took the change, and has {'; '.join(str(one) for one in other)}.",
                cures=[LOOK_WHO],
                left_behind="What the zone has now is another's: the old values are written down.",
            )
        if sent is None:
            return _unseen("the change's id was lost with its answer")
        try:
            if self._await(ctx, sent):
                return Made(words=f"change {sent} is INSYNC", facts={"change": sent})
        except Route53Trouble as error:
            return _unseen(error.message, sent)
        return Made(
            words=f"change {sent} is PENDING after {rough_duration(self._hosted.wait_s)}",
            facts={"change": sent},
            pending="The zone has the new records; some of its name servers answer with the old ones.",
        )

    def name_servers(self) -> set[str]:
        """See `Authority`: the delegation set's. A private zone's are not asked by anybody."""
        try:
            zone = self._api.zone
        except Route53Trouble:
            return set()
        return set() if _is_private(zone) else {whole(one) for one in zone["DelegationSet"]["NameServers"]}

    def identity(self) -> list[Identity]:
        """See `Authority`: the hosted zone's id, its name as Route 53 has it, and the account."""
        zone_id = self._api.zone_id
        try:
            zone, known = self._zone(), True
            named = f"{whole(zone['HostedZone']['Name'])} at Route 53, {zone_id}"
        except Route53Trouble as error:
            named, known = f"{zone_id}: {error.words}", False
        account = self._api.account() if known else ""
        return [
            Identity(name="confirm", value=f"{self._settings.zone.rstrip('.')}@{zone_id}", known="reported"),
            Identity(name="host", value=self._hosted.endpoint or "route53.amazonaws.com", known="reported"),
            Identity(name="zone", value=named, known="reported" if known else "unknown"),
            Identity(name="account", value=account or "not seen", known="reported" if account else "unknown"),
        ]

    def findings(self, records: Sequence[Record]) -> Iterator[Finding]:
        """See `Authority`: it cannot be asked, is a private zone, or a record has a health check or is not simple."""
        try:
            zone = self._zone()
            listed = self._listed(whole(one.name) for one in records)
        except Route53Trouble as error:
            yield Finding(severity="warning", about="Route 53", text=error.words, cure=error.hint)
            return
        if _is_private(zone):
            text = f"{self._api.zone_id} is a private zone: only resolvers of its VPCs ({_vpcs(zone)}) answer with it"
            cure = "Name such a resolver under resolvers:, and make the public zone a system of its own."
            yield Finding(severity="warning", about=self._settings.zone, text=text, cure=cure)
        for one in listed.others:
            yield Finding(severity="warning", about=plain_name(one["Name"]), text=told(one), cure=_SIMPLE)
        for key, found in listed.simple.items():
            if check := found.get("HealthCheckId"):
                text = f"{key[1]} has the health check {check}: a simple record is answered with whatever that says"
                cure = "It proves nothing: ask what the record leads to (validation.run)."
                yield Finding(severity="warning", about=key[0], text=text, cure=cure)

    def _await(self, ctx: ActionContext, change: str) -> bool:
        """Wait until all name servers have a change; whether they have."""
        end, pause = time.monotonic() + self._hosted.wait_s, _PAUSE_S[0]
        while not self._api.in_sync(change):
            if time.monotonic() + pause > end:
                return False
            try:
                ctx.check_cancelled()
            except Cancelled as error:
                raise Cancelled(f"Route 53 took the change {change}: the zone has the new records.") from error
            time.sleep(pause)
            pause = min(pause * 2, _PAUSE_S[1])
        return True

    def _zone(self) -> Mapping[str, Any]:
        """Return what Route 53 says of the hosted zone.

        Raises:
            Route53Trouble: it does not say, or the zone is another one; nobody waits for that twice.
        """
        if self._trouble:
            raise self._trouble
        try:
            found = self._api.zone
        except Route53Trouble as error:
            self._trouble = error
            raise
        if (name := whole(found["HostedZone"]["Name"])) != whole(self._settings.zone):
            words = f"has the zone {name[:-1]} by the id {self._api.zone_id}, not {self._settings.zone.rstrip('.')}"
            raise Route53Trouble("other zone", words, "Correct zone_id or zone in the inventory.")
        return found

    def _listed(self, names: Iterable[str]) -> Listed:
        """Return what some names have."""
        self._zone()
        listed = Listed()
        for name in dict.fromkeys(names):
            for one in self._api.sets_of(name):
                if policy_of(one):
                    listed.others.append(one)
                else:
                    listed.simple[name, one["Type"]] = one
        return listed

    def _listed_or_failed(self, names: Iterable[str]) -> Listed:
        try:
            return self._listed(names)
        except Route53Trouble as error:
            raise ActionFailed(f"{error.message}.", error.hint, left_behind=ALL_AS_BEFORE) from error


def _record_set(key: tuple[str, str], found: Mapping[str, Any] | None) -> RecordSet:
    """Return a simple record set as it is compared."""
    import dns.exception

    if found is None:
        return RecordSet(*key)
    values = [one["Value"] for one in found.get("ResourceRecords", ())]
    try:
        same = same_form(key[1], values)
    except (dns.exception.DNSException, ValueError):
        same = tuple(sorted(values))
    return RecordSet(*key, same, int(found.get("TTL", 0)))


def _written(one: RecordSet, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record set as Route 53 takes it; a health check stays as it was."""
    kept = {name: before[name] for name in ("HealthCheckId",) if name in before}
    records = [{"Value": value} for value in one.values]
    return {"Name": one.name, "Type": one.kind, "TTL": one.ttl, "ResourceRecords": records, **kept}


def _changed(words: str) -> ActionFailed:
    again = Cure(words="Then run it again: it starts from what is there now.", action="dns.update")
    return ActionFailed(
        f"{words} Somebody changed the record since it was read.", cures=[LOOK_WHO, again], left_behind=ALL_AS_BEFORE
    )


def _unseen(why: str, change: str = "") -> Made:
    """Return that a change was made, and that nobody saw it reach the name servers."""
    text = f"whether its name servers have it was not seen: {why}"
    finding = Finding(severity="warning", about="Route 53", text=text, cure="Ask them: dns.verify.")
    return Made(
        words="as it lists; not seen at its name servers",
        facts={"change": change} if change else {},
        findings=[finding],
    )


def _is_private(zone: Mapping[str, Any]) -> bool:
    return bool(zone["HostedZone"].get("Config", {}).get("PrivateZone"))


def _vpcs(zone: Mapping[str, Any]) -> str:
    return ", ".join(str(one.get("VPCId", "?")) for one in zone.get("VPCs", ())) or "not told"

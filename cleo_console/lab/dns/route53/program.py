"""The emulated Route 53 of a lab, as a process: moto's server for the API, and the zone's name servers.

A stand-in: a change reaches the name servers seconds after it was taken, and is PENDING until then; batches are taken
as strictly as Route 53 documents it. It knows one access key, and forgets everything as it ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, cast

from cleo_console.lab.dns.route53.answers import Served, Sets, answer
from cleo_console.lab.dns.route53.place import RECORDS, TTL, ZONE
from cleo_console.lab.dns.route53.strict import changed, refusal
from cleo_console.lab.emulated_aws import KEY, client, tell_made

LAG_S = 2.0
"""Seconds until the name servers have a change."""
_SEED = 1
_REFUSALS: Mapping[str, tuple[str, str]] = {
    "throttled": ("Throttling", "Rate exceeded"),
    "denied": ("AccessDenied", "User is not authorized to perform: route53:ChangeResourceRecordSets"),
}


class Changes:
    """What was changed and when, and so what the name servers have.

    Args:
        mood: the file that says what goes wrong.
    """

    def __init__(self, mood: Path) -> None:
        self._mood = mood
        self._taken: list[tuple[float, str, Sets]] = []
        self._served: Sets = {}
        self._reached: set[str] = set()

    @property
    def mood(self) -> str:
        """What goes wrong, in a word; empty: nothing."""
        try:
            return self._mood.read_text().strip()
        except OSError:
            return ""

    def begin(self, sets: Sets) -> None:
        """Have the name servers have these record sets."""
        self._reached.update(name for _, name, _ in self._taken)
        self._taken.clear()
        self._served = sets

    def take(self, sets: Sets) -> str:
        """Take a change that leaves these record sets, and return its id."""
        name = f"C{len(self._reached) + len(self._taken):013}"
        self._taken.append((time.monotonic() + LAG_S, name, sets))
        return name

    def served(self) -> Sets:
        """Return what the name servers have now."""
        while self._taken and self._taken[0][0] <= time.monotonic() and self.mood != "stuck":
            _, name, self._served = self._taken.pop(0)
            self._reached.add(name)
        return self._served

    def state(self, name: str) -> str:
        """Return how far a change is."""
        self.served()
        return "INSYNC" if name in self._reached else "PENDING"


def emulate(changes: Changes) -> None:
    """Have moto take changes strictly, tell of them as Route 53 does, and refuse what the lab wants refused."""
    from moto.route53.models import Route53Backend
    from moto.route53.responses import Route53

    def take(self: Any, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        zone = self.get_hosted_zone(zoneid)
        zone.rrsets = changed(list(zone.rrsets), change_list)

    def change(self: Any, original: Callable[[Any], Any]) -> Any:
        done = original(self)
        zone = self.backend.get_hosted_zone(self._get_param("HostedZoneId"))
        done.result["ChangeInfo"] |= {"Id": f"/change/{changes.take(_sets(zone))}", "Status": "PENDING"}
        return done

    def progress(self: Any, original: Callable[[Any], Any]) -> Any:
        done = original(self)
        done.result["ChangeInfo"]["Status"] = changes.state(str(self._get_param("Id")).rpartition("/")[2])
        return done

    Route53Backend.change_resource_record_sets = take  # type: ignore[method-assign]
    wrapped: dict[str, Callable[..., Any]] = {"change_resource_record_sets": change, "get_change": progress}
    for name in ("get_hosted_zone", "list_resource_record_sets", *wrapped):
        original = getattr(Route53, name)
        setattr(Route53, name, _let_in(changes, original, wrapped.get(name)))


def _let_in(changes: Changes, original: Callable[[Any], Any], instead: Callable[..., Any] | None) -> Any:
    """Return a request as it is answered where the key is known and nothing is to be refused."""

    @wraps(original)
    def asked(self: Any) -> Any:
        if self.access_key != KEY:
            raise refusal("InvalidClientTokenId", "The security token included in the request is invalid.")
        if (mood := changes.mood) == "throttled" or (mood == "denied" and original.__name__.startswith("change")):
            raise refusal(*_REFUSALS[mood])
        return instead(self, original) if instead else original(self)

    return asked


def _sets(zone: Any) -> Sets:
    """Return a zone's record sets as its name servers have them; an alias as what it leads to now."""
    found: dict[tuple[str, str], list[Served]] = {}
    for one in zone.rrsets:
        if one.records:
            weight = 1 if one.weight is None else int(one.weight)
            values = [each["Value"] if isinstance(each, dict) else each for each in one.records]  # the SOA's is one
            found.setdefault((one.name, one.type), []).append(Served(int(one.ttl or 0), values, weight))
    for one in zone.rrsets:
        if target := one.alias_target:
            led = found.get((f"{target['DNSName'].rstrip('.')}.", one.type), [])
            found.setdefault((one.name, one.type), []).extend(led)
    return found


def make_zone(port: int, changes: Changes) -> dict[str, Any]:
    """Make the zone with its first records, and return its id."""
    from moto.core import DEFAULT_ACCOUNT_ID  # type: ignore[attr-defined]
    from moto.moto_api._internal import mock_random
    from moto.route53.models import route53_backends

    mock_random.seed(_SEED)
    api = client(port, "route53")
    zone_id = api.create_hosted_zone(Name=ZONE, CallerReference="lab")["HostedZone"]["Id"].rpartition("/")[2]
    first = [
        {"Name": f"{one['name']}.", "Type": kind, "TTL": TTL, "ResourceRecords": [{"Value": each} for each in values]}
        for one in RECORDS
        for kind, values in one["sites"]["primary"].items()
    ]
    batch = [{"Action": "CREATE", "ResourceRecordSet": one} for one in first]
    api.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": batch})
    zone = route53_backends[DEFAULT_ACCOUNT_ID]["aws"].get_hosted_zone(zone_id)
    changes.begin(_sets(zone))
    return {"zone_id": zone_id}


class NameServer(asyncio.DatagramProtocol):
    """Answers by what has reached the name servers."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._way = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        """Answer."""
        import dns.exception
        import dns.message

        try:
            query = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return
        self._way.sendto(answer(f"{ZONE}.", self._changes.served(), query).to_wire(), peer)


async def serve(said: Mapping[str, Any], changes: Changes) -> None:
    """Answer until somebody ends the process."""
    loop = asyncio.get_running_loop()
    for port in said["ports"].values():
        await loop.create_datagram_endpoint(lambda: NameServer(changes), local_addr=("127.0.0.1", port))
    tell_made(Path(said["made"]), await loop.run_in_executor(None, make_zone, said["port"], changes))
    await asyncio.Event().wait()


def main(arguments: list[str]) -> None:
    """Serve until somebody ends the process."""
    from moto.server import ThreadedMotoServer

    said = json.loads(Path(arguments[0]).read_text())
    changes = Changes(Path(said["mood"]))
    emulate(changes)
    ThreadedMotoServer(ip_address="127.0.0.1", port=said["port"], verbose=False).start()
    asyncio.run(serve(said, changes))


if __name__ == "__main__":
    main(sys.argv[1:])

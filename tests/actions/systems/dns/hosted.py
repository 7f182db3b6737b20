"""A hosted zone on loopback: moto's emulation of Route 53, made as strict with changes as its documentation says.

It is a stand-in: it knows nothing of rights, of other people's requests, and of name servers. What those would answer
is put in its mouth.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from flask import abort
from moto.route53.models import Route53Backend
from moto.server import ThreadedMotoServer

from actions.inventory import load_inventory
from actions.outcome import Finding, Outcome
from actions.system_type import load
from actions.systems.dns import SYSTEM
from actions.systems.dns.examine import examine
from actions.systems.dns.probe import probe
from actions.systems.dns.settings import DnsSettings
from cleo_console.lab.dns.route53.strict import changed, refusal
from tests.actions.contexts import FakeContext

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ZONE, WWW, API = "dr.test", "www.dr.test", "api.dr.test"
RECORDS = [
    {"name": WWW, "ttl": 20, "sites": {"primary": {"A": ["192.0.2.10"]}, "dr": {"A": ["198.51.100.20"]}}},
    {
        "name": API,
        "ttl": 20,
        "test": True,
        "sites": {"primary": {"CNAME": ["old.dr.test"]}, "dr": {"A": ["198.51.100.21"]}},
    },
]


class Hosted:
    """The zone, its inventory, and what is done with it."""

    def __init__(self, folder: Path, endpoint: str, port: int) -> None:
        self.inventory = folder / "inventory.yaml"
        self.credentials = folder / "credentials"
        self.credentials.write_text(
            f"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
        )
        self.credentials.chmod(0o600)
        self.endpoint = endpoint
        self._unused = port
        self._files = folder
        self.answers: list[Callable[[], None]] = []
        self.zone_id = self._new_zone()

    def _new_zone(self) -> str:
        said = self.client.create_hosted_zone(Name=ZONE, CallerReference=str(len(list(self._files.iterdir()))))
        return str(said["HostedZone"]["Id"]).rpartition("/")[2]

    @cached_property
    def client(self) -> Any:
        """Somebody else's client."""
        import boto3

        keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": SECRET}
        return boto3.client("route53", endpoint_url=self.endpoint, region_name="us-east-1", **keys)

    def as_it_was(self) -> None:
        """Have the zone have its first records, and the inventory say so."""
        self.answers.clear()
        present = self.client.list_resource_record_sets(HostedZoneId=self.zone_id)["ResourceRecordSets"]
        gone = [("DELETE", one) for one in present if one["Type"] not in ("NS", "SOA")]
        first = [simple(WWW, "A", 30, "192.0.2.10"), simple(API, "CNAME", 900, "old.dr.test")]
        self.change(*gone, *(("CREATE", one) for one in first))
        self.say()

    def say(self, records: Sequence[Mapping[str, Any]] = RECORDS, **hosted: Any) -> None:
        """Write the inventory."""
        route53 = {
            "zone_id": self.zone_id,
            "endpoint": self.endpoint,
            "credentials": str(self.credentials),
            "wait_s": 1,
        }
        system = {
            "type": "dns",
            "zone": ZONE,
            "servers": [{"name": "ns-1.test", "address": "127.0.0.1", "port": self._unused}],
            "route53": route53 | hosted,
            "records": list(records),
        }
        self.inventory.write_text(yaml.safe_dump({"name": "test", "allows": ["LAB"], "systems": {"dns": system}}))

    def change(self, *changes: tuple[str, Mapping[str, Any]]) -> None:
        """Change records as somebody else would."""
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": dict(one)} for action, one in changes]}
        self.client.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch=batch)

    def records(self) -> dict[str, tuple[int, list[str]]]:
        """What the zone has: TTL and values."""
        found = self.client.list_resource_record_sets(HostedZoneId=self.zone_id)["ResourceRecordSets"]
        return {
            f"{one['Name']} {one['Type']}": (
                one.get("TTL", 0),
                [each["Value"] for each in one.get("ResourceRecords", ())],
            )
            for one in found
            if one["Type"] not in ("NS", "SOA")
        }

    @property
    def settings(self) -> DnsSettings:
        """What the inventory says of it."""
        return load_inventory(self.inventory).system("dns", DnsSettings)

    def context(self, **more: Any) -> FakeContext:
        """A context in an incident of its own."""
        return FakeContext(load_inventory(self.inventory), system="dns", **more)

    def do(self, name: str, context: FakeContext | None = None, **params: Any) -> Outcome:
        """Run one of its actions."""
        return (context or self.context()).do(load(SYSTEM.actions[f"dns.{name}"]), **params)

    def findings(self) -> list[Finding]:
        """What a closer look finds."""
        health = probe("dns", self.settings, None, deadline_s=2.0)
        return examine(self.context(), "dns", health, thorough=False).findings

    def refuse_next(self, code: str, message: str) -> None:
        """Have the next change be refused with an error."""

        def answer() -> None:
            raise refusal(code, message)

        self.answers.append(answer)

    def lose_next_answer(self, *, made: bool) -> None:
        """Have the next change be answered with an error of the server's own; whether it is made all the same."""

        def answer() -> None:
            abort(503)

        self.answers.append(_AfterIt(answer) if made else answer)


class _AfterIt:
    """An answer that comes after the change was made."""

    def __init__(self, answer: Callable[[], None]) -> None:
        self._answer = answer

    def __call__(self) -> None:
        self._answer()


def simple(name: str, kind: str, ttl: int, *values: str, **more: Any) -> dict[str, Any]:
    """A record set as Route 53 takes it."""
    return {"Name": f"{name}.", "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": one} for one in values], **more}


@contextmanager
def hosted(folder: Path) -> Iterator[Hosted]:
    """Start the emulation with a zone, and stop it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    lenient, answers = Route53Backend.change_resource_record_sets, list[Callable[[], None]]()

    def strict(self: Route53Backend, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        answer = answers.pop(0) if answers else None
        if answer and not isinstance(answer, _AfterIt):
            answer()
        zone = self.get_hosted_zone(zoneid)
        zone.rrsets = changed(list(zone.rrsets), change_list)
        if answer:
            answer()

    Route53Backend.change_resource_record_sets = strict  # type: ignore[method-assign]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # nobody listens there: the zone's name server is down
            host, port = server.get_host_and_port()
            found = Hosted(folder, f"http://{host}:{port}", unused.getsockname()[1])
            found.answers = answers
            yield found
    finally:
        server.stop()
        Route53Backend.change_resource_record_sets = lenient  # type: ignore[method-assign]

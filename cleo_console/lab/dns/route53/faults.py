"""What can be broken in a lab's emulated Route 53."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cleo_console.lab.dns.route53.place import RECORDS, TTL, WWW, Place
from cleo_console.lab.emulated_aws import client
from cleo_console.lab.service import Done, FaultKind

_STRANGE = "203.0.113.5"
"""An address that the inventory knows of no site."""


def _in_a_mood(word: str, said: str) -> Callable[[Place], Done]:
    """Return a fault that lasts until its file is removed."""

    def inject(place: Place) -> Done:
        at = _now()
        place.mood.write_text(word)
        return f"{said}; rm {place.mood} takes it back", {"at": at}

    return inject


def _somebody(place: Place) -> Done:
    at = _now()
    _change(place, ("UPSERT", {**_www(), "ResourceRecords": [{"Value": _STRANGE}]}))
    return f"somebody changed {WWW} to {_STRANGE}, which the inventory knows of no site", {"at": at}


def _changed_back(place: Place) -> Done:
    at = _now()
    _change(place, ("UPSERT", _www()))
    return f"somebody changed {WWW} to what leads to the primary site", {"at": at}


def _weighted(place: Place) -> Done:
    at = _now()
    sets = _api(place).list_resource_record_sets(HostedZoneId=place.account()["zone_id"])["ResourceRecordSets"]
    gone = [("DELETE", one) for one in sets if one["Name"] == f"{WWW}." and one["Type"] == "A"]
    shares = [(site, number, RECORDS[0]["sites"][site]["A"]) for site, number in (("primary", 90), ("dr", 10))]
    come = [
        (
            "CREATE",
            {**_www(), "SetIdentifier": site, "Weight": share, "ResourceRecords": [{"Value": each} for each in at_]},
        )
        for site, share, at_ in shares
    ]
    _change(place, *gone, *come)
    return f"somebody made {WWW} two weighted record sets, 90 to 10", {"at": at}


def _wrong_key(place: Place) -> Done:
    at = _now()
    place.write_keys("AKIALAB0000000000NOT")
    return f"{place.credentials} holds an access key that nobody knows", {"at": at}


def _dead(place: Place) -> Done:
    place.require_running()
    at = _now()
    place.end(signal.SIGKILL)
    return "API and name servers were killed; cleo lab up starts them as they were at first", {"at": at}


def _www() -> dict[str, Any]:
    values = [{"Value": each} for each in RECORDS[0]["sites"]["primary"]["A"]]
    return {"Name": f"{WWW}.", "Type": "A", "TTL": TTL, "ResourceRecords": values}


def _api(place: Place) -> Any:
    place.require_running()
    return client(place.port, "route53")


def _change(place: Place, *changes: tuple[str, Mapping[str, Any]]) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": dict(one)} for action, one in changes]}
    _api(place).change_resource_record_sets(HostedZoneId=place.account()["zone_id"], ChangeBatch=batch)


def _now() -> str:
    return datetime.now(UTC).isoformat()


FAULTS = (
    FaultKind("somebody", "have somebody change a record to an address of no site", _somebody),
    FaultKind("changed-back", "have somebody change a record to what leads to the primary site", _changed_back),
    FaultKind("weighted", "have somebody make a record two weighted record sets", _weighted),
    FaultKind("stuck", "have no change reach the name servers", _in_a_mood("stuck", "no change reaches a name server")),
    FaultKind("throttled", "have it take no requests", _in_a_mood("throttled", "it takes no request (Throttling)")),
    FaultKind("denied", "have it allow no change", _in_a_mood("denied", "it allows these credentials no change")),
    FaultKind("wrong-key", "give the console an access key that nobody knows", _wrong_key),
    FaultKind("dead", "kill API and name servers", _dead),
)

"""What is typed instead, with AWS's own program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from actions.by_hand import CommandLine
from actions.systems.dns.sets import RecordSet
from actions.systems.dns.settings import Route53Settings


def hosted_lines(settings: Route53Settings, sets: Sequence[RecordSet]) -> Iterator[CommandLine]:
    """Yield what replaces record sets in one change, if what was noted still is there, and waits for it."""
    zone = ["--hosted-zone-id", settings.zone_id]
    for name in dict.fromkeys(one.name for one in sets):
        argv = ["list-resource-record-sets", *zone, "--start-record-name", name, "--max-items", "10"]
        yield _line(settings, argv, "note values and TTL; leave alone what has a SetIdentifier or an AliasTarget")
    old = [_change("DELETE", one.name, one.kind, "OLD_TTL", ["OLD_VALUE"]) for one in sets]
    new = [_change("CREATE", one.name, one.kind, one.ttl, one.values) for one in sets if one.values]
    batch = json.dumps({"Changes": [*old, *new]})
    what = "with what was noted for OLD_VALUE and OLD_TTL (a number); without DELETE, where there was none"
    yield _line(settings, ["change-resource-record-sets", *zone, "--change-batch", batch], what)
    wait = ["wait", "resource-record-sets-changed", "--id", "CHANGE_ID"]
    yield _line(settings, wait, "until all of Route 53's name servers have it; the change printed CHANGE_ID")


def _change(action: str, name: str, kind: str, ttl: int | str, values: Iterable[str]) -> dict[str, Any]:
    records = [{"Value": value} for value in values]
    return {"Action": action, "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": records}}


def _line(settings: Route53Settings, argv: Sequence[str], what: str) -> CommandLine:
    at = ["--endpoint-url", settings.endpoint] if settings.endpoint else []
    trust = ["--ca-bundle", settings.certificates] if settings.certificates else []
    env = {"AWS_SHARED_CREDENTIALS_FILE": settings.credentials} if settings.credentials else {}
    profile = ["--profile", settings.profile] if settings.credentials else []
    return CommandLine(argv=["aws", "route53", *argv, *profile, *at, *trust], what=what, env=env)

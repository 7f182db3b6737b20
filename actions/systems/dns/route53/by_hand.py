"""What is typed instead, with AWS's own program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from actions.by_hand import CommandLine
from actions.systems.dns.sets import RecordSet
from actions.systems.dns.settings import Route53Settings

_REGION = "us-east-1"
"""Route 53 has none; AWS's program wants one to sign for, where none was configured."""
_OLD_TTL = "OLD_TTL"
_REFUSED = "refused whole where a DELETE is not of what is there: put in what was noted; none where there is none"


def hosted_lines(
    settings: Route53Settings, old: Sequence[RecordSet], new: Sequence[RecordSet], *, ttl_known: bool
) -> Iterator[CommandLine]:
    """Yield what replaces record sets in one change, where they still are what is to be replaced, and waits for it.

    Args:
        settings: the hosted zone.
        old: what is there, as the inventory has it.
        new: what is to be there.
        ttl_known: what is there has the inventory's TTLs, which a DELETE must have, too.
    """
    zone = ["--hosted-zone-id", settings.zone_id]
    for name in dict.fromkeys(one.name for one in old):
        argv = ["list-resource-record-sets", *zone, "--start-record-name", name, "--max-items", "10"]
        yield _line(settings, argv, "note values and TTL; leave alone what has a SetIdentifier or an AliasTarget")
    gone = [_change("DELETE", one, one.ttl if ttl_known else _OLD_TTL) for one in old if one.values]
    come = [_change("CREATE", one, one.ttl) for one in new if one.values]
    batch = json.dumps({"Changes": [*gone, *come]}).replace(f'"{_OLD_TTL}"', _OLD_TTL)
    what = _REFUSED if ttl_known else f"{_OLD_TTL}: the TTL that was noted; {_REFUSED}"
    yield _line(settings, ["change-resource-record-sets", *zone, "--change-batch", batch], what)
    wait = ["wait", "resource-record-sets-changed", "--id", "CHANGE_ID"]
    yield _line(settings, wait, "until all of Route 53's name servers have it; the change printed CHANGE_ID")


def _change(action: str, one: RecordSet, ttl: int | str) -> dict[str, Any]:
    records = [{"Value": value} for value in one.values]
    held = {"Name": one.name, "Type": one.kind, "TTL": ttl, "ResourceRecords": records}
    return {"Action": action, "ResourceRecordSet": held}


def _line(settings: Route53Settings, argv: Sequence[str], what: str) -> CommandLine:
    at = ["--endpoint-url", settings.endpoint] if settings.endpoint else []
    trust = ["--ca-bundle", settings.certificates] if settings.certificates else []
    env = {"AWS_SHARED_CREDENTIALS_FILE": settings.credentials} if settings.credentials else {}
    profile = ["--profile", settings.profile] if settings.credentials else []
    region = ["--region", _REGION]
    return CommandLine(argv=["aws", "route53", *argv, *region, *profile, *at, *trust], what=what, env=env)

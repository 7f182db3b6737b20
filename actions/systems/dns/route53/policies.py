"""Which record sets of Route 53 are simple ones: others are different things under one name, and are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_POLICIES = {
    "TrafficPolicyInstanceId": "of a traffic policy",
    "Weight": "weighted",
    "Failover": "failover",
    "Region": "latency",
    "GeoLocation": "geolocation",
    "GeoProximityLocation": "geoproximity",
    "CidrRoutingConfig": "IP-based",
    "MultiValueAnswer": "multivalue",
    "SetIdentifier": "one of several",
}


def policy_of(found: Mapping[str, Any]) -> str:
    """Return what a record set is, in words, where it is no simple one; else nothing."""
    words = next((words for field, words in _POLICIES.items() if found.get(field) is not None), "")
    if target := found.get("AliasTarget"):
        return f"{words} alias of {str(target.get('DNSName', '?')).rstrip('.')}".strip()
    return words


def told(found: Mapping[str, Any]) -> str:
    """Return a record set that is no simple one in words."""
    which = f" {found['SetIdentifier']!r}" if found.get("SetIdentifier") else ""
    return f"{found['Name'].rstrip('.')} {found['Type']}{which} is {policy_of(found)}"

"""The requests that are made to Route 53, each within a deadline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from actions.aws_credentials import client_keys
from actions.systems.dns.route53.trouble import Route53Trouble, told_apart
from actions.systems.dns.settings import Route53Settings

_CONNECT_S, _READ_S, _TRIES = 3, 4, 2
_CHANGE_READ_S = 15
_PAGE = "100"


class Api:
    """A hosted zone's API.

    Args:
        settings: where it is, and with which credentials.
    """

    def __init__(self, settings: Route53Settings) -> None:
        self._settings = settings

    @property
    def zone_id(self) -> str:
        """The hosted zone's id, alone."""
        return self._settings.zone_id.rpartition("/")[2]

    @cached_property
    def zone(self) -> Mapping[str, Any]:
        """What Route 53 says of the hosted zone.

        Raises:
            Route53Trouble: it does not say.
        """
        with told_apart():
            found: Mapping[str, Any] = self._reader.get_hosted_zone(Id=self.zone_id)
            return found

    def sets_of(self, name: str) -> Iterator[Mapping[str, Any]]:
        """Yield the record sets of a name, pending changes included, as Route 53 has them.

        Raises:
            Route53Trouble: it does not say.
        """
        at: dict[str, str] = {"StartRecordName": name}
        while at:
            with told_apart():
                page = self._reader.list_resource_record_sets(HostedZoneId=self.zone_id, MaxItems=_PAGE, **at)
            for one in page["ResourceRecordSets"]:
                if plain_name(one["Name"]) != name:
                    return
                yield one
            following = ("StartRecordName", "NextRecordName"), ("StartRecordType", "NextRecordType")
            more = (*following, ("StartRecordIdentifier", "NextRecordIdentifier")) if page.get("IsTruncated") else ()
            at = {ours: page[theirs] for ours, theirs in more if page.get(theirs)}

    def change(self, changes: Sequence[Mapping[str, Any]], comment: str) -> str:
        """Send a change once, and return its id: sent again it would be refused for what the first one made.

        Raises:
            Route53Trouble: it was refused, or nobody knows.
        """
        batch = {"Comment": comment, "Changes": list(changes)}
        with told_apart():
            client = self._client("route53", _CHANGE_READ_S, 1)
            said = client.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch=batch)
        return str(said["ChangeInfo"]["Id"]).rpartition("/")[2]

    def in_sync(self, change: str) -> bool:
        """Whether all of Route 53's name servers have a change.

        Raises:
            Route53Trouble: it does not say.
        """
        with told_apart():
            return bool(self._reader.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC")

    def account(self) -> str:
        """Return the account whose credentials these are; empty: it was not seen."""
        try:
            with told_apart():
                return str(self._client("sts", _CONNECT_S, 1).get_caller_identity()["Account"])
        except Route53Trouble:
            return ""

    @cached_property
    def _reader(self) -> Any:
        return self._client("route53", _READ_S, _TRIES)

    def _client(self, service: str, read_s: int, tries: int) -> Any:
        import boto3
        from botocore.config import Config

        settings = self._settings
        config = Config(
            connect_timeout=_CONNECT_S, read_timeout=read_s, retries={"total_max_attempts": tries, "mode": "standard"}
        )
        keys = {"region_name": "us-east-1", **client_keys(settings.credentials, settings.profile)}
        at = {"endpoint_url": settings.endpoint or None, "verify": settings.certificates or None}
        return boto3.client(service, config=config, **at, **keys)


def plain_name(name: str) -> str:
    """Return a name as it is compared: Route 53 writes a wildcard's star as ``\\052``."""
    return f"{name.replace(chr(92) + '052', '*').rstrip('.').lower()}."

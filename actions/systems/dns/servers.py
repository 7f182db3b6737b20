"""The zone's own list of its name servers, as against the inventory's, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator

from actions.outcome import Finding
from actions.systems.dns.settings import DnsSettings, whole


def server_findings(settings: DnsSettings, named: set[str]) -> Iterator[Finding]:
    """Yield the name servers that nobody asks, those that users are not sent to, and a site that has all of them."""
    known = {whole(one.name) for one in settings.servers}
    for name in sorted(named - known):
        cure = "Add it under servers: in the inventory, or take it out of the zone."
        yield Finding(severity="warning", about=name, text="the zone names it, and nobody asks it here", cure=cure)
    sites = {one.site for one in settings.servers}
    if not settings.route53 and len(sites) == 1 and (site := next(iter(sites))):
        text = f"all of its name servers stand at the site {site}: with that the zone is gone"
        cure = "Add a secondary at another site, one that can be made the primary."
        yield Finding(severity="warning", about=settings.zone, text=text, cure=cure)
    if settings.primary and settings.first_server.site == "primary" and len(sites) > 1:
        text = f"{settings.primary} takes the updates, and stands at the site that users are to be moved from"
        cure = "Make ready how another one becomes the primary, with the same key."
        yield Finding(severity="note", about=settings.zone, text=text, cure=cure)

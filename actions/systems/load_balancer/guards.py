"""What must be so before users are moved, as the load balancer itself tells it."""

from __future__ import annotations

from actions.context import ActionContext
from actions.gate import Closed
from actions.systems.load_balancer.choose import find_balancer
from journal.wording.counting import count

OLD_SITE = "old-site"


def old_site_is_out(ctx: ActionContext) -> Closed | None:
    """A gate: nobody can write at two sites through this load balancer.

    Open where all pools write to one primary; else only once every server of the other sites is in maintenance and
    nothing is open at it. One that is down is not out, it may come back: what lets users in takes it out first.
    """
    found = find_balancer(ctx)
    if found.settings.one_primary:
        return None
    target = found.target()
    old = [server for server in found.look().of(found.others(target)) if not server.is_dead]
    left = [server for server in old if server.state != "maint" or server.sessions]
    if not left:
        return None
    names = ", ".join(f"{server.name} ({server.words})" for server in left)
    message = (
        f"Users could write at two sites: {count(len(left), 'server')} of the old one not taken out, {names}. "
        "The inventory does not say that both pools write to one primary."
    )
    return Closed(OLD_SITE, message, "reason and target", "load_balancer.isolate")


def nobody_wrote_at_the_new_site(ctx: ActionContext) -> Closed | None:
    """A gate: what users wrote at the new site is not left behind there."""
    found = find_balancer(ctx)
    record = found.record()
    if found.settings.one_primary or record is None or record.stage not in ("shifting", "enabled"):
        return None
    message = (
        f"Users were let in at {record.target}: what they wrote there is not at the site that they would go back to."
    )
    return Closed(OLD_SITE, message, "reason and target")

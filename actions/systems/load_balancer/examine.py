"""A closer look at a load balancer, for damage report and health check."""

from __future__ import annotations

from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Finding
from actions.systems.load_balancer.choose import open_balancer
from actions.systems.load_balancer.compare import as_warnings, compare
from actions.systems.load_balancer.config_file import read_config
from actions.systems.load_balancer.record import setting_of
from journal.errors import CleoError

_LOOK_S = 5.0


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Return every server as it is set, and how that differs from what is meant."""
    found = open_balancer(ctx, system)
    try:
        seen = found.look(_LOOK_S)
        findings = compare(found, seen, read_config(found), found.record())
    except CleoError as error:
        return Examination(findings=[Finding(severity="warning", about=system, text=f"not looked at: {error.message}")])
    lines = [f"{one.name}: {setting_of(one)}, {one.words}" for one in seen.servers.values()]
    users = [one.name for one in seen.servers.values() if one.takes_users]
    return Examination(
        facts={"serving": len(users)},
        lines=[seen.words, *lines],
        findings=as_warnings(findings),
        summary=f"users go to {', '.join(users) or 'no server'}",
    )

"""``health.check``: what is up, in depth."""

from __future__ import annotations

from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Finding, Outcome
from actions.overview.everything import known_wrong, measure_all, say
from actions.systems.postgres.backups.pgbackrest import read_repository
from actions.systems.postgres.backups.verify import quick_facts
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.server import Server
from journal.errors import CleoError
from journal.wording.counting import count

_PATIENT_S = 15.0


@action(
    "health.check",
    script="dr_health_check.sh",
    params={"comprehensive": "also look at processes, data directories and backups"},
)
def health_check(ctx: ActionContext, *, comprehensive: bool = False) -> Outcome:
    """Check the health of every system."""
    measured = measure_all(ctx, _PATIENT_S)
    summary = say(ctx, measured)
    facts: dict[str, Any] = {name: {"status": h.status, **h.facts} for name, h in measured.items()}
    findings: list[str] = []
    if comprehensive:
        for name, settings in ctx.inventory.systems.items():
            findings += _in_depth(Server(ctx, name, settings), facts[name])
    for line in findings:
        ctx.log(line, "err")
    seen = [Finding(severity="warning", about="", text=line) for line in findings]
    summary = " ".join([summary, *findings[:3]])
    return Outcome(ok=bool(measured), summary=summary, facts=facts, findings=[*known_wrong(ctx), *seen])


def _in_depth(server: Server, facts: dict[str, Any]) -> list[str]:
    """Look at one server from its host, and at its backups; returns what is wrong, a line each."""
    try:
        data = describe_data(server)
        facts |= {"running": bool(postmaster(server)), "data_directory": data}
        backups = quick_facts(server, read_repository(server))
    except CleoError as error:
        return [f"{server.name}: {error.message}"]
    server.ctx.log(f"{server.name}: data directory {data}; {count(backups['backups'], 'backup')}.")
    facts["backups"] = backups["backups"]
    wrong = [] if facts["running"] else [f"{server.name}: no process runs."]
    if data in ("missing", "there, but not a database", "without a readable control file"):
        wrong.append(f"{server.name}: the data directory is {data}.")
    return [*wrong, *(f"{server.name}: {finding}." for finding in backups["findings"])]

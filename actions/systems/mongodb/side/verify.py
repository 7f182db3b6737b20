"""``mongodb.pitr_verify``: what a side instance holds, whether that is sound, and what is otherwise now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from actions.action import action
from actions.backups.repository.stock import Stock
from actions.context import ActionContext, Progress
from actions.outcome import Finding, Outcome
from actions.side_instance import otherwise_now
from actions.systems.mongodb.backup_chain import Chain
from actions.systems.mongodb.backup_selection import place_of, stock_of
from actions.systems.mongodb.collection_check import Case
from actions.systems.mongodb.connection import CannotConnect
from actions.systems.mongodb.manifest import MANIFEST
from actions.systems.mongodb.programs.request import Reached
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.side.pitr import side_identity
from actions.systems.mongodb.side.place import Side, require_ready
from actions.systems.mongodb.side.programs import reached, run_in_side, server_of_side
from actions.systems.mongodb.side.read_side import Look, Read, Seen
from actions.systems.mongodb.verified_connection import connect_verified
from journal.wording.counting import count

_MODULE = "actions.systems.mongodb.side.read_side"
_PROGRESS = re.compile(r"(\d+) of (\d+) (then|now): (.*)")
_BAD = ("unsound", "wrong", "missing", "new")
_NAMED = 200
"""Collections that are named among the facts; all are in the output."""


@action(
    "mongodb.pitr_verify",
    script="pitr_verify.sh",
    probe="mongodb.pitr_state",
    resumable=True,
    target=side_identity,
    params={"minutes": "spend so many minutes on reading the real server"},
)
def pitr_verify(ctx: ActionContext, *, minutes: int = 60) -> Outcome:
    """Verify a point-in-time restore: is it sound, and what differs from what runs now.

    Has the side instance's mongod check every collection (validate), reads every document of it and of the real server,
    and says for each collection how many it had then and has now. What it holds is compared with its backup's manifest
    and what the replay made of it.

    Needs: the side instance; of the real server a user who may read everything (`backup`).
    """
    server = find_server(ctx)
    side = require_ready(server)
    real = _real(server)
    if not ctx.effect(f"start the side instance's mongod for that time, and read it and {server.name}"):
        return Outcome(ok=True, summary=f"would verify the side instance, which stands {side.record}")
    assert side.record.result
    asked = Look(
        side=server_of_side(side),
        manifest=f"{place_of(server).folder}/{side.record.backup}/{MANIFEST}",
        bucket=_manifest_in_bucket(server, side.record.backup),
        restored=side.record.result,
        real=real,
        minutes=minutes,
    )
    seen = run_in_side(side, "read-side", _MODULE, asked, Seen, lambda _, text: _progress(ctx, text))
    for why in seen.why:
        ctx.log(f"Not compared: {why}", "err")
    findings = [_finding(case) for case in seen.cases if case.state in _BAD]
    for finding in findings:
        ctx.log(f"{finding.severity}: {finding}", "err")
    return _outcome(side, seen, findings, _differences(side, seen))


def _manifest_in_bucket(server: Server, backup: str) -> Stock | None:
    """Return how its backup's manifest is read out of a bucket; None: the backups lie in a folder."""
    mine = [one.entry for one in place_of(server).listing().stored if one.entry.id == backup]
    return stock_of(server, Chain(full=mine[0])) if mine else None


def _real(server: Server) -> Reached | None:
    """Return how the real server is reached; None where it does not answer."""
    try:
        with connect_verified(server) as client:
            return reached(server, client)
    except CannotConnect as error:
        server.ctx.log(f"What runs now is not compared: {error.message}", "err")
        return None


def _progress(ctx: ActionContext, text: str) -> None:
    if found := _PROGRESS.fullmatch(text):
        half = 0.5 if found[3] == "now" else 0.0
        ctx.progress(Progress(fraction=half + int(found[1]) / int(found[2]) / 2, text=f"{found[4]}, {found[3]}"))


def _finding(case: Case) -> Finding:
    """Return what is wrong with a collection as a warning: the real server is not proven to be wrong by it."""
    return Finding(severity="warning", about=case.namespace, text=f"in the side instance: {case.text}")


def _differences(side: Side, seen: Seen) -> dict[str, dict[str, Any]]:
    """Return the collections that are otherwise now, with their documents then and now; each is said."""
    found, now, log = dict[str, dict[str, Any]](), seen.now, side.of.ctx.log
    for name in sorted(seen.then.keys() | (now or {}).keys()):
        was, have = seen.then.get(name), (now or {}).get(name)
        if now is None or name in seen.unread:
            log(f"{name}: {_said(was)} then")
            continue
        same = was is not None and was == have
        other = was and have and was.count == have.count and not same
        log(f"{name}: {_said(was)} then, {_said(have)} now{' (other content)' if other else ''}")
        if not same:
            found[name] = {"then": was.count if was else None, "now": have.count if have else None}
    return found


def _said(read: Read | None) -> str:
    return count(read.count, "document") if read else "not there"


def _outcome(side: Side, seen: Seen, findings: list[Finding], differs: dict[str, dict[str, Any]]) -> Outcome:
    record, partial = side.record, ""
    if seen.now is None:
        partial = "the real server was not read"
    elif seen.unread:
        partial = f"{count(len(seen.unread), 'collection')} of the real server not read: the time was too short"
    return Outcome(
        ok=not findings,
        summary=_summary(side, seen, findings, differs),
        facts={
            "side": record.state,
            "point": record.point,
            "last_before": record.last_before.isoformat() if record.last_before else None,
            "collections": len(seen.then),
            "differs": dict(list(differs.items())[:_NAMED]),
        },
        findings=findings,
        partial=partial,
    )


def _summary(side: Side, seen: Seen, findings: list[Finding], differs: Mapping[str, Mapping[str, Any]]) -> str:
    parts = [f"The side instance stands {side.record}", f"{count(len(seen.then), 'collection')} read to the end"]
    parts.append(f"{count(len(findings), 'thing')} wrong in it" if findings else "none is damaged")
    if seen.now is None:
        parts.append("the real server does not answer, and was not compared")
    elif differs:
        parts.append(otherwise_now(differs))
    else:
        parts.append("what was read of the real server is so now, too")
    return "; ".join(parts) + "."

"""``mongodb.rebuild_indexes``: builds what the dump's metadata, changed by the replayed oplog, says is to be there.

After a restore it starts the server first (`bring_up`). Without one it builds what is missing by the newest backup.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from actions.action import action
from actions.context import Progress
from actions.outcome import Cancelled, Cure, Finding, Outcome
from actions.systems.mongodb.bring_up import bring_up, members_left_out, require_running, require_served
from actions.systems.mongodb.guards import nobody_writes
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.index_comparison import Compared, compare_indexes
from actions.systems.mongodb.index_failure import index_failure
from actions.systems.mongodb.restore_record import restored_here, save_record
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.verified_connection import connect_verified
from actions.systems.mongodb.wanted import wanted_now
from journal.wording.counting import count

if TYPE_CHECKING:
    from pymongo import MongoClient

    from actions.context import ActionContext

_DAY_S = 24 * 3600.0
_LOOK_S = 1.0


@action(
    "mongodb.rebuild_indexes",
    script="dr_rebuild_indexes.sh",
    probe="mongodb.is_restored",
    resumable=True,
    live={"one-writer": nobody_writes},
    touches=("data directory",),
    target=identity,
)
def rebuild_indexes(ctx: ActionContext) -> Outcome:
    """Rebuild MongoDB's indexes.

    After a restore it first starts the server, alone in its set, and makes it the primary. It builds what backup and
    replay say is to be there; what cannot be built is named, with how many documents stand in its way.

    Needs: writers kept out; after a restore, the other members down; `config_file`, which it writes to.

    Leaves: the indexes; after a restore also the server running with the TTL monitor off in its configuration file,
    until mongodb.allow_ttl. An index that differs is named and left.

    Killed half way: the server ends the build that was going on, finished ones stay; run again it builds the rest.
    """
    server = find_server(ctx)
    record = restored_here(server)
    if record and record.state != "serving":
        record = bring_up(server, record)
    wanted, source = wanted_now(server, record)
    if ctx.dry_run and not server.process():
        number = sum(len(wanted.of(name)) for name in wanted.namespaces())
        return Outcome(ok=True, summary=f"would start {server.name} and build {count(number, 'index', 'indexes')}")
    require_running(server)
    with connect_verified(server, deadline_s=_DAY_S) as client:
        require_served(server, client)
        before = compare_indexes(client, wanted)
        failed = _build(ctx, client, before)
        after = before if ctx.dry_run else compare_indexes(client, wanted)
        members = members_left_out(server, client)
    if record and not ctx.dry_run:
        whole = not (failed or after.differing or after.missing)
        save_record(server, replace(record, indexes="built" if whole else "failed"))
    return _outcome(server, source, before, after, failed, members)


def _build(ctx: ActionContext, client: MongoClient[dict[str, Any]], compared: Compared) -> list[Finding]:
    """Build the missing ones, a collection's together; return those that could not be built."""
    failed: list[Finding] = []
    number, of = 0, len(compared.names)
    for namespace, specs in compared.missing.items():
        names = ", ".join(str(spec["name"]) for spec in specs)
        if not ctx.effect(f"build {names} of {namespace}"):
            continue
        if _create(ctx, client, namespace, list(specs), number / of) is not None:  # tell which one it is
            for spec in specs:
                error = _create(ctx, client, namespace, [spec], number / of)
                failed += [index_failure(client, namespace, spec, error)] if error else []
        number += len(specs)
    return failed


def _create(
    ctx: ActionContext,
    client: MongoClient[dict[str, Any]],
    namespace: str,
    specs: list[Mapping[str, Any]],
    done: float,
) -> Exception | None:
    """Have the server build indexes, and say how far it is; return what it says against them."""
    from pymongo.errors import OperationFailure

    database, _, collection = namespace.partition(".")
    command = {"createIndexes": collection, "indexes": specs}
    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(client[database].command, command)
        _follow(ctx, client, namespace, building, done)
        try:
            building.result()
        except OperationFailure as error:
            return error
    return None


def _follow(
    ctx: ActionContext, client: MongoClient[dict[str, Any]], namespace: str, building: Future[Any], done: float
) -> None:
    """Say how far the server is until it has ended.

    Raises:
        Cancelled: somebody asked us to stop; the server's build is ended.
    """
    look = time.monotonic() + _LOOK_S
    while not building.done():
        time.sleep(0.02)
        if ctx.cancelled:
            _end(client, namespace)
            raise Cancelled(f"The index build of {namespace} was ended; what was built before stays.")
        if time.monotonic() >= look:
            look = time.monotonic() + _LOOK_S
            ctx.progress(Progress(fraction=done, text=_said(client, namespace)))


def _operations(client: MongoClient[dict[str, Any]], namespace: str) -> list[dict[str, Any]]:
    database, _, collection = namespace.partition(".")
    wanted = {"command.createIndexes": collection, "command.$db": database}
    return list(client.admin.aggregate([{"$currentOp": {"allUsers": True}}, {"$match": wanted}]))


def _said(client: MongoClient[dict[str, Any]], namespace: str) -> str:
    """Return what the server says of its build."""
    found = next((each for each in _operations(client, namespace) if each.get("msg")), None)
    return f"{namespace}: {found['msg']}" if found else f"building the indexes of {namespace}"


def _end(client: MongoClient[dict[str, Any]], namespace: str) -> None:
    for each in _operations(client, namespace):
        client.admin.command("killOp", op=each["opid"])


def _outcome(
    server: Server, source: str, before: Compared, after: Compared, failed: list[Finding], members: list[Finding]
) -> Outcome:
    findings = [replace(each, system=server.name) for each in (*failed, *members)]
    for namespace, names in after.differing.items():
        text = "is not what the backup says: another key, or other options"
        cure = "Drop it by hand where the backup is right, then rebuild the indexes."
        findings += [
            Finding(severity="warning", about=f"{namespace} {name}", text=text, cure=cure, system=server.name)
            for name in names
        ]
    for namespace in after.gone:
        text = "the collection is not there: its indexes are not built"
        cure = "Restore it, or drop what the backup says of it."
        findings.append(Finding(severity="wrong", about=namespace, text=text, cure=cure, system=server.name))
    for finding in findings:
        server.ctx.log(f"{finding.severity}: {finding}", "err")
    built = len(before.names) - len(after.names)
    if server.ctx.dry_run:
        return Outcome(
            ok=True, summary=f"would build {count(len(before.names), 'index', 'indexes')}", findings=findings
        )
    wrong = [each for each in findings if each.severity == "wrong"]
    said = f" {count(len(wrong), 'thing')} wrong: {'; '.join(map(str, wrong[:3]))}." if wrong else ""
    return Outcome(
        ok=not wrong,
        summary=(
            f"{count(built, 'index', 'indexes')} built, {before.present} were there, by {source}"
            f"{'' if not after.names else f'; missing: {chr(44).join(after.names)}'}.{said}"
        ),
        facts={
            "indexes_built": built,
            "indexes_present": before.present,
            "indexes_missing": after.names,
            "indexes_differing": [f"{ns} {name}" for ns, names in after.differing.items() for name in names],
        },
        findings=findings,
        cures=[Cure(words=each.cure) for each in wrong][:3],
        left_behind="What could be built is there. Writers stay out until the rest is decided." if wrong else "",
    )

"""``mongodb.verify``: is every collection sound, is it what the backup and the replay say, and may users log in?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from actions.action import action
from actions.backups.engine import leave_mark
from actions.backups.marks import Mark
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.mongodb import restore_by_hand
from actions.systems.mongodb.bring_up import require_running, require_served
from actions.systems.mongodb.collection_check import (
    Case,
    Expected,
    check,
    newest_document,
    present,
    written_since,
)
from actions.systems.mongodb.damage import damage_facts, telling_damage
from actions.systems.mongodb.expiring import count_expiring
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.index_comparison import Compared, compare_indexes
from actions.systems.mongodb.login_check import check_password
from actions.systems.mongodb.restore_record import RestoreRecord, restored_here, save_record
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.ttl_monitor import is_ttl_kept_off
from actions.systems.mongodb.verified_connection import connect_verified
from actions.systems.mongodb.wanted import definitions_of, manifest_of, newest_manifest, wanted_now
from journal.errors import CleoError
from journal.wording.counting import count

if TYPE_CHECKING:
    from pymongo import MongoClient

_REBUILD, _RESTORE = "mongodb.rebuild_indexes", "mongodb.restore"
_KEEP_OUT = "Keep the writers out; restore a sound backup."


@action(
    "mongodb.verify",
    script="dr_verify_mongo.sh",
    resumable=True,
    target=identity,
    by_hand=restore_by_hand.verify,
    params={"minutes": "cut off after so many minutes"},
)
def verify(ctx: ActionContext, *, minutes: int = 360) -> Outcome:
    """Verify MongoDB's collections.

    Validates every collection, counts its documents and compares digests, indexes and the application's login with what
    backup and replay say.

    Needs: the server up as its set's primary; a user who may read everything.

    Leaves: after a restore, a note beside the backup (`restored-<time>.json`), and in the restore's record whether it
    passed: mongodb.allow_ttl asks for that. No document is changed.

    Killed half way: nothing is proven; run it again, it begins anew.
    """
    server = find_server(ctx)
    record = restored_here(server)
    if record and record.state != "serving":
        words = f"{server.name} is restored from backup {record.backup}, and was not started yet."
        raise ActionFailed(words, cures=[Cure(words="Rebuild its indexes: that starts it.", action=_REBUILD)])
    require_running(server)
    with telling_damage(server), connect_verified(server, deadline_s=minutes * 60.0) as client:
        require_served(server, client)
        expected = _expected(server, client, record)
        found = present(client)
        cases = []
        for number, case in enumerate(check(client, found, expected), 1):
            ctx.check_cancelled()
            ctx.progress(Progress(fraction=min(1.0, number / max(1, len(found))), text=case.namespace))
            cases.append(case)
        findings = [*_of_collections(server, cases, expected), *_of_indexes(server, client, record)]
        findings += _of_logins(server, client)
        past = count_expiring(client)
        newest = newest_document(client, server.settings.heartbeat)
    findings += _of_expiry(server, past)
    outcome = _outcome(server, expected, cases, findings, newest, past)
    if record and ctx.effect(f"write down beside backup {record.backup} what came of its restore"):
        save_record(server, replace(record, verified=outcome.ok))
        mark = Mark(
            at=datetime.now(UTC),
            ok=outcome.ok,
            by=ctx.incident.id,
            seconds=record.seconds,
            words=outcome.summary,
            facts={"bytes": record.size},
        )
        leave_mark(ctx, record.backup, "restored", mark)
    return outcome


def _expected(server: Server, client: MongoClient[dict[str, Any]], record: RestoreRecord | None) -> Expected:
    """Return what to compare with: the backup that was restored, else the newest, which tells less."""
    try:
        manifest = manifest_of(server, record.backup) if record else newest_manifest(server)[0]
    except CleoError as error:
        server.ctx.log(f"There is no backup to compare with: {error.message}", "err")
        manifest = None
    return Expected(
        manifest=manifest,
        definitions=definitions_of(manifest) if manifest else {},
        restored=record.result if record else None,
        written=written_since(client) if record else (),
    )


def _of_collections(server: Server, cases: Sequence[Case], expected: Expected) -> list[Finding]:
    found = []
    for case in cases:
        if case.state in ("unsound", "wrong"):
            found.append(_finding(server, "wrong", case.namespace, case.text, _KEEP_OUT))
        elif case.state in ("missing", "new"):
            severity = "wrong" if expected.restored else "warning"
            cure = _KEEP_OUT if expected.restored else "Was it dropped on purpose? Else restore."
            found.append(_finding(server, severity, case.namespace, case.text, cure))
    if expected.manifest is None:
        text = "none: what was read is sound, whether it is all there is not known"
        cure = "Count what matters by hand; take backups with backups.take, which writes one."
        found.append(_finding(server, "warning", "manifest", text, cure))
    return found


def _of_indexes(server: Server, client: MongoClient[dict[str, Any]], record: RestoreRecord | None) -> list[Finding]:
    """Return which indexes are not as they are to be; without a restore somebody may have dropped them on purpose."""
    try:
        compared: Compared = compare_indexes(client, wanted_now(server, record)[0])
    except CleoError as error:
        server.ctx.log(f"Indexes are not compared: {error.message}", "err")
        return []
    severity = "wrong" if record else "warning"
    found = [
        _finding(server, severity, name, "the index is missing", "Rebuild the indexes.") for name in compared.names
    ]
    found += [
        _finding(server, severity, f"{namespace} {name}", "the index is not as the backup says", "Rebuild it by hand.")
        for namespace, names in compared.differing.items()
        for name in names
    ]
    return found


def _of_logins(server: Server, client: MongoClient[dict[str, Any]]) -> list[Finding]:
    """Compare the application's passwords with what the server keeps: restored users have those of their time."""
    found = []
    for user in server.settings.app_users:
        if user.password is None:
            text = "the inventory has no password of it: it was not tried"
            found.append(_finding(server, "note", user.user, text, "Try it by hand before the application is let in."))
            continue
        said = check_password(client, user.user, user.password.read(), user.database)
        texts = {
            "missing": "there is no such user any more",
            "wrong": "its password is another one than the application has",
            "unknown": "the server keeps no password that could be compared",
        }
        if said != "right":
            severity = "warning" if said == "unknown" else "wrong"
            cure = "Give it the password that the application has (updateUser), or the application the old one."
            found.append(_finding(server, severity, user.user, texts[said], cure))
    return found


def _of_expiry(server: Server, past: dict[str, int]) -> list[Finding]:
    """Say what goes once the TTL monitor is on."""
    if not is_ttl_kept_off(server):
        return []
    names = ", ".join(f"{number} of {name}" for name, number in past.items())
    text = (
        f"it is off; {count(sum(past.values()), 'document')} will expire once it is on{f' ({names})' if names else ''}"
    )
    cure = "Look whether that is wanted, then let it on (mongodb.allow_ttl)."
    return [_finding(server, "warning" if past else "note", "TTL monitor", text, cure)]


def _finding(server: Server, severity: Any, about: str, text: str, cure: str) -> Finding:
    return Finding(severity=severity, about=about, text=text, cure=cure, system=server.name)


def _outcome(
    server: Server,
    expected: Expected,
    cases: Sequence[Case],
    findings: list[Finding],
    newest: datetime | None,
    past: dict[str, int],
) -> Outcome:
    for finding in findings:
        server.ctx.log(f"{finding.severity}: {finding}", "err" if finding.severity != "note" else "out")
    wrong = [finding for finding in findings if finding.severity == "wrong"]
    tally = Counter[str](case.state for case in cases)
    facts: dict[str, Any] = {
        "collections_checked": len(cases) - tally["missing"],
        "documents": sum(case.count for case in cases),
        **tally,
        "mismatches": [str(finding) for finding in wrong],
        "will_expire": sum(past.values()),
        **damage_facts(f"{case.namespace}: {case.text}" for case in cases if case.state == "unsound"),
    }
    if newest:
        facts["newest_commit_at"] = newest.isoformat()
    return Outcome(
        ok=not wrong,
        summary=_summary(facts, tally, wrong, newest),
        facts=facts,
        findings=findings,
        cures=_cures(wrong, expected),
        examined=[] if server.ctx.dry_run else [server.name],
    )


def _summary(facts: dict[str, Any], tally: Counter[str], wrong: list[Finding], newest: datetime | None) -> str:
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return f"{count(len(wrong), 'thing')} proven wrong: {'; '.join(map(str, wrong[:3]))}{more}."
    words = {
        "same": "as in the backup to the byte",
        "counted": "changed by the replay, and as many documents as that makes",
        "changed": "changed since",
        "missing": "missing",
    }
    parts = [f"{count(facts['collections_checked'], 'collection')} valid, {count(facts['documents'], 'document')}"]
    parts += [f"{tally[name]} {text}" for name, text in words.items() if tally[name]]
    parts += [f"the newest heartbeat is of {newest:%H:%M:%S} UTC"] if newest else []
    parts += [f"{facts['will_expire']} documents will expire"] if facts["will_expire"] else []
    return "; ".join(parts) + "."


def _cures(wrong: list[Finding], expected: Expected) -> list[Cure]:
    found = []
    if any("index is missing" in finding.text for finding in wrong):
        found.append(Cure(words="Rebuild the indexes.", action=_REBUILD))
    if any(finding.cure == _KEEP_OUT for finding in wrong):
        words = "Restore an older sound backup." if expected.restored else "Restore it from its newest sound backup."
        found.append(Cure(words=words, action=_RESTORE, cost="what was written after the recovery point"))
    rest = [finding for finding in wrong if finding.cure not in (_KEEP_OUT, "Rebuild the indexes.")]
    return [*found, *(Cure(words=f"{finding.about}: {finding.cure}") for finding in rest[:2])]

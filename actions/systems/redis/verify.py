"""``redis.verify``: whether all keys are there and stay, whether a restart keeps them, and how much was lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from actions.action import action
from actions.backups.repository.entry import Entry
from actions.backups.repository.place import Place
from actions.context import ActionContext, Progress
from actions.failover.promotion_record import whose_place
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.redis import restore_by_hand
from actions.systems.redis.aof import parse_manifest
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.counts import Counted, count_keys
from actions.systems.redis.files import look_at_files, what_loads
from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.identity import identity
from actions.systems.redis.logins import login_findings
from actions.systems.redis.measures import Info, troubles
from actions.systems.redis.restore_record import RestoreRecord, our_record
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.sources import source_of_backup
from actions.systems.redis.takeover import AGAIN_S
from actions.systems.redis.verified_connection import connect_verified
from actions.systems.redis.writers import writers_kept_out
from journal.errors import CleoError
from journal.wording.counting import count

_CHECK_S = 3600.0
_EMPTIED = 0.1
"""The share of keys that never expire below which it is taken for proven that they were lost, and not removed."""


class _Look(msgspec.Struct, frozen=True, kw_only=True):
    """A server at one moment: its keys, what it says of itself, its newest heartbeat, and what of logins is wrong."""

    keys: Counted
    info: Info
    newest: datetime | None
    unmeasured: str
    logins: list[Finding]


@action("redis.verify", target=identity, by_hand=restore_by_hand.verify)
def verify(ctx: ActionContext) -> Outcome:
    """Verify Redis' keys.

    Counts the keys of every database twice, ten seconds apart, compares with what was restored, and looks whether a
    restart would keep them and the application can log in.

    Needs: the server up as a master; redis-check-aof on its host.
    """
    server = find_server(ctx)
    first = _look(server)
    _require_master(server, first.info)
    record = our_record(server)
    quiet = writers_kept_out(ctx) is None
    _wait(server)
    second = _look(server)
    findings = [
        *_of_keys(server, first.keys, second.keys, record, quiet=quiet),
        *_of_files(server),
        *(Finding(severity="warning", about=server.name, text=text) for text in troubles(second.info)),
        *second.logins,
    ]
    findings = [msgspec.structs.replace(one, system=server.name) for one in findings]
    for finding in findings:
        ctx.log(f"{finding.severity}: {finding}", "err" if finding.severity != "note" else "out")
    return _outcome(server, second, findings, record)


def _look(server: Server) -> _Look:
    with connect_verified(server, deadline_s=30) as client:
        info: Any = client.info("everything")
        if info.get("loading"):
            raise ActionFailed(f"{server.name} still loads its data.", "Wait until it is up; then run the step again.")
        newest, why = newest_write(client, server.settings)
        return _Look(
            keys=count_keys(client),
            info=info,
            newest=newest,
            unmeasured=why,
            logins=list(login_findings(client, server.settings)),
        )


def _require_master(server: Server, info: Info) -> None:
    if info.get("role") == "slave":
        raise ActionFailed(
            f"{server.name} is a replica of {info['master_host']}:{info['master_port']}: it has what that one has.",
            f"Verify its master{f': --on {server.settings.standby_of}' if server.settings.standby_of else ''}.",
        )


def _wait(server: Server) -> None:
    """Wait ten seconds: what is evicted, or expires at once, is seen by then."""
    end = time.monotonic() + AGAIN_S
    while (left := end - time.monotonic()) > 0:
        server.ctx.check_cancelled()
        server.ctx.progress(Progress(text=f"counting the keys again in {left:.0f} s"))
        time.sleep(min(0.5, left))


def _of_keys(
    server: Server, first: Counted, second: Counted, record: RestoreRecord | None, *, quiet: bool
) -> Iterator[Finding]:
    """Yield what is wrong with the number of keys. Where writers are in, they may have removed what is fewer."""
    gone = first.keys - second.keys - (second.expired - first.expired)
    evicted = second.evicted - first.evicted
    if evicted > 0:
        yield _finding("wrong", "memory", f"{count(evicted, 'key was', 'keys were')} evicted in {AGAIN_S:.0f} s", _ROOM)
    elif gone > 0 and quiet:
        yield _finding("wrong", "keys", f"{gone} went in {AGAIN_S:.0f} s, and did not expire, with the writers out")
    expected, whence = _expected(server, record)
    lasting = {name: keys.keys - keys.expires for name, keys in second.databases.items()}
    emptied = sum(lasting.values()) < _EMPTIED * sum(expected.values())
    for name, should in sorted(expected.items()):
        has = lasting.get(name, 0)
        text = f"{has} keys that never expire, {should} were in {whence}"
        if has < should:
            yield _finding("wrong" if quiet or emptied else "warning", name, text)
        elif has > should and quiet and record:
            yield _finding("warning", name, text)
    if not expected:
        yield _finding("warning", "keys", _NOT_COMPARED, "Count what matters by hand; take backups with backups.take.")


_NOT_COMPARED = "not compared: neither a restore nor a backup tells how many there should be"
_ROOM = "Raise maxmemory, then restore again: what was evicted is gone."


def _finding(severity: Any, about: str, text: str, cure: str = "") -> Finding:
    return Finding(severity=severity, about=about, text=text, cure=cure or "Keep the writers out; restore again.")


def _expected(server: Server, record: RestoreRecord | None) -> tuple[dict[str, int], str]:
    """Return how many keys each database should have that never expire, and by what.

    By the file that was restored; else by the newest backup (of whose place it took, where it has none of its own),
    which the application may have changed since.
    """
    if record and record.state == "recovered":
        databases, whence = record.databases or record.source.databases, str(record.source)
    else:
        try:
            stored = _stored(server, server.name) or _stored(server, whose_place(server.ctx.files, server.name))
        except CleoError as error:
            server.ctx.log(f"The backups cannot be compared with: {error.message}", "err")
            stored = []
        if not stored:
            return {}, ""
        source = source_of_backup(stored[-1], "")
        databases, whence = source.databases, str(source)
    return {name: keys.keys - keys.expires for name, keys in databases.items()}, whence


def _stored(server: Server, name: str) -> list[Entry]:
    """Return the backups of a system in this server's repository, the newest last."""
    if not name:
        return []
    place = Place(server.ctx, name, server.settings.backups, server.settings.host)
    return [one.entry for one in place.listing().stored if not one.wrong]


def _of_files(server: Server) -> Iterator[Finding]:
    """Yield what a restart would not bring back: the next start must load what the server has now."""
    conf = read_configuration(server)
    files = look_at_files(server, conf)
    loads = what_loads(conf, files)
    if loads.why_not:
        yield _finding("wrong", "the next start", loads.why_not, "Have it write its data: BGSAVE, or appendonly yes.")
    elif loads.stale:
        yield _finding("warning", "the next start", loads.stale, "Have it write its append-only file: BGREWRITEAOF.")
    if loads.source == "append-only files" and files.append_only:
        manifest = f"{server.data}/{files.append_only.folder}/{conf.append_name}.manifest"
        check = server.check_aof(server, manifest, parse_manifest(server.read(manifest) or ""), _CHECK_S)
        if not check.sound and not check.last:
            text = f"{check.broken or manifest} cannot be read to its end: {check.why}"
            yield _finding(
                "wrong", "append-only file", text, "Have it written anew while the server runs: BGREWRITEAOF."
            )


def _outcome(server: Server, look: _Look, findings: list[Finding], record: RestoreRecord | None) -> Outcome:
    wrong = [finding for finding in findings if finding.severity == "wrong"]
    partial = next(("keys " + one.text for one in findings if one.text == _NOT_COMPARED), "")
    facts: dict[str, Any] = {
        "keys": look.keys.keys,
        "keys_compared": bool(record),
        "evicted_keys": look.keys.evicted,
        "expired_keys": look.keys.expired,
    }
    if look.newest:
        facts["newest_commit_at"] = look.newest.isoformat()
    elif look.unmeasured:
        server.ctx.log(f"The newest write is not measured: {look.unmeasured}.", "err")
    if wrong:
        named = "; ".join(str(one) for one in wrong[:3])
        summary = f"{count(len(wrong), 'thing')} proven wrong: {named}."
    else:
        beat = f"; the newest heartbeat is of {look.newest:%H:%M:%S} UTC" if look.newest else ""
        summary = f"{look.keys.words()}, counted again after {AGAIN_S:.0f} s, none evicted meanwhile{beat}."
    restore = Cure(words="Restore again, with the writers out.", action="redis.restore", cost="what was written since")
    return Outcome(
        ok=not wrong,
        summary=summary,
        facts=facts,
        findings=findings,
        cures=[restore] if wrong else [],
        partial=partial,
        examined=[] if partial or server.ctx.dry_run else [server.name],
    )

"""A closer look at a file store, for damage report and health check."""

from __future__ import annotations

from typing import Any

from actions.backups.listing import described, what_is_wrong
from actions.backups.measured import offsite_where_unlisted, restore_time_facts
from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Cure, Finding, Settling
from actions.systems.files.engine import ENGINE
from actions.systems.files.restic import restic
from actions.systems.files.store import RESTORE, START, Store, last_words, not_ours, what_is_lost
from actions.systems.files.unlock import UNLOCK, stale_locks
from journal.errors import CleoError
from journal.wording.counting import count

_LOOK_S = 3.0
_WALK_S = 60.0
_CHECK_S = 600.0
_VERIFY = Cure(words="Compare every file with the newest snapshot.", action="files.verify")


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Return what lies there and which snapshots there are; a thorough look has restic check the repository."""
    store = Store(ctx, system)
    try:
        seen = store.look(walk_s=_WALK_S if thorough else 2.0, timeout_s=_WALK_S + 30 if thorough else _LOOK_S)
    except CleoError as error:
        return Examination(findings=[_warning(system, f"not looked at: {error.message}")])
    found = Examination(
        settles=[_use_of_start(store, seen)], lines=_lines(store, seen), findings=_findings(store, seen)
    )
    found.facts = {"there": seen["kind"] == "directory"}
    found.cures = _cures(store, seen)
    for look in (_snapshots, _check) if thorough else (_snapshots,):
        try:
            look(store, found)
        except CleoError as error:
            found.lines.append(f"not measured: {error.message}")
    return found


def _lines(store: Store, seen: dict[str, Any]) -> list[str]:
    files = f"{count(seen['files'], 'file')}, {seen['bytes']:,} bytes" if seen["kind"] == "directory" else ""
    lines = [f"directory {store.place}: {seen['kind']} {files}".rstrip(), f"free: {seen['free']:,} bytes"]
    lines += [f"kept: {path}" for path in seen["kept"]]
    return lines + [f"unfinished restore: {path}" for path in seen["restoring"]]


def _findings(store: Store, seen: dict[str, Any]) -> list[Finding]:
    if why := not_ours(store.settings, seen):
        return [_warning(store.name, why)]
    if lost := what_is_lost(seen):
        text, cure = f"it is {lost}", RESTORE.words
        return [Finding(severity="wrong", about=store.place, text=text, cure=cure, system=store.name, on_disk=True)]
    return []


def _cures(store: Store, seen: dict[str, Any]) -> list[Cure]:
    if not seen["mounted"]:
        return [START]
    if not_ours(store.settings, seen):
        return []
    return [RESTORE] if what_is_lost(seen) else [_VERIFY]


def _use_of_start(store: Store, seen: dict[str, Any]) -> Settling:
    if not seen["mounted"]:
        return Settling(action="files.start", use="open")
    if lost := what_is_lost(seen):
        return Settling(action="files.start", use="impossible", words=f"its directory is {lost}")
    return Settling(action="files.start", use="needless", words="it is there")


def _snapshots(store: Store, found: Examination) -> None:
    with offsite_where_unlisted(store.ctx, store.name, found.facts):
        listed = ENGINE.list(store.ctx, store.name)
    facts = described(listed)
    found.facts |= {**facts, **restore_time_facts(store.ctx, store.name, listed.sets)}
    found.lines.append(f"{count(facts['backups'], 'snapshot')}, newest {facts.get('newest', 'none')}")
    found.findings += what_is_wrong(listed)
    if stale_locks(store):
        found.cures.append(UNLOCK)


def _check(store: Store, found: Examination) -> None:
    """Have restic check how the repository hangs together; only ``backups.verify --full`` reads its packs."""
    done = store.query(restic(store.settings, "check", "--no-lock"), _CHECK_S)
    said = "hangs together (packs not read)" if not done.code else last_words(done)
    found.lines.append(f"repository: {said}")
    if done.code:
        found.findings.append(
            Finding(
                severity="wrong",
                about="repository",
                text=said,
                cure="backups.verify --full tells which snapshots are sound.",
            )
        )


def _warning(system: str, text: str) -> Finding:
    return Finding(severity="warning", about=system, text=text)

"""``files.verify``: every file of the store, byte by byte, against a snapshot; restic proves each byte of that.

Wrong is what nobody can have written: a file that differs though its times say that it was not touched since the
snapshot, and one that is missing. While writers are kept out since a restore, every difference is. What was written
since is said; where most files were, and cannot be compressed any more, that is no application's work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from actions.action import action
from actions.backups.engine import leave_mark
from actions.backups.marks import Mark
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.files.choice import candidates
from actions.systems.files.restic import Snapshot, restic
from actions.systems.files.store import RESTORE, Store, find_store, identity, instant, last_words
from journal.events.measured import Measured
from journal.wording.counting import count

_WORDS = {
    "damaged": "differ, though they were not written since the snapshot",
    "missing": "are missing",
    "kind": "are something else than in the snapshot (a folder, a link)",
    "scrambled": "were overwritten with what looks encrypted",
    "link": "are links to something else",
    "changed": "were written since the snapshot",
    "deleted": "were deleted by the application",
    "new": "are new since the snapshot",
    "extra": "are not in the snapshot, though they are older",
    "mode": "have other permissions",
    "owner": "have another owner",
    "attributes": "lack extended attributes",
}
_WRONG = ("damaged", "missing", "kind", "scrambled")
_SAID = ("changed", "deleted", "new")
_MOST = 0.5
"""Of all files: so many that were written since one hourly snapshot are worth a look."""
_FEW = 3


@action("files.verify", resumable=True, target=identity, params={"snapshot": "compare with this one, by its id"})
def verify(ctx: ActionContext, *, snapshot: str = "") -> Outcome:
    """Verify every file of the store against a snapshot.

    Byte by byte, against the snapshot that was restored, else the newest. Wrong is what nobody can have written: a file
    that differs though it was not touched since, and one that is missing.

    Needs: the right to read the store, and the repository with its password; as long as reading both takes.

    Leaves: after a restore, while writers are still out, a note beside the snapshot. No file is changed.
    """
    store = find_store(ctx)
    seen = store.look()
    store.require_ours(seen)
    chosen = _reference(store, seen, snapshot)
    if not ctx.effect(f"read every file of {store.place}, and of snapshot {chosen.label}"):
        return Outcome(ok=True, summary=f"would compare {store.name} with snapshot {chosen.label}")
    found = _compared(store, chosen)
    frozen = _frozen(store, seen)
    findings = [*_findings(store, found, frozen), *_many(store, found)]
    for finding in findings:
        ctx.log(f"{finding}: {', '.join(found['differ'].get(_kind(finding), []))}".rstrip(": "))
    wrong = any(finding.severity == "wrong" for finding in findings)
    newest = instant(found["newest"])
    said = "; ".join(f"{finding.about} {finding.text}" for finding in findings) or "every one as in the snapshot"
    summary = f"{store.name}: {count(found['files'], 'file')} of snapshot {chosen.label} compared: {said}."
    if frozen and _is_of(seen, chosen):
        _leave_mark(store, seen["restored"], chosen, ok=not wrong, words=summary)
    return Outcome(
        ok=not wrong,
        summary=summary,
        facts={"snapshot": chosen.label, "files": found["files"], **Measured(newest_commit_at=newest).facts()},
        findings=findings,
        cures=[RESTORE] if wrong else [],
        examined=[store.name],
    )


def _leave_mark(store: Store, record: dict[str, Any], chosen: Snapshot, *, ok: bool, words: str) -> None:
    """Write beside the snapshot what came of its restore, and how long that took."""
    now, seconds, facts = datetime.now(UTC), record.get("seconds", 0.0), {"bytes": record["bytes"]}
    mark = Mark(at=now, ok=ok, by=store.ctx.incident.id, seconds=seconds, words=words, facts=facts)
    leave_mark(store.ctx, chosen.label, "restored", mark)


def _reference(store: Store, seen: dict[str, Any], named: str) -> Snapshot:
    """Return the snapshot to compare with: the one that was restored for this incident, else the newest."""
    record = seen["restored"]
    if named:
        return candidates(store, named)[0]
    usable = [each for each in store.snapshots() if not each.unusable]
    ours = record["snapshot"] if record and record["incident"] == store.ctx.incident.id else ""
    if found := next((each for each in usable if each.id == ours), None):
        return found
    if not usable:
        raise ActionFailed(f"{store.name} has no snapshot to be compared with.", "Take one: backups.take.")
    return usable[-1]


def _compared(store: Store, chosen: Snapshot) -> dict[str, Any]:
    words = [store.place, chosen.id, chosen.path, str(chosen.time.timestamp()), json.dumps(store.settings.may_vanish)]
    done = store.run("verify", store.program("verify", *words, *restic(store.settings)))
    if done.code:
        read = Cure(words="Find out which snapshots are sound.", action="backups.verify", params={"full": True})
        raise ActionFailed(f"Snapshot {chosen.label} cannot be read to its end: {last_words(done)}", cures=[read])
    found: dict[str, Any] = json.loads(done.out.strip().splitlines()[-1])
    return found


def _frozen(store: Store, seen: dict[str, Any]) -> bool:
    """Whether nobody could write since the restore of this incident."""
    door, record = seen["door"], seen["restored"]
    ours = record and record["state"] == "restored" and record["incident"] == store.ctx.incident.id
    return bool(ours and door and door["at"] <= record["at"])


def _is_of(seen: dict[str, Any], chosen: Snapshot) -> bool:
    """Whether the store was restored from this snapshot."""
    record = seen["restored"]
    return bool(record and record["state"] == "restored" and record["snapshot"] == chosen.id)


def _findings(store: Store, found: dict[str, Any], frozen: bool) -> Iterator[Finding]:
    """Yield a finding for each kind of difference, the gravest first."""
    for kind, words in _WORDS.items():
        if not (number := found["number"].get(kind, 0)):
            continue
        wrong = kind in _WRONG or (frozen and kind != "extra")
        few = kind == "scrambled" and number < _FEW and not frozen
        severity = "note" if kind in _SAID and not wrong else "warning" if not wrong or few else "wrong"
        text = f"{words} ({', '.join(found['differ'][kind][:3])}{', …' if number > 3 else ''})"
        cure = RESTORE.words if severity == "wrong" else "" if severity == "note" else "Look at them."
        system = store.name if severity == "wrong" else ""
        yield Finding(severity=severity, about=count(number, "file"), text=text, cure=cure, system=system)  # type: ignore[arg-type]


def _many(store: Store, found: dict[str, Any]) -> Iterator[Finding]:
    """Say where most of the files were written since one snapshot."""
    number = found["number"].get("changed", 0) + found["number"].get("scrambled", 0)
    if number > max(_FEW, _MOST * found["files"]):
        text = f"most of its files were written since the snapshot: {number} of {found['files']}"
        yield Finding(
            severity="warning", about=store.name, text=text, cure="Ask whose work that was, and look at some."
        )


def _kind(finding: Finding) -> str:
    return next((kind for kind, words in _WORDS.items() if finding.text.startswith(words)), "")

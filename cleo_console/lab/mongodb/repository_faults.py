"""Faults of the backups' repository: what one only notices when it is needed."""

from __future__ import annotations

from cleo_console.lab.mongodb import backups, server
from cleo_console.lab.mongodb.cluster import APPLICATION, DATABASE, Member
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError


def damage_newest_backup(member: Member) -> Done:
    """Change a byte in the largest file of the newest full backup; one before it stays sound."""
    label, previous, name = _newest_full(member)
    place = member.backups.change_byte(label, name)
    what = f"Changed byte {place} of {name} in the newest full backup {label}; the one before it is {previous}."
    return what, {"label": label, "previous": previous, "file": member.backups.at(label, name)}


def truncate_newest_backup(member: Member) -> Done:
    """Cut the largest file of the newest full backup to its half; one before it stays sound."""
    label, previous, name = _newest_full(member)
    member.backups.halve(label, name)
    what = f"Cut {name} in the newest full backup {label} to its half; the one before it is {previous}."
    return what, {"label": label, "previous": previous, "file": member.backups.at(label, name)}


def lose_oplog_slice(member: Member) -> Done:
    """Save the oplog three times, with a write before each, and delete what the second time saved."""
    server.require_running(member)
    saved = [_save_one(member, number) for number in range(3)]
    lost = saved[1]
    member.backups.delete(lost)
    what = f"Deleted the incremental backup {lost}; {saved[0]} before and {saved[2]} after it are there."
    return what, {"label": lost, "before": saved[0], "after": saved[2]}


FAULTS = (
    FaultKind(
        "damage-newest-backup", "change a byte of the newest full backup; there is one before it", damage_newest_backup
    ),
    FaultKind("truncate-newest-backup", "cut a file of the newest full backup to its half", truncate_newest_backup),
    FaultKind("lose-oplog-slice", "delete an incremental backup that later ones follow", lose_oplog_slice),
)
"""Each is done for real."""


def _newest_full(member: Member) -> tuple[str, str, str]:
    """Return the newest full backup, the one before it, and the largest file with documents in the newest."""
    found = [one for one in member.backups.entries() if one.kind == "full"]
    if len(found) < 2:
        server.require_running(member)
        backups.take(member, "full")
        found = [one for one in member.backups.entries() if one.kind == "full"]
    files = [file for file in found[-1].files if file.name.endswith(".bson")]
    if not files:
        raise CleoError(f"The newest full backup {found[-1].id} holds no documents.", "Take another one.")
    return found[-1].id, found[-2].id, max(files, key=lambda file: (file.size, file.name)).name


def _save_one(member: Member, number: int) -> str:
    """Let the application write something, and save the oplog with it."""
    with member.session(APPLICATION) as client:
        client[DATABASE]["conversations"].update_one({}, {"$set": {"flagged": bool(number % 2), "fault": number}})
    return backups.take(member, "incremental")

"""A file store's snapshots, behind the protocol that all backups have. restic locks, encrypts and proves them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from actions.backups.engine import KEEP_SOUND_SET, BackupEngine, BackupList, BackupSet, Checked, CopySource, Taken
from actions.backups.hold_file import part_of, with_holder, without_holder
from actions.backups.holding import Hold, HoldPart
from actions.backups.marks import FolderMarks, Marks
from actions.backups.storage.storage import Where
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Finding
from actions.systems.files.bucket import marks_of
from actions.systems.files.restic import HOLES, INCOMPLETE, Snapshot, by_hand, restic, take_snapshot
from actions.systems.files.settings import FilesSettings
from actions.systems.files.store import Store, identity_of, last_words
from actions.systems.files.unlock import UNLOCK, stale_locks
from actions.transport import FileMissing
from journal.events.types import Identity
from journal.wording.durations import rough_duration

_LATE = 2.0
"""Times the usual distance between two snapshots: the newest is too old then."""
_NO_FILE = "the inventory names no hold_file that the schedule obeys"


class Snapshots:
    """Takes, lists, verifies and holds a store's snapshots. Each is whole by itself."""

    kinds = ("full", "snapshot")
    options = ()

    def target(self, ctx: ActionContext, system: str) -> Sequence[Identity]:
        """Return what tells the store and its repository from every other."""
        return identity_of(Store(ctx, system))

    def list(self, ctx: ActionContext, system: str) -> BackupList:
        """Return the snapshots; those with holes are unusable."""
        store = Store(ctx, system)
        found = store.snapshots()
        sound = [each.time for each in found if not each.unusable]
        return BackupList(
            sets=[_set(each) for each in found],
            findings=[*_doubts(store, found), *stale_locks(store)],
            archived_until=max(sound, default=None),
        )

    def verify(self, ctx: ActionContext, system: str) -> Checked:
        """Read every pack of the repository; where one is damaged, every snapshot, to tell which of them are sound.

        Without a lock: one of hours would keep the hourly snapshots from being taken.
        """
        store = Store(ctx, system)
        found = [each for each in store.snapshots() if not each.unusable]
        done = store.run("check", restic(store.settings, "check", "--read-data", "--no-lock"))
        if not done.code:
            return Checked(sound=[each.label for each in found], damaged=[])
        wrong = Finding(severity="wrong", about="repository", text=last_words(done), cure=KEEP_SOUND_SET)
        sound = [each.label for each in found if _reads(store, each)]
        damaged = [each.label for each in found if each.label not in sound]
        said = [
            Finding(severity="wrong", about=f"snapshot {label}", text="cannot be read to its end", cure=KEEP_SOUND_SET)
            for label in damaged
        ]
        return Checked(sound=sound, damaged=damaged, findings=[wrong, *said])

    def recovered(self, ctx: ActionContext, system: str) -> bool:
        """Whether the store was restored in this incident, or compared with a snapshot."""
        record = Store(ctx, system).look()["restored"]
        if record and record["state"] == "restored" and record["incident"] == ctx.incident.id:
            return True
        return any(facts.keys() >= {"snapshot", "files"} for facts in ctx.incident.facts.values())

    def take(self, ctx: ActionContext, system: str, kind: str, options: Mapping[str, Any]) -> Taken:
        """Take a snapshot. One with holes is marked as such, and is no backup."""
        store = Store(ctx, system)
        seen = store.look()
        store.require_ours(seen)
        if seen["empty"]:
            raise ActionFailed(f"{store.place} is empty: a snapshot of nothing is no backup.", "Is its disk mounted?")
        store.require_repository()
        if not ctx.effect(f"take a snapshot of {store.place}"):
            return Taken(set=None)
        done = store.run("take", take_snapshot(store.settings), lambda _, line: _show(ctx, line))
        if done.code not in (0, HOLES):
            cures = [UNLOCK] if "lock" in done.err else []
            raise ActionFailed(f"restic took no snapshot: {last_words(done)}", "See what it says.", cures=cures)
        id_ = _summary(done.out).get("snapshot_id", "")
        if done.code == HOLES and id_:
            store.run("mark", restic(store.settings, "tag", "--add", INCOMPLETE, id_))
        return self._taken(store, id_, holes=done.code == HOLES)

    def _taken(self, store: Store, id_: str, *, holes: bool) -> Taken:
        """Return the snapshot as the repository lists it now; marking one gives it another id."""
        found = store.snapshots()
        new = [each for each in found if each.id.startswith(id_)] if id_ and not holes else found[-1:]
        if not new:
            raise ActionFailed(f"Snapshot {id_} is not listed.", "See whether snapshot_host and tag are as before.")
        return Taken(set=_set(new[-1]), manifest=True)

    def by_hand(self, verb: str, known: ByHand) -> Sequence[CommandLine]:
        """Return restic's own commands."""
        settings = known.settings(FilesSettings)
        argv = {
            "verify": by_hand(settings, restic(settings, "check", "--read-data")),
            "take": by_hand(settings, take_snapshot(settings)),
            "hold": ["touch", settings.hold_file],
            "release": ["rm", "-f", settings.hold_file],
        }[verb]
        if not settings.hold_file and verb in ("hold", "release"):
            return []
        return [CommandLine(argv=argv, host=settings.host, user=settings.run_as)]

    def marks(self, ctx: ActionContext, system: str) -> Marks | None:
        """Return the folder or the bucket of the repository, of which restic lists only its own files; else None."""
        store = Store(ctx, system)
        settings = store.settings
        if not settings.repository.startswith("/"):
            return marks_of(ctx, settings, local=store.local)
        return FolderMarks(ctx, settings.host, settings.repository, user=settings.run_as, between=".")

    def copy_source(self, ctx: ActionContext, system: str) -> CopySource | None:
        """Return a local repository or a bucket; restic keeps nothing that is called after a forgotten snapshot."""
        store = Store(ctx, system)
        settings = store.settings
        local = Where(place=settings.repository) if settings.repository.startswith("/") else None
        where = local or settings.bucket()
        if where is None:
            return None
        return CopySource(
            host=settings.host,
            where=where,
            user=settings.run_as,
            proof="snapshots/{label}*",
            remembers=False,
            heads=("index/*", "snapshots/*"),
            skip=("locks", "tmp"),
            called_by_content=("data/*", "keys/*", "index/*", "snapshots/*"),
            python=settings.python,
        )

    def read_hold(self, ctx: ActionContext, system: str) -> Hold:
        """Return what the hold file says: while it is there, nothing is taken by schedule, and nothing expires."""
        store = Store(ctx, system)
        if not store.settings.hold_file:
            return Hold(schedule=HoldPart(cannot=_NO_FILE), expiry=HoldPart(cannot=_NO_FILE))
        part = part_of(_read(store), system)
        return Hold(schedule=part, expiry=part)

    def hold(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Write this incident into the hold file."""
        store, me = Store(ctx, system), ctx.incident.id
        file = store.settings.hold_file
        if file and not found.stands_for(me) and ctx.effect(f"write {file}: no snapshot is taken or expires meanwhile"):
            _write(store, with_holder(_read(store), me, system))

    def release(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Take this incident out of the hold file."""
        store, me = Store(ctx, system), ctx.incident.id
        file = store.settings.hold_file
        if file and found.stands_for(me) and ctx.effect(f"give up this incident's hold in {file}"):
            if left := without_holder(_read(store) or "", me, system):
                _write(store, left)
            else:
                store.run("release", ["rm", "-f", file])


def _set(snapshot: Snapshot) -> BackupSet:
    """Return a snapshot as a backup. When it ended restic does not keep: its beginning stands for that, too."""
    return BackupSet(label=snapshot.label, kind="full", ended_at=snapshot.time, unusable=snapshot.unusable)


def _doubts(store: Store, found: Sequence[Snapshot]) -> list[Finding]:
    """Return what the times of the snapshots tell."""
    usable, now = [each for each in found if not each.unusable], datetime.now(UTC)
    ahead = [each for each in usable if each.time > now + timedelta(minutes=5)]
    said = [_warning(f"snapshot {each.label} is dated {each.time:%Y-%m-%d %H:%M} UTC, after now") for each in ahead]
    usual = timedelta(minutes=store.settings.every_minutes)
    if usable and now - usable[-1].time > usual * _LATE:
        age = rough_duration((now - usable[-1].time).total_seconds())
        said.append(
            _warning(f"the newest is {age} old, and one is taken every {rough_duration(usual.total_seconds())}")
        )
    return said


def _warning(text: str) -> Finding:
    return Finding(severity="warning", about="snapshots", text=text, cure="Look at what takes them, and at its log.")


def _reads(store: Store, snapshot: Snapshot) -> bool:
    """Whether a snapshot can be read to its end."""
    store.ctx.log(f"reading snapshot {snapshot.label}")
    argv = restic(store.settings, "dump", "--no-lock", "--archive", "tar", snapshot.id, snapshot.path)
    return not store.run(f"read-{snapshot.label}", ["sh", "-c", '"$@" >/dev/null', "sh", *argv]).code


def _show(ctx: ActionContext, line: str) -> None:
    """Show how far restic says that it is."""
    if '"status"' in line and (said := _json(line)):
        text = f"{said.get('files_done', 0):,} of {said.get('total_files', 0):,} files"
        ctx.progress(Progress(fraction=float(said.get("percent_done", 0.0)), text=text))


def _summary(out: str) -> dict[str, Any]:
    lines = (_json(line) for line in reversed(out.splitlines()) if '"summary"' in line)
    return next(lines, {})


def _json(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _read(store: Store) -> str | None:
    try:
        return store.ctx.transport(store.settings.host).read_file(store.settings.hold_file).decode()
    except FileMissing:
        return None


def _write(store: Store, text: str) -> None:
    store.ctx.transport(store.settings.host).write_file(store.settings.hold_file, text.encode(), mode=0o644)


ENGINE: BackupEngine = Snapshots()

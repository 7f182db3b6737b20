"""Looks through a file store for an intruder's traces: what lies there, and its snapshots by what restic lists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.intrusion.file_kinds import suspect_by_itself
from actions.intrusion.traces import Holding, NothingRestored, Thing
from actions.outcome import ActionFailed
from actions.systems.files.restic import by_hand, restic
from actions.systems.files.settings import FilesSettings
from actions.systems.files.store import Store, find_store, last_words

_LOOK_S = 3600.0
_BEFORE = timedelta(microseconds=1)


class FilesTraces(NothingRestored):
    """One store (`actions.intrusion.traces.TraceSource`): nothing is restored, restic lists what a snapshot holds."""

    looked_for = (
        "files that can be run, setuid and setgid",
        "links, devices, pipes and sockets",
        "files that run or let somebody in by their names",
    )
    not_looked_for = ("what files say", "a file changed in size and time as before", "owners and attributes")

    def now(self, ctx: ActionContext) -> Holding:
        """Return what lies at the store's directory."""
        store = find_store(ctx)
        return Holding(things=_things(store, store.place, "live", store.place))

    def at(self, ctx: ActionContext, point: datetime, backup: str = "") -> Holding:
        """Return what the snapshot lists that a restore would take."""
        store = find_store(ctx)
        usable = [each for each in store.snapshots() if not each.unusable]
        fit = [each for each in usable if each.time <= point]
        if not fit:
            raise ActionFailed("no snapshot was begun before that instant")
        taken, later = fit[-1], usable[len(fit) :]
        words = restic(store.settings, "ls", "--json", "--no-lock", taken.id)
        until = later[0].time.astimezone(UTC) - _BEFORE if later else max(point, datetime.now(UTC))
        return Holding(
            things=_things(store, taken.path, "snapshot", *words),
            backup=taken.label,
            since=taken.time.astimezone(UTC),
            until=until,
        )

    def place(self, ctx: ActionContext) -> str:
        """Return the repository: nothing is restored."""
        return f"{find_store(ctx).settings.repository} (restic lists it, nothing is restored)"

    def by_hand(self, known: ByHand) -> Sequence[CommandLine]:
        """Return what compares two snapshots."""
        settings = known.settings(FilesSettings)
        argv = by_hand(settings, restic(settings, "diff", "--no-lock", "OLDEST", "NEWEST"))
        return [CommandLine(argv=argv, what="By their ids.", host=settings.host, user=settings.run_as)]


def _things(store: Store, root: str, *words: str) -> dict[str, Thing]:
    done = store.query(store.program("traces", *words), _LOOK_S)
    if done.code:
        raise ActionFailed(f"{store.name} cannot be looked through: {last_words(done)}")
    found: dict[str, tuple[str, str]] = json.loads(done.out)
    return {
        f"file {path.removeprefix(root + '/')}": Thing(what=what, digest=said, suspect=suspect_by_itself(what))
        for path, (what, said) in found.items()
    }


def source() -> FilesTraces:
    """Return how a store is looked through."""
    return FilesTraces()

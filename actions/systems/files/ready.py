"""What a file store's steps need beforehand: restic, its password and credentials, folders."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from actions.machine.machine import Machine
from actions.readiness.fences import look_at_fences
from actions.readiness.ready import Need
from actions.readiness.settings_needs import restore_folders
from actions.systems.files.restic import restic
from actions.systems.files.settings import FilesSettings
from actions.systems.files.store import Store
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding, State

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health

_ASK_S = 15.0
_SECRET = 'test -r "$1" && stat -c %a -- "$1"'
_RESTIC = ("files.restore", "files.verify", "backups.take", "backups.verify")


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: FilesSettings) -> Iterable[Need]:
        """Return restic, and the folders of a restore and of drills."""
        folders = restore_folders(settings, "", settings.scratch_in)
        programs = [settings.restic, *filter(None, [settings.python])]
        yield Need(host=settings.host, user=settings.run_as, programs=programs, folders=folders)

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Look at the files that restic reads itself: its password, and the bucket's credentials."""
        settings = ctx.inventory.system(system, FilesSettings)
        yield from look_at_fences(ctx, system, settings.fence)
        machine = Machine(ctx, settings.host, settings.run_as)
        for what, path in (("password", settings.password.file), ("credentials", settings.credentials)):
            if path:
                yield _file(machine, what, path, system)
        yield from _index(Store(ctx, system))


def _index(store: Store) -> Iterator[ReadyFinding]:
    """Yield that the repository's index is gone: restic lists snapshots without it, and restores none of them."""
    try:
        done = store.query(restic(store.settings, "list", "index", "--no-lock"), _ASK_S)
        there = done.code != 0 or bool(done.out.strip()) or not store.snapshots()
    except CleoError:
        return  # that it cannot be listed is said of its backups
    if not there:
        mend = "repair index (rebuild-index before 0.16)"
        yield ReadyFinding(
            about=f"index of the repository of {store.name}",
            state="wrong",
            words="it is gone: snapshots are listed, and none of them can be restored",
            cure=f"Let restic make it anew from the packs: {shlex.join(restic(store.settings))} {mend}",
            systems=[store.name],
            actions=_RESTIC,
        )


def _file(machine: Machine, what: str, path: str, system: str) -> ReadyFinding:
    """Return whether a secret's file is there for the account that uses it, and for nobody else."""
    about, words, cure = f"{what} of {system}", "", ""
    state: State = "ok"
    try:
        done = machine.query(["sh", "-c", _SECRET, "sh", path])
    except CleoError as error:
        return ReadyFinding(
            about=about, state="not measured", words=error.message, cure=error.hint, systems=[system], actions=_RESTIC
        )
    mode = done.out.strip()
    if done.code != 0:
        state, words = "wrong", f"{path} cannot be read by {machine.account}"
        cure = f"Put it back on {machine.host}, readable for {machine.account} alone."
    elif not mode.endswith("00"):
        state, words, cure = "wrong", f"others may read {path} (mode {mode}): it is refused", f"Run: chmod 600 {path}"
    return ReadyFinding(
        about=about, state=state, words=words or f"{path} is there", cure=cure, systems=[system], actions=_RESTIC
    )


READY = _Ready()

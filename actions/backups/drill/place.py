"""Where a drill works: the host, the folder there, and what of the inventory is otherwise for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from actions.outcome import ActionFailed, Cure
from actions.settings import SystemSettings

if TYPE_CHECKING:
    from actions.backups.marks import Mark
    from actions.context import ActionContext
    from actions.inventory import Inventory

OFFSITE = "offsite"
"""The source that is the second place alone."""
T = TypeVar("T")


class DrillPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a drill works that is not beside the system, or not from its own backups.

    Attributes:
        system: the system's name in the inventory.
        host: the host in the inventory.
        root: a folder of the drill's own there: all that it makes lies in it.
        real: the system's own directory, which is never removed.
        own: whether the host is the system's own.
        offsite: whether nothing may be used but what lies off site.
        fetched: whether the backups are fetched from the second place; else they are read where they lie.
    """

    system: str
    host: str
    root: str
    real: str
    own: bool
    offsite: bool
    fetched: bool

    @property
    def repository(self) -> str:
        """Where the repository is fetched to."""
        return f"{self.root}/repository"

    @property
    def data(self) -> str:
        """What stands for the system's data directory: nothing is ever there, and what belongs to it lies beside."""
        return f"{self.root}/server"


def find_place(ctx: ActionContext, source: str, on: str) -> DrillPlace | None:
    """Return where a drill of the context's system works; None: beside the system, from its own backups.

    Args:
        ctx: the action's context.
        source: ``offsite``, or empty: its own backups.
        on: a host of the inventory; empty: the one that the inventory names for drills, else the system's own.

    Raises:
        ActionFailed: there is no such source, or nothing tells where a drill may work on that host.
        UnknownTarget: there is no such host.
    """
    if source not in ("", OFFSITE):
        raise ActionFailed(f"There is no source {source!r} of backups.", f"Say {OFFSITE}, or nothing.")
    settings = ctx.inventory.systems[ctx.system]
    host, offsite = on or settings.drill.host or settings.host, source == OFFSITE
    ctx.inventory.host(host)
    own = host == settings.host
    if own and not offsite:
        return None
    elsewhere = settings.backups_site not in ("", settings.site)
    return DrillPlace(
        system=ctx.system,
        host=host,
        root=f"{_folder(settings, ctx.system, host, own=own)}/cleo-drill-{ctx.system}",
        real=settings.place(),
        own=own,
        offsite=offsite,
        fetched=offsite and not elsewhere,
    )


def _folder(settings: SystemSettings, system: str, host: str, *, own: bool) -> str:
    if settings.drill.folder:
        return settings.drill.folder.rstrip("/")
    beside = getattr(settings, "scratch_in", "").rstrip("/") or settings.place().rpartition("/")[0]
    if own and beside:
        return str(beside)
    raise ActionFailed(
        f"Nothing tells where on {host} a drill of {system} may work.",
        cures=[
            Cure(words=f"Name a folder there with room for it in the inventory (systems: {system}: drill: folder).")
        ],
    )


class _At:
    """A context in which the system is where a drill tries it; all else is the real one's.

    Attributes:
        real: the context that the action was given.
        place: where the drill works.
        notes: what the drill came to, by the backup's label.
    """

    def __init__(self, real: ActionContext, inventory: Inventory, place: DrillPlace) -> None:
        self.real, self.inventory, self.place = real, inventory, place
        self.notes: list[tuple[str, Mark]] = []

    def __getattr__(self, name: str) -> Any:
        """Return what the real context has."""
        return getattr(self.real, name)


def context_at(ctx: ActionContext, place: DrillPlace, settings: SystemSettings) -> ActionContext:
    """Return a context in which the system has other settings, and the second place the credentials kept off site."""
    offsite = ctx.inventory.offsite
    if offsite and place.offsite:
        offsite = msgspec.structs.replace(offsite, credentials=offsite.kept_credentials)
    systems = {**ctx.inventory.systems, place.system: settings}
    inventory = msgspec.structs.replace(ctx.inventory, systems=systems, offsite=offsite)
    return cast("ActionContext", _At(ctx, inventory, place))


def place_at(ctx: ActionContext) -> DrillPlace | None:
    """Return where the drill works whose context this is; None: beside the system, from its own backups."""
    return ctx.place if isinstance(ctx, _At) else None


def notes_at(ctx: ActionContext) -> list[tuple[str, Mark]] | None:
    """Return what the drill came to so far, to be added to; None: it is to be written beside the backup."""
    return ctx.notes if isinstance(ctx, _At) else None


def real_context(ctx: ActionContext) -> ActionContext:
    """Return the context that leads to the real system."""
    return ctx.real if isinstance(ctx, _At) else ctx


def newest_now(ctx: ActionContext, ask: Callable[[ActionContext], datetime | None]) -> datetime | None:
    """Return the real system's newest write as a drill begins; None where nobody can tell.

    A drill that may use nothing but what lies off site asks nobody: it is as if the system had written until now.

    Args:
        ctx: the drill's context.
        ask: asks the real system, by the context that leads to it.
    """
    if not isinstance(ctx, _At):
        return ask(ctx)
    return datetime.now(UTC) if ctx.place.offsite else ask(ctx.real)

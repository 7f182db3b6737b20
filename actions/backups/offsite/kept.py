"""What lies in the second place and is to be fetched: whole there, and reached by what is kept off site as well."""

from __future__ import annotations

from collections.abc import Sequence

from actions.backups.engines import engine_of
from actions.backups.offsite.acting import is_copied
from actions.backups.offsite.look import Seen
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure


def require_kept(ctx: ActionContext) -> None:
    """Refuse, before anything is looked at, what cannot be had without what is lost with the site.

    Args:
        ctx: aimed at the system whose copies are meant.

    Raises:
        ActionFailed: there is no second place, nothing of the system is copied there, or its credentials may be lost.
    """
    offsite = ctx.inventory.offsite
    if offsite is None:
        raise ActionFailed("The inventory names no second place.", "Name it (offsite: place).")
    if not is_copied(ctx, engine_of(ctx.inventory, ctx.system)):
        raise ActionFailed(
            f"The backups of {ctx.system} lie in no folder or bucket that is copied to {offsite.place}.",
            "If they lie at another site by themselves, say so (backups_site:).",
        )
    if offsite.credentials and not offsite.kept_credentials:
        raise not_kept(f"the credentials of {offsite.place}", offsite.credentials, "offsite: kept_credentials")


def require_copies(ctx: ActionContext, seen: Seen, labels: Sequence[str]) -> None:
    """Refuse where nothing was copied, or a copy lacks a piece by the list of what is there.

    Args:
        ctx: aimed at the system whose copies are meant.
        seen: the look at the second place.
        labels: the backups that are wanted of what is there.

    Raises:
        ActionFailed: there is none, or one of them is not whole.
    """
    where = place_words(ctx)
    if not labels:
        raise ActionFailed(
            f"Nothing of {ctx.system} is in the second place ({where}).",
            cures=[Cure(words="Copy its backups there: cleo backup run --type offsite-sync.")],
        )
    more = f", and {len(seen.damage) - 3} more" if seen.damage[3:] else ""
    lacking = [line for line in seen.damage if _is_about(line, labels, seen)]
    if lacking:
        raise ActionFailed(
            f"In the second place ({where}) {'; '.join(lacking[:3])}{more}: "
            f"{ctx.system} cannot be restored from there.",
            cures=[Cure(words="Copy it anew: cleo backup run --type offsite-sync --reread.")],
        )


def place_words(ctx: ActionContext) -> str:
    """Return where the second place is; empty: there is none."""
    return ctx.inventory.offsite.place if ctx.inventory.offsite else ""


def _is_about(line: str, labels: Sequence[str], seen: Seen) -> bool:
    """Whether a line of damage is about a backup that is wanted, or about none in particular."""
    name = line.partition(" ")[0]
    about = [label for label in seen.backups if label in name.split("/")]
    return not about or any(label in labels for label in about)


def not_kept(what: str, where: str, field: str) -> ActionFailed:
    """Return that something which is needed is not known to lie off site.

    Args:
        what: what it is, in words.
        where: where the inventory says that it lies.
        field: the field of the inventory that is to name its copy.
    """
    return ActionFailed(
        f"Nothing tells that a copy of {what} is kept off site: the inventory names only {where}, lost with the site.",
        cures=[Cure(words=f"Keep a copy off site, and name it in the inventory ({field}).")],
    )

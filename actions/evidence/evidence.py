"""What of a system is evidence, as its type tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from actions.outcome import ActionFailed
from actions.system_type import load
from journal.errors import CleoError

if TYPE_CHECKING:
    from actions.context import ActionContext


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the system was asked; it may hold secrets, and is printed nowhere.

    Attributes:
        name: what was asked, as a file's name.
        text: the answer.
        unseen: why there is none; empty: there is.
    """

    name: str
    text: str = ""
    unseen: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Where a system's evidence lies.

    Attributes:
        host: the inventory's host.
        running: whether the system runs: its files are then copied while they change.
        data: folders with its data.
        files: further files and folders: configuration, users, logs.
        looks: what it says of itself.
    """

    host: str
    running: bool
    data: Sequence[str]
    files: Sequence[str] = ()
    looks: Sequence[Look] = ()


EvidenceSource = Callable[["ActionContext"], Evidence]
"""Asks the system that the run is aimed at, and changes nothing. What cannot be asked is a look that says why."""


def find_evidence(ctx: ActionContext) -> Evidence:
    """Return what is evidence of the system that the run is aimed at.

    Raises:
        UnknownTarget: the inventory has no such system.
        ActionFailed: its type does not tell.
    """
    type_ = ctx.inventory.type_of(ctx.system)
    if not type_.evidence:
        raise ActionFailed(f"{type_.title} does not tell what of {ctx.system} is evidence.", "Preserve it by hand.")
    source: EvidenceSource = load(type_.evidence)
    return source(ctx)


def asked(name: str, ask: Callable[[], Any]) -> Look:
    """Return what a system answers, as JSON; why it does not, where it does not."""
    try:
        return Look(name=f"{name}.json", text=text_of(ask()))
    except CleoError as error:
        return Look(name=f"{name}.json", unseen=error.message)


def text_of(found: Any) -> str:
    """Return an answer as JSON; what JSON does not know is told by its words."""
    return msgspec.json.format(msgspec.json.encode(found, enc_hook=str), indent=1).decode()


def without_nested(paths: Sequence[str]) -> list[str]:
    """Return paths without empty ones and without those that lie in another of them."""
    wanted = list(dict.fromkeys(str(PurePosixPath(path)) for path in paths if path))
    return [path for path in wanted if not any(path != other and path.startswith(f"{other}/") for other in wanted)]

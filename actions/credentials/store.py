"""What a type of system brings so that its users' passwords can be changed, and strangers among them found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from actions.outcome import ActionFailed, Finding
from actions.system_type import load

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.settings import Credential

Answer = Literal["let in", "refused", "kept out"]
"""What a server says to a login; ``kept out``: it turns the user away whatever the password, while writers are."""


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """A user that nobody vouches for, or that is not as it was.

    Attributes:
        name: the user.
        what: what it may, or in what it differs.
        disabled: whether it cannot log in any more.
        known: whether it belongs there, and was only changed: it is not disabled.
    """

    name: str
    what: str
    disabled: bool = False
    known: bool = False


class CredentialStore(Protocol):
    """The users of one server. Every method may raise a `CleoError` where the server cannot be asked."""

    def verifier(self, user: Credential) -> str:
        """Return what the server keeps of a user's password, or what stands for that; empty: there is no such user."""

    def matches(self, user: Credential, password: str) -> bool:
        """Whether the server would take a password of that user, as far as what it keeps tells."""

    def change(self, user: Credential, password: str) -> None:
        """Give a user a password and no other. The password stands in no log, argument or error."""

    def end_sessions(self, user: Credential) -> int:
        """End what a user began before, and return how many sessions those were."""

    def try_login(self, user: Credential, password: str, at: str = "") -> Answer:
        """Log in as a user; ``at``: at this standby of the inventory, or at what stands in front."""

    def not_lasting(self, user: Credential) -> str:
        """Return why a change is gone after a restart, or is not everywhere; empty: it lasts."""

    def open_doors(self) -> Sequence[Finding]:
        """Return the ways in for which no password is asked."""

    def strangers(self) -> tuple[Sequence[Stranger], str]:
        """Return the users that nobody vouches for, and what they were compared with."""

    def disable(self, name: str) -> int:
        """Keep a stranger from logging in without removing it, and end its sessions; return how many those were."""


def find_store(ctx: ActionContext) -> CredentialStore:
    """Return the users of the system that the run is aimed at.

    Raises:
        UnknownTarget: the inventory has no such system.
        ActionFailed: its type has none.
    """
    type_ = ctx.inventory.type_of(ctx.system)
    if not type_.credentials:
        raise ActionFailed(f"{type_.title} has no users that this program knows of.", "Change its passwords by hand.")
    open_store: Callable[[ActionContext], CredentialStore] = load(type_.credentials)
    return open_store(ctx)

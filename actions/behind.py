"""The servers behind a pooler or proxy: what a type of system tells of its own, so that clients reach the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.secrets import Secret


class Instance(NamedTuple):
    """One running server, told from every other.

    Attributes:
        data: which data it has (a cluster's identifier).
        started: when its process began, as it says itself.
        writes: whether it takes writes.
        words: how people tell it: its port, what it is.
    """

    data: str
    started: str
    writes: bool
    words: str

    def is_same(self, other: Instance) -> bool:
        """Return whether both are one process."""
        return (self.data, self.started) == (other.data, other.started)


class Left(NamedTuple):
    """Sessions at a server that users are to be gone from; ``number`` is None where nobody could count them."""

    number: int | None
    words: str


class Front(NamedTuple):
    """How a client comes in; an empty user: the one that cleo is at the server itself."""

    address: str
    port: int
    database: str
    user: str = ""
    password: Secret | None = None


class Behind(Protocol):
    """Asks servers of one type who they are. It changes nothing."""

    def address(self, settings: Any) -> str:
        """Return host and port of a server, as the inventory has them."""

    def instance(self, ctx: ActionContext, name: str) -> Instance:
        """Prove that a server of the inventory answers, and return which it is.

        Raises:
            CleoError: it cannot be asked, or another one answers in its place.
        """

    def through(self, ctx: ActionContext, name: str, front: Front) -> Instance:
        """Ask who answers where a client comes in; ``name`` is the server that is meant.

        Raises:
            CleoError: nobody is let through, or nothing comes back in time.
        """

    def answers(self, ctx: ActionContext, name: str) -> bool:
        """Return whether something is at a server's address; not where nothing listens, or nothing comes back."""

    def sessions_left(self, ctx: ActionContext, name: str, within_s: float) -> Left:
        """Count the application's sessions at a server until there are none, or the time is over."""

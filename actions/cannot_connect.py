"""How a server fails to be talked to, whatever its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from journal.errors import CleoError


class CannotConnect(CleoError):
    """A server cannot be talked to; ``why`` is the kind of reason."""

    hints: ClassVar[Mapping[Any, str]] = {}
    """What helps, by the kind of reason."""

    def __init__(self, message: str, why: str, hint: str = "") -> None:
        super().__init__(message, hint or self.hints[why])
        self.why = why

    @property
    def login(self) -> str:
        """What is wrong with our login, in words: with a right password a user may still not come in, or not look."""
        if "pg_hba.conf" in self.message:
            return "it does not let our user in from here"
        if "not authorized" in self.message or "no permissions" in self.message:
            return "our user may not look at it"
        return "user or password is wrong"

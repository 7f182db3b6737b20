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

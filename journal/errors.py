"""The base of every error that a person can cause, so that none of them shows a traceback."""

from __future__ import annotations


class CleoError(Exception):
    """An error that a person can do something about.

    Args:
        message: what happened, and to what.
        hint: what to do next.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return message and hint, as a person should read them."""
        return f"{self.message}\n  {self.hint}" if self.hint else self.message

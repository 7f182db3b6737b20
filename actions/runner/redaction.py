"""Secrets never reach the journal: marked values are blotted out wherever something is written."""

from __future__ import annotations

from typing import Any

BLOT = "•••"
_SHORTEST = 3
"""Shorter values would blot out half of every line, and protect nothing."""


class Redactor:
    """Knows a run's secrets and blots them out. Marking is done before the secret is used."""

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()

    def mark(self, secret: str) -> str:
        """Remember a secret, and return it."""
        if len(secret) >= _SHORTEST and secret not in self._secrets:
            # Longest first, so that a secret within another leaves no remainder.
            self._secrets = tuple(sorted({*self._secrets, secret}, key=len, reverse=True))
        return secret

    def text(self, text: str) -> str:
        """Return ``text``, one line or many, without secrets; it has as many lines as before."""
        for secret in self._secrets:
            text = text.replace(secret, "\n".join([BLOT] * (secret.count("\n") + 1)))
        return text

    def value(self, value: Any) -> Any:
        """Return a value of JSON without secrets, at any depth."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        return value

"""Secrets never reach the journal: marked values are blotted out wherever something is written."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import quote

from actions.secrets import read_before

BLOT = "•••"
_SHORTEST = 3
"""Shorter values would blot out half of every line, and protect nothing."""


class Redactor:
    """Blots out the secrets that this process has read, and those that a run marks. Marking is done before the use."""

    def __init__(self) -> None:
        self._marked: set[str] = set()
        self._forms_of: tuple[frozenset[str], tuple[str, ...]] = (frozenset(), ())

    def mark(self, secret: str) -> str:
        """Remember a secret, and return it."""
        self._marked.add(secret)
        return secret

    def text(self, text: str) -> str:
        """Return ``text``, one line or many, without secrets; it has as many lines as before."""
        for secret in self._all_forms():
            text = text.replace(secret, "\n".join([BLOT] * (secret.count("\n") + 1)))
        return text

    def _all_forms(self) -> tuple[str, ...]:
        """Return every form of every secret, longest first, so that one within another leaves no remainder."""
        known = read_before() | self._marked
        of, forms = self._forms_of  # both in one: another thread must not find old forms under a new set
        if of != known:
            found = {form for secret in known if len(secret) >= _SHORTEST for form in _forms(secret)}
            forms = tuple(sorted(found, key=len, reverse=True))
            self._forms_of = known, forms
        return forms

    def value(self, value: Any) -> Any:
        """Return a value of JSON without secrets, at any depth."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        return value


def _forms(secret: str) -> set[str]:
    """Return a secret as programs print it: as it is, in an address, in JSON, in a Kubernetes secret."""
    raw = secret.encode("utf-8", "surrogateescape")  # an environment may hold bytes that are no text
    return {secret, quote(raw, safe=""), json.dumps(secret)[1:-1], b64encode(raw).decode()}

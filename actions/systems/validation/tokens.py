"""Tokens that no API may take, made of one that it gave."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def forgeries(token: str) -> Iterator[tuple[str, str]]:
    """Yield what each forged token is, and the token.

    A JSON Web Token is also tried without a signature (``alg: none``), and as another user's with the old signature.

    Args:
        token: one that is valid.
    """
    head, dot, signature = token.rpartition(".")
    yield "a forged token (signature changed)", f"{head}{dot}{_changed(signature)}"
    parts = token.split(".")
    if len(parts) != 3 or (claims := _decoded(parts[1])) is None:
        return
    another = _encoded({**claims, "sub": f"{claims.get('sub', '')}0"})
    yield "a forged token (another user's claims)", f"{parts[0]}.{another}.{parts[2]}"
    yield "a forged token (alg none)", f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{parts[1]}."


def _changed(text: str) -> str:
    """Return a text with another first character, never the last: bits of that may count for nothing."""
    other = next(each for each in _ALPHABET if each not in text[:1].upper() + text[:1].lower())
    return f"{other}{text[1:]}"


def _decoded(part: str) -> dict[str, object] | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(f"{part}{'=' * (-len(part) % 4)}"))
    except (ValueError, binascii.Error):
        return None
    return found if isinstance(found, dict) else None


def _encoded(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

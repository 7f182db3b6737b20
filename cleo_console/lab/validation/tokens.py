"""The stand-in's tokens: claims with an expiry, signed with HMAC-SHA256, in the form of JSON Web Tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any


def issue(key: bytes, user: int, session: str, *, lasts_s: float) -> str:
    """Return a token.

    Args:
        key: signs it.
        user: whose it is.
        session: the session that it belongs to.
        lasts_s: seconds until it expires; negative: it has.
    """
    claims = {"sub": str(user), "sid": session, "exp": time.time() + lasts_s}
    body = f"{_text({'alg': 'HS256', 'typ': 'JWT'})}.{_text(claims)}"
    return f"{body}.{_sign(key, body)}"


def claims_of(token: str) -> dict[str, Any] | None:
    """Return what a token claims, whoever signed it; None where it is no token."""
    try:
        part = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(f"{part}{'=' * (-len(part) % 4)}"))
    except (ValueError, IndexError):
        return None
    return found if isinstance(found, dict) else None


def is_ours(key: bytes, token: str) -> bool:
    """Whether we signed a token."""
    body, _, signature = token.rpartition(".")
    return hmac.compare_digest(_sign(key, body).encode(), signature.encode())


def _sign(key: bytes, body: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, body.encode(), hashlib.sha256)).decode().rstrip("=")


def _text(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

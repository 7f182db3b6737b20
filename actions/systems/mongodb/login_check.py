"""Whether a user's password is the one that the server keeps, told without logging in: it may be kept out just now."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pymongo import MongoClient

Found = Literal["right", "wrong", "missing", "unknown"]


def check_password(client: MongoClient[dict[str, Any]], user: str, password: str, database: str) -> Found:
    """Compare a password with the credentials that the server keeps of a user (RFC 5802, StoredKey).

    Returns:
        ``missing``: there is no such user; ``unknown``: the server keeps none that can be compared.

    Raises:
        PyMongoError: we may not see them.
    """
    users = client[database].command("usersInfo", {"user": user, "db": database}, showCredentials=True)["users"]
    if not users:
        return "missing"
    kept = users[0].get("credentials", {})
    if "SCRAM-SHA-256" in kept:
        return _same(kept["SCRAM-SHA-256"], _prepared(password), "sha256")
    if "SCRAM-SHA-1" in kept:
        digest = hashlib.md5(f"{user}:mongo:{password}".encode(), usedforsecurity=False).hexdigest()
        return _same(kept["SCRAM-SHA-1"], digest.encode(), "sha1")
    return "unknown"


def _prepared(password: str) -> bytes:
    from pymongo.saslprep import saslprep

    return str(saslprep(password)).encode() if password else b""


def _same(kept: Mapping[str, Any], secret: bytes, digest: str) -> Found:
    salted = hashlib.pbkdf2_hmac(digest, secret, base64.b64decode(kept["salt"]), int(kept["iterationCount"]))
    client_key = hmac.digest(salted, b"Client Key", digest)
    stored = hashlib.new(digest, client_key, usedforsecurity=True).digest()
    return "right" if hmac.compare_digest(stored, base64.b64decode(kept["storedKey"])) else "wrong"

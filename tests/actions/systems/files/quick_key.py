"""A restic repository whose password is tried in a millisecond: its own costs 0.2 s of a processor at each command.

The master key stays what it is; it is sealed anew, with a cheaper scrypt (restic's design document, "Keys, Encryption
and MAC": AES-256 in counter mode, Poly1305-AES).
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from hashlib import scrypt, sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR, ECB
from cryptography.hazmat.primitives.poly1305 import Poly1305

_BLOCK = 16


def quicken(repository: Path, password: str) -> None:
    """Seal the only key of a repository anew."""
    (old,) = (repository / "keys").iterdir()
    key = json.loads(old.read_bytes())
    sealed = b64decode(key["data"])
    start, hidden = sealed[:_BLOCK], sealed[_BLOCK:-_BLOCK]
    master = _counted(_user_key(key, password)[:32], start, hidden)
    key |= {"N": 1024, "r": 8, "p": 1}
    user = _user_key(key, password)
    hidden = _counted(user[:32], start, master)
    mark = Poly1305.generate_tag(user[48:] + _encrypted(user[32:48], start), hidden)
    key["data"] = b64encode(start + hidden + mark).decode()
    content = json.dumps(key).encode()
    (repository / "keys" / sha256(content).hexdigest()).write_bytes(content)
    old.unlink()


def _user_key(key: dict[str, Any], password: str) -> bytes:
    cost = {"n": key["N"], "r": key["r"], "p": key["p"]}
    return scrypt(password.encode(), salt=b64decode(key["salt"]), dklen=64, maxmem=1 << 28, **cost)


def _counted(key: bytes, start: bytes, content: bytes) -> bytes:
    return Cipher(AES(key), CTR(start)).encryptor().update(content)


def _encrypted(key: bytes, block: bytes) -> bytes:
    return Cipher(AES(key), ECB()).encryptor().update(block)  # one block: Poly1305-AES is defined so

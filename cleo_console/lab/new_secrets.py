"""New passwords of a lab's application, where its inventory says: what whoever responds to a break-in does first."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from cleo_console.lab.workspace import write_secret


def login(user: str, secret: Path) -> dict[str, Any]:
    """What the inventory says of a user whose password is changed after a break-in."""
    return {"user": user, "password": {"file": str(secret)}, "previous": {"file": str(previous_of(secret))}}


def previous_of(secret: Path) -> Path:
    """Return where the password of before is kept."""
    return secret.with_name(f"{secret.name}.previous")


def put_new_secret(secret: Path) -> str:
    """Put a new password in a secret's place, and keep the one of before; returns the new one."""
    new = secrets.token_urlsafe(24)
    write_secret(previous_of(secret), secret.read_text().strip(), os.geteuid(), os.getegid())
    write_secret(secret, new, os.geteuid(), os.getegid())
    return new

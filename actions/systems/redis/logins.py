"""Whether the application will be able to log in: its users lie in the ACL, which no RDB file has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from actions.outcome import Finding
from actions.systems.redis.settings import AppUser, RedisSettings
from journal.errors import CleoError

if TYPE_CHECKING:
    from redis import Redis

_CURE = "Bring back the users of the recovery point (ACL file), or give the application the password that is set."


def login_findings(client: Redis, settings: RedisSettings) -> Iterator[Finding]:
    """Yield what would keep a user of the application from logging in, once it is no longer kept out."""
    for user in settings.app_users:
        if why := _trouble(client, user):
            yield Finding(severity="warning", about=f"login of {user.name}", text=why, cure=_CURE)


def _trouble(client: Redis, user: AppUser) -> str:
    known: Any = client.acl_getuser(user.name)
    if not known:
        return "the server has no such user"
    if "nopass" in known["flags"]:
        return ""
    if user.password is None:
        return "" if known["passwords"] else "it has no password"
    try:
        digest = hashlib.sha256(user.password.read().encode()).hexdigest()
    except CleoError as error:
        return f"not tried: {error.message}"
    return "" if digest in known["passwords"] else "its password is another than the inventory's"

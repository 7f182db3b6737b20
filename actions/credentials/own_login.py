"""How we log in to a server whose users' passwords are changed, ours among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from actions.settings import Credential, SystemSettings

S = TypeVar("S", bound=SystemSettings)


def with_previous(settings: S, user: str) -> S | None:
    """Return a system's settings with our own password of before; None where our own is not one that is changed."""
    own = next((each for each in settings.logins if each.user == user and each.previous), None)
    return msgspec.structs.replace(settings, password=own.previous) if own else None


def vouched_for(settings: SystemSettings, *users: str) -> set[str]:
    """Return the users that an inventory knows of a system.

    Args:
        settings: the system.
        users: those that the system's own fields name.
    """
    credentials: Sequence[Credential] = settings.logins
    return {*users, *(each.user for each in credentials), *settings.accounts} - {""}

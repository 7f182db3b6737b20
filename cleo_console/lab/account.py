"""The account that a service of a lab runs as."""

from __future__ import annotations

import grp
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Account:
    """Who a service's programs run as.

    Args:
        name: the account's name; empty when that is the account which started the lab.
        uid: its number.
        gid: its group's number.
    """

    name: str
    uid: int
    gid: int

    @property
    def groups(self) -> list[int]:
        """The account's further groups."""
        return [group.gr_gid for group in grp.getgrall() if self.name in group.gr_mem]

    @property
    def identity(self) -> dict[str, Any]:
        """The arguments that make `subprocess` run a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": self.groups} if self.name else {}

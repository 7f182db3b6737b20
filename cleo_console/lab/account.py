"""The account that a service of a lab runs as."""

from __future__ import annotations

import grp
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actions.transport.switching import run_as


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

    def switch(self, argv: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
        """Return the command line, and the arguments for `subprocess`, that run a program as this account."""
        return run_as(argv, self.uid, self.gid, self.groups) if self.name else (list(argv), {})

    @property
    def identity(self) -> dict[str, Any]:
        """The arguments that make `subprocess` run a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": self.groups} if self.name else {}

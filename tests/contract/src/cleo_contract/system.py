"""What the contract must be told of a type of system, and what it must be able to do to one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, ClassVar

from actions.inventory import load_inventory
from actions.secrets import SecretUnavailable, secrets_of
from actions.settings import SystemSettings


class SystemUnderTest(ABC):
    """A system that runs, in an inventory of its own for LAB incidents. Each test leaves it running.

    Args:
        inventory: the inventory file.
    """

    type: ClassVar[str]
    """The name of its type."""

    recovery: ClassVar[Sequence[str]]
    """The actions that bring it back after `lose`, in order, with the one that plays ``restore`` among them."""

    asked_twice: ClassVar[Sequence[str]]
    """Actions with effects that a running system stands in this order, each twice; the last leaves it as it was."""

    roles: ClassVar[Sequence[str]] = ("start", "stop_writers", "allow_writers", "restore", "verify")
    """The roles that gates and plans ask for at every store; what is no store has fewer."""

    params: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """The parameters of actions that want some."""

    told_by_environment: ClassVar[Collection[str]] = ()
    """Names of programs that take a secret in no other way than by their environment."""

    kill_every: ClassVar[int] = 1
    """A restore's runner is killed at each point between its effects, or at every second one (2), and so on."""

    restored_runs: ClassVar[bool] = False
    """Whether a restore ends with a server that runs: another incident's is then refused for that, before its claim."""

    examine_s: ClassVar[float] = 10.0
    """Seconds that a closer look at a system that hangs may take."""

    def __init__(self, inventory: Path) -> None:
        self.inventory = inventory

    @property
    def name(self) -> str:
        """Its name in the inventory: the first one of its type."""
        return next(name for name, one in load_inventory(self.inventory).systems.items() if one.type == self.type)

    @property
    def settings(self) -> SystemSettings:
        """What the inventory says of it."""
        return load_inventory(self.inventory).systems[self.name]

    @property
    def secrets(self) -> list[str]:
        """The secrets that its settings lead to, and that are there: a password of before need not be."""
        found, named = [], list(secrets_of(self.settings))
        for secret in named:
            with suppress(SecretUnavailable):
                found.append(secret.read())
        assert found or not named
        return found

    @abstractmethod
    def fingerprint(self) -> Mapping[str, object]:
        """Return what an action could change: its process, the digests of its files, what lies beside its data.

        What the system changes by itself meanwhile is left out.
        """

    @abstractmethod
    def kept(self) -> Sequence[str]:
        """Return what restores have put aside so far."""

    @abstractmethod
    def lose(self) -> None:
        """Lose its data for real: it is down afterwards."""

    @abstractmethod
    def hangs(self) -> AbstractContextManager[object]:
        """Have it take connections and answer nothing, for the length of the block."""

    @abstractmethod
    def stranger(self) -> AbstractContextManager[Callable[[], bool]]:
        """Have another of its type answer at its address, in its place, for the length of the block.

        Returns:
            What tells whether the stranger was changed.
        """

    @abstractmethod
    def unseen(self) -> AbstractContextManager[object]:
        """Have it run while its pid file, or whatever usually tells so, says that it does not."""

    @abstractmethod
    def show_secrets(self) -> bool:
        """Have it say its secrets in what it answers to some look, as many a system does; return whether it will."""

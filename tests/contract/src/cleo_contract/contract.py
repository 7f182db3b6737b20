"""The whole contract: what is declared, how it is looked at, how it acts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cleo_contract.acting import ActingContract
from cleo_contract.declaration import DeclarationContract
from cleo_contract.incident import Work
from cleo_contract.looking import LookingContract
from cleo_contract.restoring import RestoringContract
from cleo_contract.serving import ServingContract
from cleo_contract.system import SystemUnderTest


class PlainContract(DeclarationContract, LookingContract, ActingContract):
    """What every type must pass: enough for one that has no data to restore, and no server to start.

    Derive from it, and override the fixture ``system``.
    """

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        """The system that is tested, running."""
        raise NotImplementedError("Give the contract a fixture called system, of the scope class.")

    @pytest.fixture
    def work(self, system: SystemUnderTest, tmp_path: Path) -> Iterator[Work]:
        """An open incident about it."""
        with Work(tmp_path / "home", system.inventory, system.name) as found:
            yield found


class Contract(RestoringContract, ServingContract, PlainContract):
    """What a server with data must pass."""

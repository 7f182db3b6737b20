"""A lab of one store each for the tests of a break-in; every test leaves it up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.labs import Lab, lab_directory, running_lab

LabOf = Callable[[str], Lab]
"""Returns the running lab that has one store alone."""


@pytest.fixture(scope="package")
def labs() -> Iterator[LabOf]:
    """The labs, each begun when it is first asked for."""
    with ExitStack() as stack:
        found: dict[str, Lab] = {}

        def lab_of(system: str) -> Lab:
            if system not in found and system == "postgres":
                found[system] = stack.enter_context(running_lab())
            elif system not in found:
                found[system] = Lab.up(stack.enter_context(lab_directory()), systems=[system], backup_minutes=600)
            return found[system]

        yield lab_of

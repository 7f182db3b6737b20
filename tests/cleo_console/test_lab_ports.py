"""A port of a lab is its own from the moment it is chosen: its server begins later."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from cleo_console.lab import ports
from journal.errors import CleoError

A_PORT, ANOTHER = 21_001, 21_002


def in_order(numbers: Sequence[int], k: int) -> list[int]:
    """Stands for chance: every lab tries the same ports first."""
    return [A_PORT, ANOTHER]


@pytest.fixture(autouse=True)
def unlucky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two labs that choose the same port, where nobody chose one before."""
    monkeypatch.setattr(random, "sample", in_order)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def claim(tmp_path: Path) -> Path:
    """Where it is written down that the first port is somebody's."""
    return tmp_path / f"cleo-lab-ports-{os.getuid()}" / str(A_PORT)


def test_a_port_whose_server_has_not_begun_yet_is_not_given_to_another_lab() -> None:
    """Both chose the same one, and the later server could not begin."""
    assert [ports.free_port(), ports.free_port()] == [A_PORT, ANOTHER]
    with pytest.raises(CleoError, match="No free port"):
        ports.free_port()


def test_a_port_is_given_again_after_two_hours(tmp_path: Path) -> None:
    """Else a machine that ran many labs has none left."""
    ports.free_port()
    os.utime(claim(tmp_path), (0, 0))
    assert ports.free_port() == A_PORT


def test_where_no_port_can_be_set_aside_it_says_so(tmp_path: Path) -> None:
    """A stranger's file lies where they are written down."""
    claim(tmp_path).parent.touch()
    with pytest.raises(CleoError, match="could be set aside"):
        ports.free_port()

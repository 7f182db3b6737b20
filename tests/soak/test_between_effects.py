"""A runner that is killed at every point between two effects repeats, loses and halves nothing (`make soak`)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.between_effects import SCENES, Scene, play
from tests.labs import PARENT, running_lab


@pytest.fixture
def home() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="cleo-soak-", dir=PARENT))
    yield place
    shutil.rmtree(place)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_killed_at_every_point(scene: Scene, home: Path) -> None:
    with running_lab(backup_minutes=600) as lab:
        found = list(play(lab, home, [scene]))
    assert found
    assert [one for one in found if one.wrong] == []

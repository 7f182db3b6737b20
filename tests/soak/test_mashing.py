"""Ten thousand random keys, read at a person's pace (`make soak`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.mashing import mash


@pytest.mark.parametrize("seed", range(100, 120))
async def test_random_keys_write_only_what_they_may(tmp_path: Path, seed: int) -> None:
    await mash(tmp_path, seed, 500)

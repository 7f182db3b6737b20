"""Ten thousand random keys, read at a person's pace, and some over a real lab (`make soak`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.labs import running_lab
from tests.screens.mashing import mash
from tests.screens.mashing_lab import mash_lab


@pytest.mark.parametrize("seed", range(100, 120))
async def test_random_keys_write_only_what_they_may(tmp_path: Path, seed: int) -> None:
    await mash(tmp_path, seed, 500)


@pytest.mark.parametrize("seed", range(200, 210))
async def test_random_keys_do_to_a_server_what_the_journal_says_and_no_more(tmp_path: Path, seed: int) -> None:
    with running_lab() as lab:
        await mash_lab(lab, tmp_path, seed, 300)

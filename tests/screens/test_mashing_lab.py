"""Random keys over a real lab: what the journal says ran, ran; nothing destructive did without its typed target."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.labs import Lab, lab
from tests.screens.mashing_lab import mash_lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("mash-lab")


@pytest.mark.soak
@pytest.mark.parametrize("seed", [3])
async def test_random_keys_do_to_a_server_what_the_journal_says_and_no_more(
    lab: Lab, tmp_path: Path, seed: int
) -> None:
    await mash_lab(lab, tmp_path, seed, 150)

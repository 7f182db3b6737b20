"""A lab with a real object store as its second place (`make soak`): what holds for a folder holds there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleo_console.lab import Lab
from cleo_console.lab.processes import lab_processes
from tests.cleo_console import test_lab_second_place as folder
from tests.cleo_console.test_lab_second_place import Walk
from tests.labs import lab_directory

READY_S = 60.0


@pytest.fixture(scope="module")
def walk() -> Iterator[Walk]:
    with lab_directory() as directory, pytest.MonkeyPatch.context() as patched:
        began = time.monotonic()
        lab = Lab.up(directory, s3=True, backup_minutes=600)
        assert time.monotonic() - began < READY_S, "all of it, the three stores beside it"
        found = Walk(lab)
        for name, value in found.environment.items():
            patched.setenv(name, value)
        yield found


def test_it_is_up_and_listens_on_loopback_alone(walk: Walk) -> None:
    place = walk.lab.second_place
    assert place and place.where.place.startswith("s3://") and None not in place.pids.values()
    pids = {str(pid) for pid in place.pids.values()}
    assert _listening(pids) and all(address.startswith("0100007F:") for address in _listening(pids))


def _listening(pids: set[str]) -> list[str]:
    """Return the addresses, as the kernel writes them, at which processes listen."""
    inodes = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]


def test_copies_are_made_and_mended_there(walk: Walk) -> None:
    folder.test_a_lab_names_its_second_place_and_backups_are_copied_at_once(walk)
    for how in ("deleted-object", "truncated-object"):
        folder.test_an_object_that_is_gone_or_cut_short_is_told_and_copied_anew(walk, how)
    folder.test_an_emptied_source_is_no_sync_and_comes_back(walk)
    folder.test_a_lock_of_a_dead_sync_is_told_and_holds_nothing(walk)
    folder.test_what_was_copied_is_left_when_the_lab_stops_and_goes_with_it(walk)
    assert lab_processes(walk.lab.directory) == []

"""What becomes of evidence where somebody, or a disk, changes a pack or a journal: tools of any machine say it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journal.audit.model import Evidence
from journal.audit.pack import PackError, write_pack
from journal.events import types as e
from journal.paths import Paths
from journal.plan.read import plan_from_data
from journal.store.failover.segments import segments_of
from journal.store.journal import Journal
from tests.journal.audit.year import CLOSED, ORDER, PLAN, check, check_as_told, packed, run, said, verdicts, write
from tests.journal.audit.year import at as instant
from tests.journal.store.disks import Disk, small_disk
from tests.journal.stories import ADA, declaration

OUTSIDE = ["env", "-i", "PATH=/usr/bin:/bin"]
"""Begins a command as another machine has it: nothing of the program's environment."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def gone_on(disk: Disk, home: Path) -> Path:
    """Write an incident whose journal goes on in a second file, on another disk."""
    incidents = disk.folder / "incidents"
    incidents.mkdir()
    (home / "incidents").symlink_to(incidents)
    first = declaration(PLAN, id="INC-1", kind=e.Kind.DRILL)
    path = incidents / "INC-1" / "journal.db"
    path.parent.mkdir()
    with Journal.create(path, first, actor=ADA, fallback=home / "second" / "INC-1") as journal:
        for body in run("some.drill"):
            journal.append(body)
        disk.fill()
        while len(segments_of(path)) < 2:
            journal.append(e.NoteAdded(text="x" * 3_000))
        journal.append(CLOSED)
    disk.free()
    return path


def test_a_journal_in_two_files_is_one_in_the_pack_and_one_without_its_second_file_is_no_evidence(
    disk: Disk, tmp_path: Path
) -> None:
    path = gone_on(disk, tmp_path)
    now = instant("2026-12-31T23:00")
    folder, made = packed(tmp_path, now=now)
    (journal,) = made.journals
    assert (journal.ok, journal.faults, made.incidents[0].closed_at is not None) == (True, [], True)
    done = check(
        folder, *OUTSIDE, "python3", "-I", "verify.py", f"journals/{path.parent.name}.db", "--head", journal.head
    )
    assert done.returncode == 0, done.stdout + done.stderr
    second = segments_of(path)[1]
    shutil.move(second, second.with_name("away"))
    lost = packed(tmp_path, now=now)[1]
    assert not lost.journals[0].ok
    assert "held" not in verdicts(lost).values(), "a test whose end is in a file that is gone is not held"
    assert said(lost).startswith("INC-1: "), said(lost)


def test_a_full_disk_leaves_nothing_that_looks_like_a_pack(disk: Disk, tmp_path: Path) -> None:
    write(tmp_path, "INC-1", "2026-02-01T10:00", e.Kind.DRILL, *run("some.drill"), CLOSED)
    disk.fill()
    with pytest.raises(PackError, match=r"No space left|File too large"):
        write_pack(
            Paths(incidents=tmp_path / "incidents", locks=tmp_path), plan_from_data(PLAN), ORDER, disk.folder / "pack"
        )
    assert [one.name for one in disk.folder.iterdir()] == ["ballast"]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Evidence]:
    home = tmp_path_factory.mktemp("attacked")
    for name in ("INC-1", "INC-2"):
        write(home, name, "2026-02-01T10:00", e.Kind.DRILL, *run("some.drill"), CLOSED)
    return packed(home)


def one_byte(folder: Path) -> None:
    path = folder / "journals" / "INC-1.db"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)


ATTACKS: dict[str, Callable[[Path], object]] = {
    "a byte": one_byte,
    "a file is gone": lambda folder: (folder / "journals" / "INC-1.db").unlink(),
    "another valid journal": lambda f: shutil.copy(f / "journals" / "INC-2.db", f / "journals" / "INC-1.db"),
    "a tail is cut": lambda folder: (folder / "journals" / "INC-1.db").write_bytes(
        (folder / "journals" / "INC-1.db").read_bytes()[:-4096]
    ),
    "a word in the index": lambda folder: (folder / "index.md").write_text(
        (folder / "index.md").read_text().replace("NOT HELD", "held")
    ),
    "a link more": lambda folder: (folder / "journals" / "more").symlink_to("/etc/passwd"),
    "a file more": lambda folder: (folder / "journals" / "INC-3.db").write_bytes(
        (folder / "journals" / "INC-1.db").read_bytes()
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_done_to_a_pack_is_seen_with_the_tools_of_any_machine(
    pack: tuple[Path, Evidence], tmp_path: Path, attack: str
) -> None:
    folder = shutil.copytree(pack[0], tmp_path / "pack")

    def seen() -> bool:
        (sums, _), (_, more), (chains, _) = check_as_told(folder)
        return bool(sums or more or chains)

    assert not seen()
    ATTACKS[attack](folder)
    assert seen()


def test_a_pack_whose_sums_were_written_anew_contradicts_the_head_that_somebody_outside_has(
    pack: tuple[Path, Evidence], tmp_path: Path
) -> None:
    folder = shutil.copytree(pack[0], tmp_path / "pack")
    head = next(one.head for one in pack[1].journals if one.id == "INC-1")
    shutil.copy(folder / "journals" / "INC-2.db", folder / "journals" / "INC-1.db")
    anew = "find . -type f ! -name SHA256SUMS -printf '%P\\n' | xargs sha256sum > SHA256SUMS"
    subprocess.run(["bash", "-c", anew], cwd=folder, check=True)
    assert check(folder, "sha256sum", "--strict", "-c", "SHA256SUMS").returncode == 0
    done = check(folder, sys.executable, "-I", "verify.py", "journals/INC-1.db", "--head", head)
    assert (done.returncode, "the head given is nowhere in it" in done.stdout) == (1, True)


def test_no_pack_is_written_through_a_link(pack: tuple[Path, Evidence], tmp_path: Path) -> None:
    home = pack[0].parent
    for name, target in (("nowhere", tmp_path / "gone"), ("there", tmp_path)):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(PackError, match="There is already"):
            write_pack(Paths(incidents=home / "incidents", locks=home), plan_from_data(PLAN), ORDER, tmp_path / name)
    assert not (tmp_path / "gone").exists()

"""Who has an incident open: known by a sign of life, forgotten without one, and nothing else comes of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from journal import presence
from journal.presence import Presence, Present, who_is_here
from tests.waiting import until

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
ANA = Present("ana@ops1", "console", AT)
BEN = Present("ben@ops2", "line mode", AT + timedelta(minutes=2))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "_LOOK_S", 0.01)
    monkeypatch.setattr(presence, "_BEAT_S", 0.02)


@contextmanager
def here(folder: Path, who: Present, seen: list[datetime] | None = None) -> Iterator[list[Sequence[Present]]]:
    told: list[Sequence[Present]] = []
    one = Presence(folder, who, lambda: seen[-1] if seen else None, told.append)
    one.arrive()
    try:
        yield told
    finally:
        one.leave()


def names(folder: Path) -> list[str]:
    return [one.actor for one in who_is_here(folder)]


def test_who_comes_and_goes_is_known_to_the_others(tmp_path: Path) -> None:
    with here(tmp_path, ANA) as told:
        until(lambda: names(tmp_path) == ["ana@ops1"])
        with here(tmp_path, BEN):
            until(lambda: told and [one.actor for one in told[-1]] == ["ana@ops1", "ben@ops2"])
        until(lambda: len(told[-1]) == 1)
    assert names(tmp_path) == []


def test_when_a_key_was_last_pressed_is_told(tmp_path: Path) -> None:
    seen: list[datetime] = []
    with here(tmp_path, ANA, seen):
        until(lambda: names(tmp_path))
        assert who_is_here(tmp_path)[0].seen == AT
        seen.append(AT + timedelta(minutes=9))
        until(lambda: who_is_here(tmp_path)[0].seen == seen[-1])


def test_who_gives_no_sign_is_not_named_after_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "_BEAT_S", 3600.0)
    with here(tmp_path, ANA):
        until(lambda: names(tmp_path))
        (file,) = (tmp_path / "here").iterdir()
        before = time.time() - 59
        os.utime(file, (before, before))
        assert names(tmp_path) == ["ana@ops1"]
        os.utime(file, (before - 2, before - 2))
        assert names(tmp_path) == []
        os.utime(file, (before - 4000, before - 4000))
        with here(tmp_path, BEN):
            until(lambda: not file.exists())


def test_files_that_say_nothing_and_folders_that_are_gone_harm_nobody(tmp_path: Path) -> None:
    assert who_is_here(tmp_path / "nowhere") == []
    gone = tmp_path / "gone"
    with here(gone, ANA), here(tmp_path, BEN):
        until(lambda: names(tmp_path))
        (tmp_path / "here" / "half.json").write_text('{"actor": "cyd')
        (tmp_path / "here" / "other.json").write_text('{"actor": 7}')
        assert names(tmp_path) == ["ben@ops2"]
    assert not gone.exists(), "an incident that was removed stays so"


def test_who_is_here_is_private(tmp_path: Path) -> None:
    with here(tmp_path, ANA):
        until(lambda: names(tmp_path))
        (file,) = (tmp_path / "here").glob("*.json")
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)

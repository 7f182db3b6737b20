"""The lease, asked after by several at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.runner import lease


def test_two_who_ask_do_not_take_each_other_for_a_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, locked_elsewhere = [], lease.locked_elsewhere

    def asked_twice(descriptor: int) -> bool:  # another console asks while this one has not let go yet
        found = locked_elsewhere(descriptor)
        monkeypatch.undo()
        answers.append(lease.held(tmp_path))
        return found

    monkeypatch.setattr(lease, "locked_elsewhere", asked_twice)
    assert not lease.held(tmp_path)
    assert answers == [False]


def test_a_runner_is_seen_by_all_who_ask(tmp_path: Path) -> None:
    taken = lease.Lease(tmp_path)
    assert lease.held(tmp_path)
    taken.release()
    assert not lease.held(tmp_path)

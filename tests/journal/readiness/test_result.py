"""The file of the last result: whole, private, and read only where its format is known."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from journal.paths import Paths
from journal.readiness.finding import ReadyFinding
from journal.readiness.result import ReadyResult, encode, read, write

_RESULT = ReadyResult(
    at=datetime(2026, 11, 30, 9, 0, tzinfo=UTC),
    took_s=1.5,
    inventory="lab",
    plan="CleoAI 1.0",
    plan_sha256="ab",
    verdicts=[],
    findings=[ReadyFinding(about="host db1", state="ok", words="reached")],
)


def _paths(folder: Path) -> Paths:
    return Paths(incidents=folder / "cleo" / "incidents", locks=folder / "locks")


def test_what_is_written_is_read_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    paths = _paths(tmp_path)
    assert read(paths) is None
    write(paths.readiness, _RESULT)
    found = read(paths)
    assert found
    assert encode(found) == encode(_RESULT)
    assert paths.readiness.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in paths.readiness.parent.iterdir()] == [paths.readiness.name]


@pytest.mark.parametrize(
    "text", ["", "{", '{"format": 1}', msgspec.json.encode(msgspec.structs.replace(_RESULT, format=2)).decode()]
)
def test_what_is_torn_or_of_another_format_is_no_result(tmp_path: Path, text: str) -> None:
    paths = _paths(tmp_path)
    write(paths.readiness, _RESULT)
    paths.readiness.write_text(text)
    assert read(paths) is None

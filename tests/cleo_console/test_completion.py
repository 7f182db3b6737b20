"""What a shell completes, asked as bash asks it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cleo_console.test_cli import Cleo


def completed(cleo: Cleo, *words: str, **env: str) -> list[str]:
    """Return what bash offers after these words."""
    script = cleo("completion", "bash").stdout
    said = " ".join(f"'{word}'" for word in ("cleo", *words))
    asked = f"COMP_WORDS=({said}); COMP_CWORD={len(words)}; _cleo_completion cleo; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{asked}"],
        env=cleo.env | env | {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def cleo(tmp_path: Path) -> Cleo:
    return Cleo(tmp_path)


def test_bash_completes_commands_steps_and_incidents(cleo: Cleo) -> None:
    assert completed(cleo, "hand") == ["handover"]
    assert completed(cleo, "skip", "postgres-re") >= ["postgres-restore"]
    assert completed(cleo, "open", "INC") == []
    incident = cleo.declare()
    try:
        assert completed(cleo, "open", "INC") == [incident]
    finally:
        cleo.close(incident)


def test_where_nothing_can_be_looked_up_nothing_is_completed_and_nothing_said(cleo: Cleo) -> None:
    nowhere = {"CLEO_HOME": "~nobody-of-that-name/cleo"}
    assert completed(cleo, "open", "INC", **nowhere) == []

"""A short program's folder is gone once the program has ended, also where its whole group was killed."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from actions.machine.script_folder import in_scratch
from tests.waiting import until


def _begun(folder: Path, script: str, *words: str) -> subprocess.Popen[str]:
    argv = ["sh", "-c", in_scratch(script), "sh", *words]
    variables = {"TMPDIR": str(folder), "PATH": os.environ["PATH"]}
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, env=variables, stdin=pipe, stdout=pipe, text=True, start_new_session=True)


def test_it_gets_words_and_input_and_its_status_comes_back(tmp_path: Path) -> None:
    with _begun(tmp_path, 'cat >"$d/file"; echo "$1 $(wc -c <"$d/file")"; exit 7', "hello") as program:
        assert program.communicate("abc")[0] == "hello 3\n"
    assert program.returncode == 7
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_one_that_is_killed_with_its_group(tmp_path: Path) -> None:
    with _begun(tmp_path, 'echo half >"$d/file"; sleep 600') as program:
        until(lambda: list(tmp_path.glob("*/file")))
        os.killpg(program.pid, signal.SIGKILL)
    until(lambda: list(tmp_path.iterdir()) == [])

"""The program as people install it: as one file for a machine without network, and by pipx."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.closing import phrase_in

PROJECT = Path(__file__).parents[2]


class OneFile:
    """Runs it with a home of its own, without network and without what is installed here."""

    def __init__(self, program: Path, home: Path) -> None:
        self._program = program
        python = Path(os.path.realpath(sys.executable)).parent
        self._env = {"HOME": str(home), "PATH": f"{python}:/usr/bin:/bin", "TERM": "xterm", "CLEO_ACTOR": "ana"}

    def __call__(self, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        argv = ["unshare", "--net", str(self._program), *words]
        done = subprocess.run(argv, capture_output=True, text=True, env=self._env, cwd="/", stdin=subprocess.DEVNULL)
        assert done.returncode == status, done.stdout + done.stderr
        return done


def test_pipx_installs_the_command_and_its_manual(tmp_path: Path) -> None:
    """Into an environment of its own: the packages' names are generic."""
    wheel = tmp_path / "wheel"
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheel], cwd=PROJECT, check=True)
    places = {f"PIPX_{name}": str(tmp_path / name) for name in ("HOME", "BIN_DIR", "MAN_DIR")}
    argv = [sys.executable, "-m", "pipx", "install", str(*wheel.iterdir())]
    subprocess.run(argv, env=os.environ | places, check=True, capture_output=True)
    cleo = tmp_path / "BIN_DIR" / "cleo"
    played = subprocess.run(
        [cleo, "demo", "--plain"],
        env={"HOME": str(tmp_path), "CLEO_ACTOR": "ana"},
        input="q\n",
        text=True,
        capture_output=True,
    )
    assert "TABLETOP" in played.stdout, played.stderr
    assert (tmp_path / "MAN_DIR" / "man1" / "cleo-declare.1").is_file()


@pytest.fixture(scope="module")
def one_file() -> Iterator[Path]:
    """The program as one file, where everybody may read it."""
    subprocess.run(["make", "pex", f"VENV={sys.prefix}"], cwd=PROJECT, check=True, capture_output=True)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        shutil.move(PROJECT / "dist" / "cleo", folder)
        yield Path(folder) / "cleo"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root takes the network away")
@pytest.mark.parametrize("home", ["/nonexistent", "/usr/share"], ids=["no home", "a home that is read alone"])
def test_the_one_file_starts_for_another_account_by_debians_own_python(one_file: Path, home: str) -> None:
    """Without network, without this environment and its Python, and with nothing that it could unpack itself into."""
    env = {"HOME": home, "PATH": "/usr/bin:/bin"}
    account = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs"]
    for words in (["--version"], ["plan", "check"]):
        argv = ["unshare", "--net", *account, one_file, *words]
        done = subprocess.run(argv, capture_output=True, text=True, env=env, cwd="/", stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "This plan can be used" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root takes the network away")
def test_an_incident_from_the_one_file(one_file: Path, tmp_path: Path) -> None:
    cleo = OneFile(one_file, tmp_path)
    words = ("--title", "db1 is gone", "--scenario", "database-failure", "--kind", "REAL")
    incident = cleo("declare", *words).stdout.strip()
    try:
        assert "has no systems" in cleo("run", "status.check", status=1).stderr, "its runner was started and answered"
        assert json.loads(cleo("status", "--json").stdout)["failed"] == ["check-status"]
    finally:
        closing = ("close", "--summary", "tried")
        cleo(*closing, "--leaving", phrase_in(cleo(*closing, status=1).stderr))
    assert "# REAL: db1 is gone" in cleo("report", incident).stdout
    assert "Nothing is wrong" in cleo("journal", "verify", incident).stdout

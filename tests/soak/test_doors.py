"""What people meet before the program: completion in their own shell, manual pages, systemd's units."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ASKS = {b"\x1b[c": b"\x1b[?62;c", b"\x1b[0c": b"\x1b[?62;c", b"\x1b[6n": b"\x1b[1;1R"}
"""What a shell asks its terminal, and the answer."""


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, argv: list[str], home: Path) -> None:
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        env = {"HOME": str(home), "PATH": path, "TERM": "xterm", "LANG": "C.UTF-8", "CLEO_HOME": str(home / "cleo")}
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execvpe(argv[0], argv, env)

    def type(self, keys: bytes, until: bytes) -> None:
        """Type, and wait until something is shown."""
        os.write(self._terminal, keys)
        shown, end = b"", time.monotonic() + 60
        while until not in shown:
            assert time.monotonic() < end, shown
            if select.select([self._terminal], [], [], 0.2)[0]:
                read = os.read(self._terminal, 65536)
                for asked, answer in ASKS.items():
                    if asked in read:
                        os.write(self._terminal, answer)
                shown += read

    def end(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)


@pytest.mark.parametrize(
    ("shell", "argv", "begins"),
    [
        ("bash", ["bash", "--norc", "--noprofile", "-i"], ""),
        ("zsh", ["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u; "),
        ("fish", ["fish", "--no-config", "-i"], ""),
    ],
)
def test_a_shell_completes_with_the_tab_key(tmp_path: Path, shell: str, argv: list[str], begins: str) -> None:
    cleo = Path(sys.executable).parent / "cleo"
    (tmp_path / "completion").write_bytes(subprocess.run([cleo, "completion", shell], capture_output=True).stdout)
    (tmp_path / "runbook.md").touch()
    typed = Shell(argv, tmp_path)
    try:
        typed.type(f'{begins}source completion; echo re""ady\r'.encode(), b"ready")
        typed.type(b"cleo hand\t", b"handover")
        typed.type(b"\x15cleo skip postgres-rest\t", b"postgres-restore")
        typed.type(b"\x15cleo plan check --j\t", b"--json")
        typed.type(b"\x15cleo plan import runb\t", b"runbook.md")
    finally:
        typed.end()


def test_the_manual_is_set_without_a_warning_and_keeps_the_lines_of_examples() -> None:
    env = os.environ | {"LC_ALL": "C.UTF-8", "MANWIDTH": "100"}
    wrong = {}
    for page in sorted((PROJECT / "docs" / "man").iterdir()):
        made = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, text=True, env=env)
        linted = subprocess.run(["mandoc", "-Tlint", "-W", "unsupp", page], capture_output=True, text=True).stdout
        if made.stderr or linted:
            wrong[page.name] = made.stderr + linted
        if page.name == "cleo-plan-diff.1":
            assert re.search(r"\n +cleo plan diff plan-1.yaml plan-2.yaml\n +cleo plan diff our-plan", made.stdout)
    assert wrong == {}


def test_systemd_takes_the_units_and_what_the_page_says_of_a_service_of_its_own(tmp_path: Path) -> None:
    cleo, inventory = Path(sys.executable).parent / "cleo", tmp_path / "inventory.yaml"
    inventory.write_text("name: nowhere\nallows: [DRILL]\nsystems: {}\n", encoding="utf-8")
    env = os.environ | {"CLEO_HOME": str(tmp_path / "home"), "CLEO_INVENTORY": str(inventory)}
    subprocess.run([cleo, "schedule", "--systemd", "-o", tmp_path / "units"], env=env, check=True, capture_output=True)
    units = sorted((tmp_path / "units").iterdir())
    verified = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    page = (PROJECT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    [snippet] = re.findall(r"((?:    .*\n)*    NoNewPrivileges=yes\n(?:    .*\n)*)", page)
    unit = tmp_path / "units" / "cleo-exporter.service"
    hardening = tmp_path / "units" / "cleo-exporter.service.d"
    hardening.mkdir()
    (hardening / "hardening.conf").write_text(re.sub("^    ", "", snippet, flags=re.MULTILINE), encoding="utf-8")
    asked = ["systemd-analyze", "security", "--offline=true", "--threshold=25", unit]
    secure = subprocess.run(asked, capture_output=True, text=True)
    assert secure.returncode == 0, secure.stdout[-200:]

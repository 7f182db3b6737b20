"""Runners that are killed between two effects, from one process that has everything loaded and forks them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from cleo_contract.incident import Work


class DyingRunner:
    """One runner, killed at a point (see `dying_runner`) unless it was stopped before it came there.

    Attributes:
        pid: its process.
        killed_at: the point at which it died; empty while it lives, and where it was stopped.
    """

    def __init__(self, pid: int, seen: Path) -> None:
        self.pid = pid
        self.killed_at = ""
        self._seen = seen

    def alive(self) -> bool:
        """Whether it is still at work."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except FileNotFoundError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    def ended(self, status: int) -> None:
        """Take how it ended, as ``waitpid`` says it."""
        if os.WIFSIGNALED(status):
            self.killed_at = self._seen.read_text().splitlines()[-1]


class Zygote:
    """The process that forks runners; use it as a context manager.

    Args:
        module: what it executes: a runner for each line that it reads, and a wait for it at the line ``wait``.
        env: its environment; None: this one's.
    """

    def __init__(self, module: str = "cleo_contract.dying_runner", env: Mapping[str, str] | None = None) -> None:
        self._module = module
        self._env = env or os.environ

    def __enter__(self) -> Self:
        here = str(Path(__file__).parents[1])
        env = {**self._env, "PYTHONPATH": os.pathsep.join([here, *filter(None, [self._env.get("PYTHONPATH")])])}
        argv = [sys.executable, "-P", "-m", self._module]
        self._process = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    @contextmanager
    def runner(self, work: Work, dies_at: int) -> Iterator[DyingRunner]:
        """A runner at work on an incident, killed at its point ``dies_at``; it is stopped at the end of the block."""
        seen = work.home / "points"
        words = [str(dies_at), str(seen), str(work.place.folder), str(work.home), str(work.inventory)]
        with self.forked(words, seen) as runner:
            yield runner

    @contextmanager
    def forked(self, words: Sequence[str], seen: Path) -> Iterator[DyingRunner]:
        """A runner of these words, which writes the points that it passes into ``seen``; stopped at the block's end."""
        pid = int(self._said("\t".join(words)))
        runner = DyingRunner(pid, seen)
        try:
            yield runner
        finally:
            if runner.alive():
                os.kill(pid, signal.SIGTERM)
            runner.ended(int(self._said("wait")))

    def _said(self, words: str) -> str:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{words}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

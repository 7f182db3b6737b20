"""An exporter that is ended goes at once, whatever hangs that it looks at."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cleo_console.cli.main import cli


def _hang(*_: object) -> None:
    """Wait in a pool of threads, as the check of journals on a disk that does not answer."""
    print("hangs", flush=True)
    with ThreadPoolExecutor() as pool:
        pool.submit(time.sleep, 60)


def _export(said: int) -> None:
    """Be an exporter; what it prints goes to a pipe."""
    sys.stdout = os.fdopen(said, "w")
    cli(["exporter", "--listen", "[::1]:0"])


def test_it_ends_while_a_look_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text("name: tiny\nallows: [LAB]\nlab: true\nhosts: {here: {via: local}}\nsystems: {}\n")
    for name, value in {"CLEO_HOME": tmp_path / "cleo", "CLEO_INVENTORY": inventory, "CLEO_ACTOR": "ada@ops1"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr("cleo_console.monitoring.calendar.schedule_of", _hang)
    reads, writes = os.pipe()
    process = multiprocessing.get_context("fork").Process(target=_export, args=(writes,))
    process.start()
    os.close(writes)
    try:
        with os.fdopen(reads) as said:
            assert {said.readline().partition("//")[0].strip() for _ in range(2)} == {"hangs", "http:"}
            process.terminate()
            process.join(timeout=30)
        assert process.exitcode == 0
    finally:
        process.kill()

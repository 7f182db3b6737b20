"""An exporter that is ended goes at once, whatever hangs that it looks at."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.cleo_console.test_cli import Cleo

HANGS = """
import time
from concurrent.futures import ThreadPoolExecutor
from cleo_console.cli.main import cli
from cleo_console.monitoring import calendar

def hang(*_):
    print("hangs", flush=True)
    with ThreadPoolExecutor() as pool:
        pool.submit(time.sleep, 60)

calendar.schedule_of = hang
cli(["exporter", "--listen", "[::1]:0"])
"""
"""A look that waits in a pool of threads, as the check of journals on a disk that does not answer."""


def test_it_ends_while_a_look_hangs(tmp_path: Path) -> None:
    cleo = Cleo(tmp_path)
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text("name: tiny\nallows: [LAB]\nlab: true\nhosts: {here: {via: local}}\nsystems: {}\n")
    env = cleo.env | {"CLEO_INVENTORY": str(inventory)}
    process = subprocess.Popen([sys.executable, "-c", HANGS], env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert {process.stdout.readline().partition("//")[0].strip() for _ in range(2)} == {"hangs", "http:"}
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(timeout=15) == 0
    finally:
        process.kill()

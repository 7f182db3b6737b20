"""A propagation check of 50 name servers and resolvers, each slower than the one before, against the slowest alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actions.inventory import load_inventory
from actions.systems.dns.looking import look_at
from actions.systems.dns.verify import verify
from actions.systems.dns.zone import find_zone
from benchmarks.stand import ROOT, folder
from benchmarks.table import Row, ms
from tests.actions.contexts import FakeContext

SERVERS, AUTHORITIES = 50, 10
LIMIT = 1.2
ZONE, NEW = "cleoai.example.", "192.0.2.20"
DELAYS_S = [0.02 + 0.48 * number / (SERVERS - 1) for number in range(SERVERS)]
"""Seconds after which each of them answers; the last ones are the resolvers."""


def run() -> Row:
    """Verify that all answer with the new records, in the best of three turns beside the slowest in each."""
    with folder() as place, _name_servers() as ports:
        context = FakeContext(load_inventory(_inventory(place, ports)), system="dns")
        _turn(context)  # in the first one the slowest's share has the client library's import
        taken_s, slowest_s = min((_turn(context) for _ in range(3)), key=lambda turn: turn[0] / turn[1])
    ratio = taken_s / slowest_s
    figure, limit = f"propagation check of {SERVERS} servers", f"≤ {LIMIT:g} ×"
    return Row(figure, f"{ms(taken_s)} = {ratio:.2f} ×", f"the slowest alone {ms(slowest_s)}", limit, ratio <= LIMIT)


def _turn(context: FakeContext) -> tuple[float, float]:
    """Return how many seconds the check took, and how many the slowest server's answers do."""
    zone = find_zone(context)
    began = time.monotonic()
    alone = look_at(zone.settings, zone.settings.resolvers[-1], zone.keys(), resolver=True)
    slowest_s, began = time.monotonic() - began, time.monotonic()
    outcome = context.do(verify, wait_s=20.0, watch_s=0.0)
    if alone.why or not outcome.ok or outcome.facts["agree"] != SERVERS:
        raise RuntimeError(f"not all agree: {outcome.summary}")
    return time.monotonic() - began, slowest_s


def _inventory(place: Path, ports: list[int]) -> Path:
    servers = [{"name": f"ns{number}", "address": "127.0.0.1", "port": port} for number, port in enumerate(ports)]
    records = [{"name": f"www.{ZONE}", "sites": {"primary": {"A": ["192.0.2.10"]}, "dr": {"A": [NEW]}}}]
    zone = {"type": "dns", "zone": ZONE, "primary": "ns0", "records": records}
    zone |= {"servers": servers[:AUTHORITIES], "resolvers": servers[AUTHORITIES:]}
    zone |= {"key": {"name": "bench", "secret": {"env": "BENCH_NO_KEY"}}}
    path = place / "inventory.yaml"
    path.write_text(json.dumps({"name": "bench", "allows": ["LAB"], "hosts": {}, "systems": {"dns": zone}}))
    return path


@contextmanager
def _name_servers() -> Iterator[list[int]]:
    """Servers in a process of their own, and their ports."""
    program = Path(__file__).with_name("name_servers.py")
    words = [sys.executable, str(program), ZONE, NEW, *map(str, DELAYS_S)]
    with subprocess.Popen(words, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True) as servers:
        assert servers.stdout
        try:
            yield json.loads(servers.stdout.readline())
        finally:
            servers.terminate()

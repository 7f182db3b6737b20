"""Typed data is read by several threads at once, also where it is the first time in the process."""

from __future__ import annotations

import subprocess
import sys

_AT_ONCE = """
import sys, threading
from cleo_console.plans import bundled
from journal.yamlfile.yaml_source import read_bytes, read_yaml
from journal.plan.read import plan_from_data
data = read_yaml(bundled(), read_bytes(bundled())).data
sys.setswitchinterval(1e-6)
together = threading.Barrier(4)
found = []
def read():
    together.wait()
    found.append(plan_from_data(data))
threads = [threading.Thread(target=read) for _ in range(4)]
for one in threads: one.start()
for one in threads: one.join()
assert len(found) == 4
"""


def test_threads_that_read_the_first_plan_at_once_take_nothing_down() -> None:
    for _ in range(2):  # without the lock nine of ten of these end by a segmentation fault
        done = subprocess.run([sys.executable, "-c", _AT_ONCE], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

"""Runs benchmarks, prints a table, and exits 1 unless every limit is met: ``python -m benchmarks [NAME …]``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence

from benchmarks.table import HEADER, Row, line_of, not_measured

FIGURES = {
    "start-first": "start:first",
    "start-whole": "start:whole",
    "key-latency": "keys:latency",
    "key-core": "keys:core",
    "rest-bytes": "rest:traffic",
    "rest-core": "rest:core",
    "rest-memory": "rest:memory",
    "fleet-keys": "fleet:latency",
    "fleet-core": "fleet:core",
    "sweep": "sweep:run",
    "ready": "ready:run",
    "propagation": "propagation:run",
    "scrape": "scrape:run",
    "appends": "appends:elapsed",
    "appends-processor": "appends:processor",
    "together": "together:run",
    "output": "output:run",
    "events-time": "many_events:time_taken",
    "events-memory": "many_events:memory",
    "report": "report:run",
    "plan-import": "plan_import:run",
    "evidence": "evidence:run",
    "restore": "restore:run",
    "warm": "warm:run",
    "mongodb-restore": "mongo_restore:run",
    "whole-recovery": "tracks:run",
    "site-recovery": "site_recovery:run",
    "keys-postmaster": "presses:killed_postmaster",
    "keys-directory": "presses:lost_data_directory",
    "keys-table": "presses:dropped_table",
    "kills": "kills:row",
    "between-effects": "between_effects:row",
}
"""Name → where it is measured, in the order in which it is."""


def main(words: Sequence[str]) -> int:
    """Measure the figures named, or all; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help="which figures; all of them where none is named")
    parser.add_argument("--list", action="store_true", help="only print the names")
    given = parser.parse_args(words)
    if unknown := [name for name in given.name if name not in FIGURES]:
        parser.error(f"there is no figure {', '.join(unknown)}; --list names them")
    if given.list:
        print("\n".join(FIGURES))
        return 0
    print(HEADER, flush=True)
    rows = [_measured(name) for name in given.name or FIGURES]
    return 0 if all(row.kept for row in rows) else 1


def measure(name: str) -> Row:
    """Measure one figure."""
    module, _, function = FIGURES[name].partition(":")
    run: Callable[[], Row] = getattr(importlib.import_module(f"benchmarks.{module}"), function)
    return run()


def _measured(name: str) -> Row:
    """Measure one figure and print its row; what goes wrong with one does not stop the others."""
    try:
        row = measure(name)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is why there is no number
        row = not_measured(name, "", f"{type(error).__name__}: {error}")
    print(line_of(row), flush=True)
    return row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Measure everything that has a limit, print a table, and exit 1 if a limit is broken."""

from __future__ import annotations

import os
import sys

from benchmarks import kills
from benchmarks.table import HEADER, line_of


def main() -> int:
    print(HEADER)
    row = kills.row(int(os.environ.get("BENCH_KILLS", "10000")))
    print(line_of(row))
    return 0 if row.kept else 1


if __name__ == "__main__":
    sys.exit(main())

"""A program that prints at a steady rate: ``python flood.py LINES_A_SECOND SECONDS``."""

from __future__ import annotations

import sys
import time

EVERY_S = 0.02


def flood(rate: int, seconds: float) -> None:
    """Print ``rate`` lines a second for so long; what was missed is caught up."""
    begun, printed = time.monotonic(), 0
    while (spent := time.monotonic() - begun) < seconds:
        due = int(rate * (spent + EVERY_S))
        sys.stdout.write(
            "".join(f"restore file base/16384/{n} (8.4MB, 12.{n % 100:02}%)\n" for n in range(printed, due))
        )
        sys.stdout.flush()
        printed = due
        time.sleep(EVERY_S)


if __name__ == "__main__":
    flood(int(sys.argv[1]), float(sys.argv[2]))

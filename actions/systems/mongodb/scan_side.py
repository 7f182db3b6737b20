"""Tells what an intruder may have left in an instance beside a server (see `programs/in_side.py`)."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import msgspec

from actions.intrusion.traces import Thing
from actions.systems.mongodb.programs.in_side import SideServer, run_program, side_client
from actions.systems.mongodb.traces import things


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What it holds, by name."""

    things: Mapping[str, Thing]


def look(side: SideServer) -> Found:
    """Run its server for that time, and look."""
    with side_client(side) as client:
        return Found(things=things(client))


if __name__ == "__main__":
    sys.exit(run_program(sys.argv[1:], SideServer, look))

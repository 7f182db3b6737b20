"""What tests of failover share: a host that is gone, and a power supply that is a file."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import msgspec
import yaml

from actions.inventory import Inventory, load_inventory
from tests.labs import Lab

STANDBY = "postgres-standby"

_POWER = """\
#!/bin/sh
case $1 in
off) echo off >"{state}"
    p=$(head -n 1 "{pid}" 2>/dev/null) && kill -QUIT "$p" && while [ -e "{pid}" ]; do sleep 0.05; done
    true ;;
on) echo on >"{state}" ;;
state) echo "Chassis Power is $(cat "{state}" 2>/dev/null || echo on)" ;;
esac
"""


def inventory_of(lab: Lab, folder: Path, *, gone: bool = False, **entry: Any) -> Inventory:
    """Return the lab's inventory, the primary's entry changed; with ``gone`` nothing answers at its host."""
    data = yaml.safe_load(lab.inventory_path.read_text())
    data["hosts"]["desk"] = {"via": "local"}
    own = data["systems"]["postgres"]
    if gone:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        data["hosts"]["gone"] = {"via": "ssh", "host": "127.0.0.1", "port": port, "relink_s": 0.0}
        own["host"] = "gone"
    own.update(entry)
    file = folder / "inventory.yaml"
    file.write_text(yaml.safe_dump(data))
    return load_inventory(file)


def power_of(lab: Lab, folder: Path) -> dict[str, Any]:
    """Return commands for the primary's power: its server dies with it, and the file says what is so."""
    script, state = folder / "power", folder / "power-state"
    pid = lab.postgres.data_directory / "postmaster.pid"
    script.write_text(_POWER.format(state=state, pid=pid))
    script.chmod(0o755)
    words: dict[str, Any] = {"host": "desk", "fenced_says": "Power is off"}
    words |= {"fence": [str(script), "off"], "state": [str(script), "state"], "unfence": [str(script), "on"]}
    return {"power": words}


def with_fields(inventory: Inventory, system: str, **fields: Any) -> Inventory:
    """Return an inventory in which one system is described otherwise."""
    changed = msgspec.structs.replace(inventory.systems[system], **fields)
    return msgspec.structs.replace(inventory, systems={**inventory.systems, system: changed})

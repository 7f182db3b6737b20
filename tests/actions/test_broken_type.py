"""A package that raises as it is imported takes nothing down but its own type of system."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.actions.test_inventory import GOOD

TYPE = """
from actions.system_type import SystemType
SYSTEM = SystemType(name="rot", title="Rot", settings="rot_parts:S", probe="rot_parts:p", examine="rot_parts:e",
    actions={"rot.start": "rot_parts.start:start"}, backups="rot_parts:b",
    simulated="rot_parts:simulated", lab="rot_parts:L")
"""
EXIT = "import sys; sys.exit(0)"
INVENTORY = GOOD + "  rot: {type: rot, host: db1}\n"


@pytest.fixture(params=["its parts raise", "its parts exit", "it raises", "it exits"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    raises = (
        "raise RuntimeError('rotten')" if request.param.endswith("raise") or request.param.endswith("raises") else EXIT
    )
    parts = request.param.startswith("its parts")
    (tmp_path / "rot.py").write_text(TYPE if parts else raises)
    (tmp_path / "rot_parts.py").write_text(raises)
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    info = tmp_path / "rot-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rot\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[cleo.systems]\nrot = rot:SYSTEM\n")
    return {**os.environ, "PYTHONPATH": str(tmp_path), "INVENTORY": str(tmp_path / "inventory.yaml")}


ASKED = """
import os
from pathlib import Path
from actions.inventory import load_inventory
from actions.registry import catalogue, registry
from actions.scripts import find, scripts
from actions.tabletop.script import ordinary_world
from cleo_console.lab.service_types import service_classes
from journal.errors import CleoError
print("postgres.start" in dict(registry()), "rot.start" in dict(registry()))
rotten = [spec.available or not spec.broken for name, spec in catalogue().items() if name == "rot.start"]
print(find("dr_restore_postgres.sh").name, rotten)
print("postgres.restore" in scripts(), "rot.start" in scripts())
print("postgres.start" in ordinary_world().acts, "postgres" in service_classes(), "rot" in service_classes())
try:
    load_inventory(Path(os.environ["INVENTORY"]))
except CleoError as error:
    print(error)
"""


def test_all_else_goes_on_and_what_is_broken_is_named(environment: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, second, read, third, *said = done.stdout.splitlines()
    assert first == "True False"
    assert second in ("postgres.restore [False]", "postgres.restore []"), "known as not available, or not at all"
    assert read == "True False"
    assert third == "True True False"
    assert f"{environment['INVENTORY']}:13:" in said[0] and "cannot be loaded" in said[0]

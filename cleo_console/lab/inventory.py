"""The inventory of a lab: an entry for each of its services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cleo_console.lab.post.place import Post
from cleo_console.lab.service import HOST, LabService
from cleo_console.lab.sites.place import Sites
from cleo_console.lab.workspace import inventory_path

NAME = "lab"
"""What an inventory of a lab is called: notes of its backups lie in a folder of this name."""


def evidence_folder(lab: Path) -> Path:
    """Return where evidence of an exercise's break-in is kept; nobody may write to what is in there."""
    return lab / "evidence"


def write_inventory(
    lab: Path,
    services: Iterable[LabService],
    offsite: Mapping[str, Any] | None = None,
    safe: Path | None = None,
    sites: Sites | None = None,
    post: Post | None = None,
) -> None:
    """Write the lab's inventory file; secrets are only referred to.

    Args:
        lab: the lab's folder.
        services: its services.
        offsite: what is said of its second place; None: it has none.
        safe: the folder there for keys.
        sites: its two sites, with a host each; None: all is on this machine.
        post: whom to tell; None: nobody.
    """
    import yaml

    class WrittenOut(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            """An inventory may not refer from one value to another."""
            return True

    described = {
        "name": NAME,
        "lab": True,
        "allows": ["LAB"],
        "hosts": sites.hosts() if sites else {HOST: {"via": "local"}},
        **({"offsite": dict(offsite)} if offsite else {}),
        **({"communications": post.inventory_entry()} if post else {}),
        "evidence": {"folder": str(evidence_folder(lab))},
        "systems": {service.instance.name: _entry(service, safe) for service in services},
    }
    text = yaml.dump(described, Dumper=WrittenOut, sort_keys=False, allow_unicode=True)
    inventory_path(lab).write_text("# Written by `cleo lab up`; removed by `cleo lab down`.\n" + text)


def _entry(service: LabService, safe: Path | None) -> dict[str, Any]:
    instance = service.instance
    place: dict[str, Any] = {"plays": instance.plays, "site": instance.site, "standby_of": instance.standby_of}
    kept = service.keep_offsite(safe) if safe else {}
    said = {name: value for name, value in {**place, "cold": instance.cold}.items() if value}
    return {"type": instance.type, **said, **service.inventory_entry(), **kept}

"""The inventory of a lab: what the console needs to reach it, and nothing it does not own."""

from __future__ import annotations

from typing import Any

from cleo_console.lab.site import DATABASE, STANZA, Site


def write_inventory(site: Site) -> None:
    """Write the lab's inventory file; secrets are only referred to."""
    import yaml

    text = yaml.safe_dump(describe(site), sort_keys=False, allow_unicode=True)
    site.inventory.write_text("# Written by `cleo lab up`; removed by `cleo lab down`.\n" + text)


def describe(site: Site) -> dict[str, Any]:
    """The inventory as data."""
    return {
        "name": "lab",
        "lab": True,
        "allows": ["LAB"],
        "hosts": {"db1": {"via": "local"}},
        "systems": {"postgres": _postgres(site)},
    }


def _postgres(site: Site) -> dict[str, Any]:
    return {
        "type": "postgres",
        "host": "db1",
        "title": "PostgreSQL",
        "data_directory": str(site.data_directory),
        "bin_directory": str(site.programs.bin_directory),
        "run_as": site.account.name,
        "address": "127.0.0.1",
        "port": site.port,
        "socket_directory": str(site.run_directory),
        "database": DATABASE,
        "user": "cleo",
        "password": {"file": str(site.directory / "secrets" / "cleo")},
        "service": {"manager": "pg_ctl", "log": str(site.log("postgres"))},
        "app_roles": ["cleo_app"],
        "heartbeat": "public.heartbeat",
        "backups": {
            "engine": "pgbackrest",
            "config": str(site.backup_config),
            "stanza": STANZA,
            "repository": str(site.repository),
            "manifests": str(site.manifests),
            "hold_file": str(site.hold_file),
        },
    }

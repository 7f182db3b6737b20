"""Bringing a lab up: from nothing, or again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cleo_console.lab import backups, folder, helpers, server
from cleo_console.lab.fault_log import injected_faults
from cleo_console.lab.folder import State
from cleo_console.lab.inventory import write_inventory
from cleo_console.lab.programs import find_programs, service_account
from cleo_console.lab.site import Site
from cleo_console.lab.sizes import check_space, scale_of

Say = Callable[[str], None]


def create(place: Path, size: str, backup_minutes: float, say: Say) -> State:
    """Build a lab from nothing. `complete` is set last: what is cut short before is never taken for a lab.

    Raises:
        CleoError: a program is missing, the folder does not serve, or a server does not start.
    """
    scale = scale_of(size)
    state = _new_state(size)
    check_space(place, scale)
    folder.make(place)
    with folder.only_command(place):
        folder.save_state(place, state)
        folder.prepare(place, state.site(place).account)
        _build(state.site(place), scale, backup_minutes, say)
        state = replace(state, complete=True)
        folder.save_state(place, state)
    return state


def _new_state(size: str) -> State:
    programs, account = find_programs(), service_account()
    return State(
        account=account.name,
        uid=account.uid,
        gid=account.gid,
        owner=os.geteuid(),
        port=server.free_port(),
        bin_directory=str(programs.bin_directory),
        pgbackrest=str(programs.pgbackrest),
        size=size,
    )


def _build(site: Site, scale: float, backup_minutes: float, say: Say) -> None:
    say(f"Creating PostgreSQL {site.programs.version} on 127.0.0.1:{site.port} with CleoAI's tables.")
    helpers.install_scripts(site, backup_minutes)
    backups.write_config(site)
    server.create(site, scale)
    say("Starting it and taking the first full backup.")
    server.start(site)
    helpers.start_helpers(site)
    backups.create_repository(site)
    write_inventory(site)


def resume(place: Path, state: State, say: Say) -> State:
    """Start what does not run, except a server that went down by itself or by an injected fault.

    Raises:
        CleoError: the lab is another account's, or a server does not start.
    """
    folder.check_owner(place, state)
    with folder.only_command(place):
        site = state.site(place)
        _resume_server(site, state, say)
        for name in helpers.start_helpers(site):
            say(f"Started {name}.")
        state = replace(state, kept=False)
        folder.save_state(place, state)
    return state


def _resume_server(site: Site, state: State, say: Say) -> None:
    if server.is_running(site):
        say(f"The lab already runs; PostgreSQL is on 127.0.0.1:{site.port}.")
    elif state.kept and state.server_was_running:
        server.start(site)
        say(f"PostgreSQL runs again on 127.0.0.1:{site.port}.")
    elif state.kept or injected_faults(site):
        say("PostgreSQL does not run, and is left so: faults were injected. Recover it with `cleo`,")
        say("or start over with `cleo lab down` and `cleo lab up`.")
    else:
        server.start(site)
        say(f"PostgreSQL was down without a fault (was the machine restarted?); it runs again on port {site.port}.")

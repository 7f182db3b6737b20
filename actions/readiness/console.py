"""What this console itself hangs on: it must not need what may be lost."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator
from ipaddress import ip_address
from pathlib import Path

from actions.inventory import Inventory
from actions.secrets import secrets_of
from actions.transport import LocalHost, SshHost
from journal.paths import Paths
from journal.readiness.finding import ReadyFinding
from journal.wording.sizes import size_words

_LITTLE = 200_000_000
"""Bytes that journals, output and reports of an incident may want."""
_DIRECTORY = re.compile(r"^\s*(?:passwd|group):.*\b(sss|ldap|winbind|systemd-homed)\b", re.MULTILINE)


def look_at_console(inventory: Inventory, paths: Paths, lost: Collection[str]) -> Iterator[ReadyFinding]:
    """Yield what stands or falls with this machine.

    Args:
        inventory: the environment.
        paths: where journals are kept.
        lost: the sites that a scenario of the plan loses.
    """
    yield _disk(paths)
    yield from _fallback(paths)
    yield from _names(inventory)
    yield from _commands(inventory)
    yield from _sign_in(Path("/etc/nsswitch.conf"))
    yield from _beside(inventory, lost)


def _wrong(about: str, words: str, cure: str) -> ReadyFinding:
    return ReadyFinding(about=about, state="wrong", words=words, cure=cure, stops=False)


def _disk(paths: Paths) -> ReadyFinding:
    folder = next((one for one in (paths.incidents, *paths.incidents.parents) if one.is_dir()), Path("/"))
    free = shutil.disk_usage(folder).free
    about, words = "this console's disk", f"{size_words(free)} are free for journals in {folder}"
    if free < _LITTLE:
        return _wrong(about, words, "Make room there, or set CLEO_HOME to a folder on another disk.")
    return ReadyFinding(about=about, state="ok", words=words, stops=False)


def _fallback(paths: Paths) -> Iterator[ReadyFinding]:
    if paths.fallback is None:
        words = "where its disk gives way a journal goes on nowhere: no fallback directory is named"
        yield _wrong("this console's journals", words, "Set CLEO_SECOND_PLACE to a folder on another disk.")
    elif not paths.fallback.is_dir():
        words = f"their fallback directory {paths.fallback} is not there"
        yield _wrong("this console's journals", words, "Make it, or mount its disk.")


def _names(inventory: Inventory) -> Iterator[ReadyFinding]:
    """Yield the hosts that are found through DNS alone."""
    known = _known_names(Path("/etc/hosts"))
    by_name = [
        spec.host for spec in inventory.hosts.values() if isinstance(spec, SshHost) and not _is_address(spec.host)
    ]
    if unsafe := sorted(set(by_name) - known):
        words = f"{', '.join(unsafe[:5])}{'…' if unsafe[5:] else ''}: found by DNS alone, so not while DNS is lost"
        yield _wrong("hosts of the inventory", words, "Name them by address, or put them into /etc/hosts here.")


def _known_names(file: Path) -> set[str]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return {name for line in lines for name in line.partition("#")[0].split()[1:]}


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _commands(inventory: Inventory) -> Iterator[ReadyFinding]:
    """Yield the programs that secrets come from: a vault may be lost with what it opens."""
    if programs := sorted({one.command[0] for one in secrets_of(inventory) if one.command}):
        words = f"secrets come from {', '.join(programs)}: without what that asks, nobody logs in anywhere"
        yield _wrong("secrets of the inventory", words, "Keep a sealed copy that needs nothing which may be lost.")


def _sign_in(file: Path) -> Iterator[ReadyFinding]:
    try:
        found = _DIRECTORY.search(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return
    if found:
        words = f"accounts come from a directory too ({found[1]}): while that is lost, not everybody signs in here"
        yield _wrong("sign-in at this console", words, "Keep a local account and its key for whoever responds.")


def _beside(inventory: Inventory, lost: Collection[str]) -> Iterator[ReadyFinding]:
    """Yield the systems on this very machine that live on a site which a scenario loses: the console goes, too."""
    here = {name for name, spec in inventory.hosts.items() if isinstance(spec, LocalHost)}
    beside = sorted(name for name, one in inventory.systems.items() if one.host in here and one.site in lost)
    if beside:
        words = f"{', '.join(beside[:5])}{'…' if beside[5:] else ''} on this machine: lost with its site, console too"
        cure = "Have cleo, inventory, plan and keys on a machine elsewhere as well, and try them from there."
        yield _wrong("this console's machine", words, cure)

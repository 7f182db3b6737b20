"""Which Patroni manages a server, told on its host: by the process, and by what its configuration is about.

Patroni's files in the data directory stay when it is gone, and the server's parent is init: neither tells that it runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from actions.systems.postgres.patroni.programs import text_of
from actions.systems.postgres.server import Server

PROCESS = re.compile(r"^(?:\S*python[\d.]*\s+(?:-\S+\s+)*)?(?:\S*/)?patroni(?:\s|$)")
"""Matches the command line of its daemon, started by its own name or by a Python."""

_LOOK_S = 20.0
_LOOK = r"""
ps -eo pid=,args= | grep -E '(^|[ /])patroni( |$)' | while read -r pid args; do
  printf '%s %s %s\n' "$pid" "$(readlink "/proc/$pid/cwd" 2>/dev/null || echo -)" "$args"
done
"""
_UNITS = "systemctl list-unit-files 'patroni*' --state=enabled --no-legend 2>/dev/null | cut -d' ' -f1"


class Daemon(NamedTuple):
    """A Patroni on a server's host.

    Attributes:
        pid: its process; 0: none is seen, the inventory names its configuration.
        line: its command line.
        python: the Python that it runs with: where it is, that is too.
        config: its configuration file or folder; empty where nothing tells.
        scope, name: its cluster, and what it is called in it; empty where its configuration cannot be read.
        data: the data directory that it manages, resolved; empty where that is not known.
        api: where its REST interface listens, as seen from its host.
        rewrites_hba: whether it writes ``pg_hba.conf`` itself.
        ours: whether we read its configuration as our own account: the server's may not.
        trouble: why its configuration cannot be read.
    """

    pid: int
    line: str
    python: str = "python3"
    config: str = ""
    scope: str = ""
    name: str = ""
    data: str = ""
    api: str = ""
    rewrites_hba: bool = False
    ours: bool = False
    trouble: str = ""


def daemon_of(server: Server) -> Daemon | None:
    """Return the Patroni that manages a server, as its host tells; None where none of it runs there.

    One whose configuration cannot be read may be this server's, and counts as that.
    """
    return _managing(server, daemons(server))


def daemons_of(servers: Sequence[Server]) -> dict[str, Daemon]:
    """Return the Patroni of each server that has one, by the server's name; a host is looked at once."""
    seen: dict[tuple[str, ...], list[Daemon]] = {}
    found = {}
    for server in servers:
        settings = server.settings
        host = (settings.host, settings.run_as, settings.patroni.config)
        if host not in seen:
            seen[host] = daemons(server)
        if daemon := _managing(server, seen[host]):
            found[server.name] = daemon
    return found


def daemons(server: Server) -> list[Daemon]:
    """Return every Patroni on a server's host, with what its configuration says."""
    found = _described(server, _running(server))
    if not found and server.settings.patroni.config:
        named = _described(server, [Daemon(0, "", config=server.settings.patroni.config)])
        found = [one for one in named if not one.trouble]
    return found


def _managing(server: Server, found: Sequence[Daemon]) -> Daemon | None:
    if not found:
        return None
    real = server.query(["readlink", "-m", server.data]).out.strip()
    sure = [one for one in found if one.data and one.data == real]
    return next(iter(sure or [one for one in found if not one.data]), None)


def units(server: Server) -> str:
    """Return the units that start a Patroni at the next boot of its host; empty where none does, or nobody can tell."""
    return ", ".join(server.query(["sh", "-c", _UNITS], timeout_s=_LOOK_S).out.split())


def order(server: Server, daemon: Daemon, **what: Any) -> list[str]:
    """Return the command line that has the program on the host carry out an order."""
    said = {"config": daemon.config, "api": server.settings.patroni.api, **what}
    return [daemon.python, "-c", text_of("ask"), json.dumps(said)]


def _running(server: Server) -> list[Daemon]:
    found = []
    for line in server.query(["sh", "-c", _LOOK], timeout_s=_LOOK_S).out.splitlines():
        pid, _, rest = line.strip().partition(" ")
        folder, _, args = rest.partition(" ")
        if pid.isdigit() and PROCESS.search(args):
            found.append(Daemon(int(pid), args, python=_python(args), config=_config(server, args, folder)))
    return found


def _python(args: str) -> str:
    first = args.split()[0]
    return first if re.search(r"python[\d.]*$", first) else "python3"


def _config(server: Server, args: str, folder: str) -> str:
    """Return the configuration that a command line names: the first word behind the program that is no option."""
    if server.settings.patroni.config:
        return server.settings.patroni.config
    words = args.split()
    behind = words[next(n for n, word in enumerate(words) if word.rpartition("/")[2] == "patroni") + 1 :]
    named = next((word for word in behind if not word.startswith("-")), "")
    return named if named.startswith("/") or not named else f"{folder}/{named}"


def _described(server: Server, found: Sequence[Daemon]) -> list[Daemon]:
    """Return daemons with what their configurations say, read as the server's account, else as our own."""
    about = _about(server, found, ours=False)
    if unread := [one for one in found if "error" in about[one.config]]:
        again = _about(server, unread, ours=True)
        about |= {config: said for config, said in again.items() if "error" not in said}
    return [_with(one, about[one.config]) for one in found]


def _about(server: Server, found: Sequence[Daemon], *, ours: bool) -> dict[str, dict[str, Any]]:
    """Ask once for each Python what the configurations of those that run with it are about."""
    said: dict[str, dict[str, Any]] = {"": {"error": "its command line names no configuration"}}
    for python in {one.python for one in found}:
        configs = [one.config for one in found if one.python == python and one.config]
        argv = [python, "-c", text_of("ask"), json.dumps({"configs": configs})]
        done = server.query_ourselves(argv) if ours else server.query(argv, timeout_s=_LOOK_S)
        error = {"error": done.err.strip()[-200:] or "no answer"}
        said |= dict.fromkeys(configs, error)
        said |= {str(one["config"]): {**one, "ours": ours} for one in _parsed(done.out) or []}
    return said


def _with(daemon: Daemon, about: dict[str, Any]) -> Daemon:
    if "error" in about:
        return daemon._replace(trouble=f"{daemon.config or 'its configuration'} cannot be read: {about['error']}")
    return daemon._replace(
        scope=str(about["scope"]),
        name=str(about["name"]),
        data=str(about["data"]),
        api=str(about["api"]),
        rewrites_hba=bool(about["rewrites_hba"]),
        ours=bool(about["ours"]),
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None

"""Detects cluster managers and operators (such as Patroni) that start, stop or replace the server on their own.

What each leaves and shows was seen on a real one (Patroni 3.0.2), or is taken from its documentation (repmgr 5,
pg_auto_failover 2, Stolon, CloudNativePG, Pacemaker's ``pgsql`` agent).
"""

from __future__ import annotations

import re

import msgspec

from actions.context import ActionContext
from actions.gate import Closed
from actions.systems.postgres.patroni.daemon import PROCESS
from actions.systems.postgres.patroni.gate import GATE, PAUSE, closed_by_patroni
from actions.systems.postgres.server import Server, find_server

_LOOK_S = 20.0


class Manager(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of manager, and the signs of it.

    Attributes:
        name: what people call it.
        pause: what to do before anything is done here, and how.
        process: matches the command line of its daemon.
        written: matches a line of the server's configuration that it wrote; it stays when the manager is gone.
        files: what it leaves in the data directory; they stay, too.
    """

    name: str
    pause: str
    process: re.Pattern[str]
    written: re.Pattern[str] | None = None
    files: tuple[str, ...] = ()


def _daemon(names: str) -> re.Pattern[str]:
    """Match a command line whose program, or whose interpreter's script, is one of ``names``."""
    return re.compile(rf"^(?:\S*python[\d.]*\s+(?:-\S+\s+)*)?(?:\S*/)?(?:{names})(?:\s|$)")


PATRONI = Manager(
    name="Patroni",
    pause="Pause it first: postgres.pause_manager",
    process=PROCESS,
    written=re.compile("overwritten by Patroni", re.IGNORECASE),
    files=("patroni.dynamic.json",),
)
"""It is asked itself (`actions.systems.postgres.patroni`); these are the signs that stay when it is gone."""

MANAGERS = (
    Manager(
        name="repmgr",
        pause="Pause it first: `repmgr service pause` (on one node, for all of them), and see `repmgr service status`",
        process=_daemon("repmgrd"),
        written=re.compile(r"^\s*shared_preload_libraries\s*=.*\brepmgr\b"),
    ),
    Manager(
        name="pg_auto_failover",
        pause="Pause it first: `pg_autoctl enable maintenance` on this node",
        process=_daemon("pg_autoctl"),
        written=re.compile("postgresql-auto-failover"),
    ),
    Manager(
        name="Stolon",
        pause="Pause it first: stop every stolon-sentinel, then this node's stolon-keeper",
        process=_daemon("stolon-keeper"),
    ),
    Manager(
        name="Pacemaker",
        pause="Pause it first: `pcs property set maintenance-mode=true`",
        process=_daemon("pacemakerd|pacemaker-execd|pacemaker-based"),
    ),
    Manager(
        name="CloudNativePG, a Kubernetes operator",
        pause="Recover with it: a new Cluster with bootstrap.recovery; or fence it: `kubectl cnpg fencing on`",
        process=re.compile(r"^/controller/manager\s+instance"),
        written=re.compile(r"/controller/manager\s+wal-"),
    ),
)

_LOOK = r"""
d=$1
ps -eo args= | sed 's/^ */P /'
[ -e "$d/patroni.dynamic.json" ] && echo "F patroni.dynamic.json"
for f in postgresql.conf postgresql.auto.conf override.conf custom.conf; do
  [ -r "$d/$f" ] && sed 's/^/S /' "$d/$f"
done
command -v cibadmin >/dev/null && cibadmin --query 2>/dev/null | grep -o 'type="pgsql[a-z]*"' | sed 's/^/C /'
pid=$(head -n 1 "$d/postmaster.pid" 2>/dev/null)
[ -n "$pid" ] && tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -q '^KUBERNETES_SERVICE_HOST=' && echo K
exit 0
"""
_NAMES_OTHER = 'for f in "$@"; do [ -r "$f" ] || exit 1; done; ! grep -qF "$data" "$@"'
_KUBERNETES = (
    "Scale its operator to 0 first (or pause the reconciliation of this cluster, as the operator's documentation says)"
)


def unmanaged(ctx: ActionContext) -> Closed | None:
    """A gate: no cluster manager starts, stops or replaces this server, or the one that does is paused."""
    return managed_by(find_server(ctx))


def managed_by(server: Server, opens: str = PAUSE, *, paused: bool = True) -> Closed | None:
    """Return who starts, stops or replaces a server on its own, as a closed gate; None where nobody does.

    Args:
        server: the server.
        opens: the action that is to be done first where that is Patroni.
        paused: whether a paused Patroni is in nobody's way.
    """
    signs = _signs(server)
    patroni = any(PROCESS.search(line) for line in signs["P"]) or bool(server.settings.patroni.config)
    left = _left(PATRONI, signs)
    if (patroni or left) and (closed := closed_by_patroni(server, left, opens, paused=paused)):
        return closed
    for manager in MANAGERS:
        left = _left(manager, signs)
        running = [line for line in signs["P"] if manager.process.search(line)]
        running = [line for line in running if not _is_of_another(server, manager, line, signs)]
        pause = manager.pause.replace("CONFIG", next(filter(None, map(_config, running)), "CONFIG"))
        if running:
            return _closed(server, manager.name, f"it runs here ({_short(running[0])})", pause)
        if left and not running:
            return _closed(server, manager.name, f"{left}, though its daemon is not seen on this host", pause)
    if signs["K"]:
        return _closed(server, "a Kubernetes operator", "the server runs in a pod", _KUBERNETES)
    return None


def _is_of_another(server: Server, manager: Manager, line: str, signs: dict[str, list[str]]) -> bool:
    """Whether a daemon manages other things: its configuration can be read, and does not name this server's data.

    What cannot be read, or names no file, may be this server's.
    """
    if manager.name == "Pacemaker":
        return not signs["C"]
    file = _config(line)
    return bool(file) and server.query(["sh", "-c", _NAMES_OTHER, "sh", file], env={"data": server.data}).code == 0


def _config(line: str) -> str:
    """Return the configuration file that a command line names; empty where it names none."""
    return next((w for w in line.split()[1:] if w.startswith("/") and w.endswith((".yml", ".yaml", ".conf"))), "")


def _signs(server: Server) -> dict[str, list[str]]:
    """Return command lines (P), files (F), lines of configuration (S), and a sign of a pod (K)."""
    done = server.query(["sh", "-c", _LOOK, "sh", server.data], timeout_s=_LOOK_S)
    signs: dict[str, list[str]] = {"P": [], "F": [], "S": [], "C": [], "K": []}
    for line in done.out.splitlines():
        kind, _, text = line.partition(" ")
        if kind in signs:
            signs[kind].append(text)
    return signs


def _left(manager: Manager, signs: dict[str, list[str]]) -> str:
    """Return what in the data directory speaks of ``manager``; empty where nothing does."""
    if file := next((file for file in manager.files if file in signs["F"]), ""):
        return f"{file} lies in the data directory"
    wrote = manager.written and any(manager.written.search(line) for line in signs["S"])
    return "the server's configuration is written by it" if wrote else ""


def _closed(server: Server, name: str, why: str, pause: str) -> Closed:
    message = f"{server.name} is managed by {name}: {why}. It undoes what is done beside it. {pause}."
    return Closed(GATE, message, "reason and target")


def _short(line: str) -> str:
    return line if len(line) <= 80 else f"{line[:77]}..."

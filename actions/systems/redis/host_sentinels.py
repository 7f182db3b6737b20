"""Sentinels on a server's own host: whether they watch this server is asked of them, never taken for granted.

A server that is down tells nobody who watches it, and a host may carry Sentinels of other masters. So each is asked on
its host what it watches: the addresses of masters and of their replicas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from actions.systems.redis.sentinel import Where, places
from actions.systems.redis.server import Server

_LISTENS = re.compile(r"(\S+):(\d+) \[sentinel\]")
"""The title that a Sentinel gives itself (seen on 7.0.15); ``*``: every address."""
_ADDRESSES = "hostname -I 2>/dev/null; true"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ASK_S = 5.0


class HostSentinel(NamedTuple):
    """A Sentinel on a server's host.

    Attributes:
        line: its process, as ``ps`` shows it.
        watches: the name under which it watches the server; empty: it does not, or cannot be asked.
        others: what else it watches, ``NAME (HOST:PORT)``.
        why: why it cannot be asked; empty: it was.
    """

    line: str
    watches: str = ""
    others: Sequence[str] = ()
    why: str = ""


def ask_host_sentinels(server: Server, lines: Sequence[str]) -> Iterator[HostSentinel]:
    """Ask each Sentinel on a server's host whether it watches that server.

    Args:
        server: the server.
        lines: their processes, as ``ps`` shows them.
    """
    ours = _ours(server) if lines else set()
    for line in lines:
        listens = _LISTENS.search(line)
        if not listens:
            yield HostSentinel(line, why="where it listens is not seen")
            continue
        at = ("127.0.0.1" if listens[1] == "*" else listens[1].strip("[]"), listens[2])
        masters = _asked(server, at, "MASTERS")
        if masters is None:
            yield HostSentinel(line, why=f"at {at[0]}:{at[1]} it tells nothing without a login")
            continue
        yield _told(server, line, at, masters, ours)


def _told(
    server: Server, line: str, at: tuple[str, str], masters: Sequence[dict[str, str]], ours: set[Where]
) -> HostSentinel:
    others = list[str]()
    for each in masters:
        replicas = _asked(server, at, "REPLICAS", each["name"]) or []
        if ours & {_where(each), *map(_where, replicas)}:
            return HostSentinel(line, watches=each["name"])
        others.append(f"{each['name']} ({each['ip']}:{each['port']})")
    return HostSentinel(line, others=others)


def _ours(server: Server) -> set[Where]:
    """Return the addresses of a server as a Sentinel on its own host may know it."""
    port = server.settings.port
    own = server.query(["sh", "-c", _ADDRESSES]).out.split()
    return places(server) | {(address, port) for address in (*_LOOPBACK, *own)}


def _asked(server: Server, at: tuple[str, str], *words: str) -> list[dict[str, str]] | None:
    """Ask a Sentinel from its own host; None: it does not say."""
    argv = [server.program("redis-cli"), "-h", at[0], "-p", at[1], "--json", "SENTINEL", *words]
    done = server.query(argv, timeout_s=_ASK_S)
    try:
        said = json.loads(done.out)
    except ValueError:
        return None
    if not isinstance(said, list):
        return None
    return [one if isinstance(one, dict) else dict(zip(one[::2], one[1::2], strict=False)) for one in said]


def _where(told: dict[str, str]) -> Where:
    return str(told.get("ip", "")), int(told.get("port", 0))

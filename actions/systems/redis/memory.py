"""Whether what is about to be loaded fits: into ``maxmemory``, beyond which keys are evicted, and into the host."""

from __future__ import annotations

from actions.gate import decide
from actions.machine.directories import inspect_directories, size_words
from actions.machine.room import SpaceNeed, require_room
from actions.outcome import Cure, GateClosed
from actions.systems.redis.config_file import Wanted
from actions.systems.redis.restore_record import Source
from actions.systems.redis.server import Server

GATE = "maxmemory"
_AVAILABLE = r"sed -nE 's/^MemAvailable: +([0-9]+) kB/\1/p' /proc/meminfo"
_REWRITE = 2
"""How often the data is on disk while an append-only file is begun anew: the file restored from, and the new one."""


def require_memory(server: Server, size: int, wanted: Wanted, what: str) -> None:
    """Stop what would not fit, before anything is loaded.

    Args:
        server: the server.
        size: bytes that it will take; 0: not known.
        wanted: its limit, and what happens at it.
        what: what is to be loaded, in words.

    Raises:
        GateClosed: it does not fit, and nobody decided to go on.
    """
    if not size:
        server.ctx.log(f"How much memory {what} takes is not known: it is not compared with maxmemory.", "err")
        return
    short = []
    if wanted.maxmemory and size > wanted.maxmemory:
        then = "writes are refused" if wanted.policy == "noeviction" else "keys are evicted, and no command says so"
        short.append(f"maxmemory is {size_words(wanted.maxmemory)}: beyond it {then} ({wanted.policy})")
    available = server.query(["sh", "-c", _AVAILABLE]).out.strip()
    if available.isdigit() and size > int(available) * 1024:
        short.append(f"{server.settings.host} has {size_words(int(available) * 1024)} of memory left")
    if short:
        closed = GateClosed(
            GATE,
            f"{what[0].upper()}{what[1:]} takes {size_words(size)}: {'; '.join(short)}.",
            cures=[
                Cure(words="Raise maxmemory in its configuration file, or free memory on the host; then run it again."),
                Cure(words="Or go on anyway.", override=GATE, cost="keys that do not fit are lost"),
            ],
        )
        decide(server.ctx, closed, f"Loaded without the room ({'; '.join(short)})")


def require_disk(server: Server, source: Source, wanted: Wanted) -> None:
    """Stop a restore whose files would not fit on the disk.

    Raises:
        GateClosed: they do not, and nobody decided to go on.
    """
    times = _REWRITE if wanted.appendonly else 1
    needs = [SpaceNeed(inspect_directories(server, server.data)[0], source.size * times, "the restored data")]
    require_room(server, needs)

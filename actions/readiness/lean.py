"""Keeps a look at many systems small: what each of its threads would otherwise have of its own is had once."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module

from actions.inventory import Inventory
from actions.system_type import CannotLoad, load
from actions.system_types import system_type
from actions.transport import SshHost

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
"""glibc: malloc.h."""
_LARGE = 64 * 1024
"""Bytes: what has as many is given back to the system as soon as it is let go."""
_SSH = ("asyncssh", "actions.transport.ssh_link")


def keep_one_heap() -> None:
    """Have all threads share one heap, where the C library has several, and what is large stand outside of it.

    64 threads leave holes in each of sixteen heaps; what a program printed leaves one in which only small things fit.
    """
    with suppress(AttributeError, OSError):
        limit: Callable[[int, int], int] = ctypes.CDLL(None).mallopt
        limit(_ARENA_MAX, 1)
        limit(_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Give memory that is free again back to the system, where the C library can."""
    with suppress(AttributeError, OSError):
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        trim(0)


def import_clients(inventory: Inventory) -> None:
    """Import what the looks at an inventory need, before its threads would all do so: an import wants a deep stack.

    What cannot be imported is told by the look that needs it.
    """
    over_ssh = any(isinstance(spec, SshHost) for spec in inventory.hosts.values())
    for module in [*(_SSH if over_ssh else ()), *_of_types(inventory)]:
        with suppress(Exception, SystemExit):  # a broken package takes nothing else down
            import_module(module)


def _of_types(inventory: Inventory) -> Iterable[str]:
    """Yield the client library of each type that the inventory has; its probe and closer look are loaded, too."""
    for name in {one.type for one in inventory.systems.values()}:
        type_ = system_type(name)
        for part in filter(None, (type_.probe, type_.examine, type_.backups)):
            with suppress(CannotLoad):
                load(part)
        if type_.client:
            yield type_.client

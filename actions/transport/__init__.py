"""Runs programs on this machine and on other hosts; they survive the process that started them."""

from __future__ import annotations

from collections.abc import Sequence

from actions.transport.base import Transport
from actions.transport.errors import (
    NOT_REACHED,
    AlreadyStarted,
    DeadlineExceeded,
    FileMissing,
    FileTrouble,
    NothingStarted,
    NotLetIn,
    ProgramLost,
    ProgramMissing,
    TransportLost,
    Unreachable,
)
from actions.transport.handle import Handle
from actions.transport.hosts import HostSpec, LocalHost, PodHost, SshHost
from actions.transport.program import Completed, OnOutput, ProgramStatus, State
from actions.transport.ways import Ways

__all__ = [
    "NOT_REACHED",
    "AlreadyStarted",
    "Completed",
    "DeadlineExceeded",
    "FileMissing",
    "FileTrouble",
    "Handle",
    "HostSpec",
    "LocalHost",
    "NotLetIn",
    "NothingStarted",
    "OnOutput",
    "PodHost",
    "ProgramLost",
    "ProgramMissing",
    "ProgramStatus",
    "SshHost",
    "State",
    "Transport",
    "TransportLost",
    "Unreachable",
    "Ways",
    "local",
    "open_transport",
]


def local(environment: Sequence[str] = ()) -> Transport:
    """Return the way to run programs on this machine.

    Args:
        environment: names of our variables that they get beside the harmless ones.
    """
    from actions.transport.local_transport import LocalTransport

    return LocalTransport(environment)


def open_transport(spec: HostSpec) -> Transport:
    """Return the way to reach a host of the inventory. Nothing is connected before it is used."""
    if isinstance(spec, LocalHost):
        return local(spec.environment)
    if isinstance(spec, PodHost):
        from actions.transport.pod import PodTransport

        return PodTransport(spec)
    from actions.transport.ssh import SshTransport

    return SshTransport(spec)

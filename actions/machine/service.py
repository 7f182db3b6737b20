"""How a server is started and stopped on its machine: by a systemd unit, or by a command of the inventory."""

from __future__ import annotations

from typing import Literal

from actions.by_hand import CommandLine
from actions.settings import Settings


class Service(Settings, frozen=True):
    """How a server is started and stopped.

    Attributes:
        manager: what starts and stops it.
        unit: the unit's name; ``systemd`` wants it.
        start: program and arguments that launch the server, run as its account (``run_as``); ``command`` wants it. It
            must come back once the server is in the background.
        stop: the same for stopping it cleanly; empty: the server's process is asked by SIGTERM.
        log: the file that the server writes its log to; empty: a unit's journal is read.
    """

    manager: Literal["systemd", "command"]
    unit: str = ""
    start: list[str] = []
    stop: list[str] = []
    log: str = ""

    def __post_init__(self) -> None:
        """Refuse an entry with which nothing could be started.

        Raises:
            ValueError: what its manager wants is not said.
        """
        if self.manager == "systemd" and not self.unit:
            raise ValueError("manager systemd wants unit: the name of the server's unit")
        if self.manager == "command" and not self.start:
            raise ValueError("manager command wants start: the program that starts the server, and its arguments")


def start_line(service: Service, host: str, run_as: str) -> CommandLine:
    """Return what launches a server; it need not be ready once that has ended.

    Args:
        service: what the inventory says of it.
        host: the inventory's host that it runs on.
        run_as: its account; a unit is started as our own, which must be allowed to.
    """
    if service.manager == "systemd":
        return CommandLine(argv=["systemctl", "start", "--no-block", service.unit], host=host)
    return CommandLine(argv=service.start, host=host, user=run_as)


def stop_line(service: Service, host: str, run_as: str, pid: int | str) -> CommandLine:
    """Return what asks a server to stop cleanly. That it did as it was told does not prove that the server stopped.

    Args:
        service: what the inventory says of it.
        host: the inventory's host that it runs on.
        run_as: its account.
        pid: its process, proven to be the one that is meant; a word in capitals where a person is to find it out.
    """
    if service.manager == "systemd":
        return CommandLine(argv=["systemctl", "stop", service.unit], host=host)
    return CommandLine(argv=service.stop or ["kill", "-TERM", str(pid)], host=host, user=run_as)


def log_lines(service: Service, host: str, run_as: str, most: int) -> CommandLine:
    """Return what prints the newest lines of a server's log, at most so many."""
    if service.log:
        return CommandLine(argv=["tail", "-n", str(most), service.log], host=host, user=run_as)
    unit = service.unit or "UNIT"
    return CommandLine(argv=["journalctl", "-u", unit, "-n", str(most), "-o", "cat", "--no-pager"], host=host)

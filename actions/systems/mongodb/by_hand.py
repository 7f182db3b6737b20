"""The shell commands of MongoDB's actions, for a person who types them without this program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from actions.by_hand import ByHand, CommandLine
from actions.machine.service import log_lines, start_line, stop_line
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.tls import shell_options

PID = "PID"


def find_process(settings: MongodbSettings) -> CommandLine:
    """Return what prints the process that has the data directory open."""
    lock = f"{settings.place()}/mongod.lock"
    what = "the server's process; nothing is printed: it is down"
    return CommandLine(argv=["fuser", "-v", lock], what=what, host=settings.host, user=settings.run_as)


def program(settings: MongodbSettings, name: str) -> str:
    """Return the path of one of MongoDB's programs."""
    return str(PurePosixPath(settings.bin_directory) / name) if settings.bin_directory else name


def in_shell(settings: MongodbSettings, script: str, what: str) -> CommandLine:
    """Return a script for mongosh at the server, as our user; it asks for the password."""
    where = ["--host", settings.address, "--port", str(settings.port)]
    login = ["--username", settings.user, "--authenticationDatabase", settings.auth_database] if settings.user else []
    argv = ["mongosh", "--quiet", *where, *shell_options(settings), *login, "--eval", script]
    return CommandLine(argv=argv, what=what, host=settings.host)


def is_running(known: ByHand) -> Sequence[CommandLine]:
    """Return what tells whether the server runs."""
    return [find_process(known.settings(MongodbSettings))]


def start(known: ByHand) -> Sequence[CommandLine]:
    """Return what starts the server."""
    settings = known.settings(MongodbSettings)
    return [start_line(settings.service, settings.host, settings.run_as)]


def stop(known: ByHand) -> Sequence[CommandLine]:
    """Return what stops the server."""
    settings = known.settings(MongodbSettings)
    if known.params.get("immediate"):
        kill = CommandLine(argv=["kill", "-KILL", PID], host=settings.host, user=settings.run_as)
        return [find_process(settings), kill]
    line = stop_line(settings.service, settings.host, settings.run_as, PID)
    return [find_process(settings), line] if PID in line.argv else [line]


def log(known: ByHand, lines: int) -> Sequence[CommandLine]:
    """Return what prints the newest lines of the server's log."""
    settings = known.settings(MongodbSettings)
    return [log_lines(settings.service, settings.host, settings.run_as, int(known.params.get("lines") or lines))]

"""How programs work in a side instance: one at a time, at a low priority, with little memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.mongodb.hand_over import hand_over, take_back
from actions.systems.mongodb.programs.in_side import REFUSES, SAYS, SideServer
from actions.systems.mongodb.programs.request import Reached
from actions.systems.mongodb.programs.source import process_of
from actions.systems.mongodb.restored_server import program_lines, side_options
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.side.place import LOCK, Side
from actions.transport import Completed
from journal.structs import from_json

if TYPE_CHECKING:
    from pymongo import MongoClient

CACHE_GB = 0.5
"""GiB of memory for the side instance's mongod: the real server has the machine's."""
BUSY = 75
"""The exit status where another program works in it."""
_HOURS_S = 12 * 3600.0
_ASK_S = 3600.0
_WAIT_S = 1800
"""Seconds: what an earlier runner began goes on without it; its end is waited for, and what it did is seen then."""

Answer = TypeVar("Answer", bound=msgspec.Struct)


def side_line(side: Side, program: Sequence[str], wait_s: int = 0) -> list[str]:
    """Return the command line that runs one of our programs in a side instance.

    The lock ends with whoever holds it: the program itself, which ``flock`` becomes.

    Args:
        side: the side instance.
        program: the program's own line.
        wait_s: seconds to wait for another program's end.
    """
    lock = f"{side.root}/{LOCK}"
    return ["nice", "-n", "10", "flock", "--no-fork", "-w", str(wait_s), "-E", str(BUSY), lock, *program]


def busy(side: Side) -> ActionFailed:
    """Return the error for a side instance that another program works in."""
    return ActionFailed(
        f"Another program works in {side.name} ({side.root}).",
        "Wait for its end, or cancel its run; then run this step again.",
    )


def server_of_side(side: Side) -> SideServer:
    """Return how its mongod is run."""
    options = side_options(side.of, CACHE_GB)
    return SideServer(mongod=side.of.program("mongod"), data=side.data, log=side.log, options=options)


def reached(server: Server, client: MongoClient[dict[str, Any]]) -> Reached:
    """Return how a program on the server's host reaches the server that a session is with.

    Args:
        server: the server, or another member of its set.
        client: a session that was proven to be with it.
    """
    settings, (address, port) = server.settings, client.address or ("", 0)
    return Reached(
        address=address,
        port=port,
        user=settings.user,
        auth_database=settings.auth_database,
        password=settings.password.read() if settings.password else "",
        tls=settings.tls,
        tls_ca_file=settings.tls_ca_file,
        tls_certificate_file=settings.tls_certificate_file,
        process=process_of(client.admin.command("hello")),
    )


def run_in_side(
    side: Side,
    key: str,
    module: str,
    asked: msgspec.Struct,
    answer: type[Answer],
    on_line: Callable[[str, str], None] | None = None,
    left: str = "",
) -> Answer:
    """Have a program work in a side instance. Call it only where ``effect`` said True.

    Args:
        side: the side instance.
        key: the program's name within the run.
        module: the program.
        asked: its request.
        answer: what it answers with.
        on_line: told what it prints.
        left: what state it leaves where it fails.

    Raises:
        ActionFailed: it failed, or another program works there.
    """
    server = side.of
    path = hand_over(server.ctx, server.host, server.run_as, msgspec.json.encode(asked))
    try:
        line = side_line(side, program_lines(server, module, path))
        done = server.run(key, line, timeout_s=_HOURS_S, on_line=on_line)
    finally:
        take_back(server.ctx, server.host, server.run_as, path)
    return _answer(side, done, answer, left)


def ask_in_side(side: Side, module: str, asked: msgspec.Struct, answer: type[Answer]) -> Answer:
    """Have a program that changes nothing look into a side instance, in dry runs, too.

    Raises:
        ActionFailed: as `run_in_side` says.
    """
    line = side_line(side, program_lines(side.of, module, "-"), _WAIT_S)
    return _answer(side, side.of.query(line, timeout_s=_ASK_S, stdin=msgspec.json.encode(asked)), answer)


def _answer(side: Side, done: Completed, type_: type[Answer], left: str = "") -> Answer:
    if done.code == BUSY:
        raise busy(side)
    for text in done.out.splitlines():
        if text.startswith(REFUSES):
            message, hint = from_json(text.removeprefix(REFUSES), tuple[str, str])
            raise ActionFailed(message, hint, left_behind=left)
    said = [text.removeprefix(SAYS) for text in done.out.splitlines() if text.startswith(SAYS)]
    if done.code != 0 or not said:
        raise ActionFailed(
            f"{side.title} cannot be worked with: {last_words(done).removeprefix('ERROR: ')}",
            "Mend what it says, then run the step again. Its log is mongod.log beside its data.",
            left_behind=left,
        )
    return from_json(said[-1], type_)

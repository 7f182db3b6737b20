"""The guard of a fenced server: a line in its own configuration that PostgreSQL refuses, whoever starts it.

``postgresql.auto.conf`` is read by every start, wherever ``postgresql.conf`` lies, whichever program starts the
server, also after a reboot. A name that PostgreSQL does not know ends the start there, and its log names the line.
"""

from __future__ import annotations

import re

from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.hba import config_file
from actions.systems.postgres.server import Server

UNFENCE = "postgres.unfence"
NAME = "cleo_fenced"
BEGIN = "# cleo: fenced, so that it does not start; `postgres.unfence` takes this out (begin)"
END = "# cleo: fenced (end)"
_BLOCK = re.compile(rf"^{re.escape(BEGIN)}\n.*?^{re.escape(END)}\n?", re.MULTILINE | re.DOTALL)
_LINE = re.compile(rf"^{NAME}\b", re.MULTILINE)


def guard_file(server: Server) -> str:
    """Return the path of the file that the guard stands in."""
    return f"{server.data}/postgresql.auto.conf"


def stands(server: Server) -> bool:
    """Whether the guard stands in the server's configuration."""
    return bool(_LINE.search(server.read(guard_file(server)) or ""))


def block_of(why: str) -> str:
    """Return the guard's lines; ``why`` is what PostgreSQL's log shows beside its name."""
    said = why.replace("'", "").replace("\n", " ")
    return f"{BEGIN}\n{NAME} = '{said}'\n{END}\n"


def put(server: Server, why: str) -> None:
    """Put the guard at the end of the file; once is enough. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it cannot be written.
    """
    if stands(server):
        return
    text = server.read(guard_file(server)) or ""
    parted = text if not text or text.endswith("\n") else f"{text}\n"
    server.write(guard_file(server), parted + block_of(why))


def take_out(server: Server) -> None:
    """Take the guard out; the rest of the file stays to the letter. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it cannot be written.
    """
    if text := server.read(guard_file(server)):
        server.write(guard_file(server), without_guard(text))


def without_guard(text: str) -> str:
    """Return the file's text without the guard."""
    return _LINE.sub(f"# {NAME}", _BLOCK.sub("", text))


def refused(server: Server) -> str:
    """Try whether the server would start, without starting it: return how it refuses for the guard, else nothing.

    ``postgres -C`` reads the configuration as a start does, with the same end.
    """
    config = config_file(server)
    options = ["-c", f"config_file={config}"] if config else []
    done = server.query([server.program("postgres"), "-C", "data_directory", "-D", server.data, *options])
    said = (line.partition("LOG:  ")[2] for line in done.err.splitlines() if NAME in line)
    return next(filter(None, said), "") if done.code != 0 else ""


def require_not_fenced(server: Server) -> None:
    """Refuse to start a fenced server, or to restore over it: that makes a second primary.

    Raises:
        ActionFailed: it is fenced.
    """
    if stands(server):
        raise ActionFailed(
            f"{server.name} is fenced ({guard_file(server)}): it is not to come up as a primary again.",
            left_behind="Nothing was changed; the server is down.",
            cures=[Cure(words="Only if no other primary takes writes: lift the fence first.", action=UNFENCE)],
        )

"""The guard of a fenced server: a line in its own configuration file that mongod refuses, whoever starts it.

Every start reads that file before anything else, also after a reboot. An option that mongod does not know ends the
start there, and its last words name it (seen on 6.0.5). So it does not come up as a member of its set either.
"""

from __future__ import annotations

import re

from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.config_file import find_config_file
from actions.systems.mongodb.server import Server

UNFENCE = "mongodb.unfence"
NAME = "cleoFenced"
BEGIN = "# cleo: fenced, so that it does not start; `mongodb.unfence` takes this out (begin)"
END = "# cleo: fenced (end)"
_BLOCK = re.compile(rf"^{re.escape(BEGIN)}\n.*?^{re.escape(END)}\n?", re.MULTILINE | re.DOTALL)
_LINE = re.compile(rf"^{NAME}\b", re.MULTILINE)


def stands(server: Server) -> bool:
    """Whether the guard stands in the server's configuration."""
    file = find_config_file(server)
    return bool(file and _LINE.search(server.read(file) or ""))


def block_of(why: str) -> str:
    """Return the guard's lines; ``why`` is said beside its name."""
    said = why.replace('"', "").replace("\n", " ")
    return f'{BEGIN}\n{NAME}: "{said}"\n{END}\n'


def put(server: Server, why: str) -> None:
    """Put the guard at the end of the file; once is enough. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it cannot be written.
    """
    if stands(server):
        return
    file = find_config_file(server)
    text = server.read(file) or ""
    parted = text if not text or text.endswith("\n") else f"{text}\n"
    server.write(file, parted + block_of(why), user="")


def take_out(server: Server) -> None:
    """Take the guard out; the rest of the file stays to the letter. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it cannot be written.
    """
    file = find_config_file(server)
    if text := server.read(file):
        server.write(file, _LINE.sub(f"# {NAME}", _BLOCK.sub("", text)), user="")


def refused(server: Server) -> str:
    """Try whether the server would start, without starting it: return how it refuses for the guard, else nothing.

    ``--outputConfig`` reads the configuration as a start does, and then only prints it.
    """
    done = server.query([server.program("mongod"), "--config", find_config_file(server), "--outputConfig"])
    said = (line.strip() for line in f"{done.err}\n{done.out}".splitlines() if NAME in line)
    return next(said, "") if done.code != 0 else ""


def require_not_fenced(server: Server) -> None:
    """Refuse to start a fenced server, or to restore over it.

    Raises:
        ActionFailed: it is fenced.
    """
    if stands(server):
        raise ActionFailed(
            f"{server.name} is fenced ({find_config_file(server)}): it is not to come up again as it is.",
            left_behind="Nothing was changed; the server is down.",
            cures=[Cure(words="Lift the fence first: then it follows whom its set has elected.", action=UNFENCE)],
        )

"""The guard of a fenced server: a line in its own configuration that Redis refuses, whoever starts it.

Every start reads its configuration file before anything else, also after a reboot. A directive that Redis does not know
ends the start there, and its last words name the line (seen on 7.0.15). CONFIG REWRITE leaves such a line alone.
"""

from __future__ import annotations

import re

from actions.outcome import ActionFailed, Cure
from actions.systems.redis.server import Server

UNFENCE = "redis.unfence"
NAME = "cleo_fenced"
BEGIN = "# cleo: fenced, so that it does not start; `redis.unfence` takes this out (begin)"
END = "# cleo: fenced (end)"
_BLOCK = re.compile(rf"^{re.escape(BEGIN)}\n.*?^{re.escape(END)}\n?", re.MULTILINE | re.DOTALL)
_LINE = re.compile(rf"^\s*{NAME}\b", re.MULTILINE)
_NOT_STARTED = "cleo_only_tried"
"""A second directive that Redis does not know, on the command line of what tries a start: so it never is one."""


def guard_file(server: Server) -> str:
    """Return the path of the configuration file that the guard stands in; empty: it is started without one."""
    settings = server.settings
    arguments = settings.service.start[1:2] if settings.service.manager == "command" else []
    return settings.config_file or next((word for word in arguments if not word.startswith("-")), "")


def stands(server: Server) -> bool:
    """Whether the guard stands in the server's configuration."""
    file = guard_file(server)
    return bool(file and _LINE.search(server.read(file) or ""))


def block_of(why: str) -> str:
    """Return the guard's lines; ``why`` is what Redis says beside its name."""
    said = why.replace('"', "").replace("\n", " ")
    return f'{BEGIN}\n{NAME} "{said}"\n{END}\n'


def put(server: Server, why: str) -> None:
    """Put the guard at the end of the file; once is enough. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it cannot be written.
    """
    if stands(server):
        return
    text = server.read(guard_file(server)) or ""
    parted = text if not text or text.endswith("\n") else f"{text}\n"
    server.write(guard_file(server), parted + block_of(why), user="")


def take_out(server: Server) -> None:
    """Take the guard out; the rest of the file stays to the letter. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it cannot be written.
    """
    if text := server.read(guard_file(server)):
        server.write(guard_file(server), _LINE.sub(f"# {NAME}", _BLOCK.sub("", text)), user="")


def trial(server: Server) -> list[str]:
    """Return the command that reads the configuration as a start does, and never becomes one."""
    return [server.program(server.settings.program), guard_file(server), f"--{_NOT_STARTED}", "yes"]


def refused(server: Server) -> str:
    """Try whether the server would start, without starting it: return the line that it refuses, else nothing."""
    done = server.query(trial(server))
    said = [line.strip(" >'") for line in f"{done.err}\n{done.out}".splitlines() if line.startswith(">>>")]
    return next((line for line in said if NAME in line), "") if done.code != 0 else ""


def require_not_fenced(server: Server) -> None:
    """Refuse to start a fenced server, or to restore over it: that makes a second master.

    Raises:
        ActionFailed: it is fenced.
    """
    if stands(server):
        raise ActionFailed(
            f"{server.name} is fenced ({guard_file(server)}): it is not to come up as a master again.",
            left_behind="Nothing was changed; the server is down.",
            cures=[Cure(words="Only if no other master takes writes: lift the fence first.", action=UNFENCE)],
        )

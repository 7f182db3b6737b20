"""The POSIX sh scripts that are sent to other hosts, and the command lines that send them.

Everything travels through the remote shell's standard input, the environment included: a command line
there is for everyone to read. The remote shell reads exactly the bytes that are the script, so that what
follows is the program's own input. A script cut off by a broken link does nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from actions.transport.errors import NothingStarted

BEGIN = "cleo-begins-here"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@cache
def text(name: str) -> str:
    """Return the script ``name`` with what it shares with the others in front."""
    folder = files("actions.transport") / "posix"
    return (folder / "common.sh").read_text() + (folder / f"{name}.sh").read_text()


def command(script: bytes) -> str:
    """Return the command line that makes any login shell run ``script``, which follows on its standard input."""
    return f"exec sh -c 'eval \"$(dd bs=1 count={len(script)} 2>/dev/null)\"' cleo"


def compose(name: str, args: Sequence[str], env: Mapping[str, str] | None = None) -> bytes:
    """Return the script ``name`` ready to be sent, with its arguments and variables.

    The braces around the call make a script that lacks its end a syntax error. Before anything else it
    prints ``BEGIN``, which tells its answer from what a login shell's own start-up files print.
    """
    variables = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in (env or {}).items())
    call = f"{{\necho {BEGIN}\necho {BEGIN} >&2\n{variables}main {shlex.join(args)}\n}}\n"
    return f"main() {{\n{text(name)}\n}}\n{call}".encode("utf-8", "surrogateescape")


def names(env: Mapping[str, str] | None) -> str:
    """Return the variables' names, separated by commas.

    Raises:
        NothingStarted: one is no name that a shell can carry.
    """
    for name in env or {}:
        if not _NAME.fullmatch(name):
            raise NothingStarted(f"{name!r} is no name for an environment variable.", "Correct it in the plan.")
    return ",".join(env or {})

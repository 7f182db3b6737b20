"""Hands a request over to a program on a host, in a file for its account alone: it may hold a password."""

from __future__ import annotations

from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import ActionFailed

_HAND_OVER = """\
umask 077; where=${TMPDIR:-/tmp}
find "$where" -maxdepth 1 -type f -name 'cleo-request-*' -user "$(id -u)" -mmin +60 -delete 2>/dev/null
f=$(mktemp "$where/cleo-request-XXXXXXXX") && cat >"$f" && printf %s "$f"
"""
"""Writes what it reads into a file that only its account can read, and prints the file's path.

The program removes it as soon as it is read; one that a killed runner left is removed by the next.
"""


def hand_over(ctx: ActionContext, host: str, account: str, data: bytes) -> str:
    """Write a request into a file for the program alone, and return the file's path.

    Raises:
        ActionFailed: it cannot be written.
    """
    done = ctx.transport(host).query(["sh", "-c", _HAND_OVER], timeout_s=30, user=account, stdin=data)
    if done.code != 0 or not done.out.startswith("/"):
        raise ActionFailed(
            f"What is to be done cannot be handed over on {host}: {last_words(done)}",
            "Make room in its folder for temporary files, and check who may write there.",
        )
    return done.out


def take_back(ctx: ActionContext, host: str, account: str, path: str) -> None:
    """Remove the file of a request that its program has not removed."""
    ctx.transport(host).query(["rm", "-f", path], timeout_s=30, user=account)

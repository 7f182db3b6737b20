"""The interface that a connection to another host must offer to the remote transport."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from actions.transport.errors import NothingStarted
from actions.transport.scripts import BEGIN, compose

CONTROL_S = 15
"""Seconds one of our own short scripts may take on a host."""

STILL_THERE = "What runs there goes on, and keeps its output and exit status: attach again once it can be reached."


class Answer(NamedTuple):
    """What a script answered."""

    code: int
    out: bytes
    err: bytes


class Link(Protocol):
    """A way to run a script on a host; see ``SshLink``.

    Attributes:
        name: what people call it.
        address: the account and the place that it leads to.
        relink_s: seconds to go on trying once it broke.
        connections: how many were made so far.
        connection_fault: what is wrong with it right now; empty while it works.
    """

    name: str
    address: str
    relink_s: float
    connections: int
    connection_fault: str

    def run(self, script: bytes, *, timeout_s: float, stdin: bytes = b"") -> Answer:
        """Run a script there and return its answer."""


def ask(
    link: Link,
    script: str,
    args: Sequence[str] = (),
    *,
    timeout_s: float = CONTROL_S,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> Answer:
    """Run one of our scripts over ``link`` and return its answer alone.

    Raises:
        NothingStarted: the login shell there did not run it.
        TransportLost: see ``Link.run``; ``Unreachable`` too.
    """
    answer = link.run(compose(script, args, env), timeout_s=timeout_s, stdin=stdin)
    _, begun, out = answer.out.partition(f"{BEGIN}\n".encode())
    noise, _, err = answer.err.partition(f"{BEGIN}\n".encode())
    if not begun:
        said = b" ".join((answer.out + noise).split()).decode("utf-8", "replace")
        raise NothingStarted(
            f"{link.name} lets us log in, but runs nothing: {said or f'exit status {answer.code}'}.",
            "Give the account a shell there, or use another one.",
        )
    return Answer(answer.code, out, err)

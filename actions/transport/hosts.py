"""The inventory entries that describe where programs run: this machine or a host over SSH."""

from __future__ import annotations

from typing import Annotated

import msgspec


class LocalHost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="via", tag="local"):
    """The machine the runner is on.

    Attributes:
        environment: names of the runner's variables that programs there get beside the harmless ones.
    """

    environment: list[str] = []


class SshHost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="via", tag="ssh"):
    """A machine reached over SSH.

    The inventory says all there is to say: ``~/.ssh/config`` is not read, so that one responder's
    settings cannot lead a recovery to another machine than a colleague's.

    Attributes:
        host: name or address.
        port: the SSH server's port.
        user: the account to log in with; empty for our own account's name.
        key: file with the private key; empty for the agent's keys and the usual files in ``~/.ssh``.
        known_hosts: file with the host keys to trust; empty for ``~/.ssh/known_hosts``.
        spool: folder for what runs there; ``~`` is the account's home on that machine.
        connect_timeout_s: seconds to wait for a connection.
        relink_s: seconds to go on trying once a link is lost, before the step is in doubt.
    """

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 22
    user: str = ""
    key: str = ""
    known_hosts: str = ""
    spool: str = "~/.cleo/spool"
    connect_timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    relink_s: Annotated[float, msgspec.Meta(ge=0)] = 30.0


HostSpec = LocalHost | SshHost

"""What a server's configuration files say, whether or not it runs."""

from __future__ import annotations

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.hba import config_file
from actions.systems.postgres.server import Server


def configured(server: Server, name: str) -> str:
    """Return a setting as the server's files have it: one that is down, or lets nobody in, has no other to tell it.

    Raises:
        ActionFailed: its configuration cannot be read; also where it is fenced, which is read as a start does it.
    """
    config = config_file(server)
    options = ["-c", f"config_file={config}"] if config else []
    done = server.query([server.program("postgres"), "-C", name, "-D", server.data, *options])
    if done.code != 0:
        raise ActionFailed(
            f"The configuration of {server.name} cannot be read: {last_words(done)}",
            "Correct what it names; it would not start either.",
            left_behind="Nothing was changed.",
        )
    return done.out.strip()

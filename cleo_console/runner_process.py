"""Starts an incident's runner as a process of its own, and waits until it works."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from actions.account import user_name
from cleo_console.detach import detachment
from journal.errors import CleoError

if TYPE_CHECKING:
    from journal.paths import IncidentPlace

READY_WITHIN_S = 30.0


class RunnerDidNotStart(CleoError):
    """The runner ended before it was at work."""


def ensure_runner(place: IncidentPlace) -> None:
    """Start the incident's runner, unless one is at work. Returns once it holds the lease.

    Raises:
        RunnerDidNotStart: it ended, or did not get to work in time; its last words are in the message.
    """
    from actions.runner.lease import held

    if held(place.folder):
        return
    started = _spawn(place)
    deadline = time.monotonic() + READY_WITHIN_S
    pause = threading.Event()
    while not held(place.folder):
        if started.poll() not in (None, 0):
            raise RunnerDidNotStart(
                f"The runner did not start: {_last_words(place)}", f"All it said: {place.runner_log}"
            )
        if time.monotonic() > deadline:
            raise RunnerDidNotStart(
                f"The runner is not at work after {READY_WITHIN_S:.0f} s.", f"See {place.runner_log}."
            )
        pause.wait(0.05)


def _spawn(place: IncidentPlace) -> subprocess.Popen[bytes]:
    """Start it in a session of its own, with nothing of the terminal's: no descriptor, no hang-up."""
    prefix = detachment(user=user_name()).prefix
    command = [*prefix, sys.executable, "-P", "-m", "cleo_console", "_runner", str(place.folder)]
    with _log(place) as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True, close_fds=True
        )


def _log(place: IncidentPlace) -> BinaryIO:
    """Open what the runner says beside the journal; a disk that takes nothing any more must not keep it from work."""
    try:
        return place.runner_log.open("ab")
    except OSError:
        return Path(os.devnull).open("ab")


def _last_words(place: IncidentPlace) -> str:
    if not place.runner_log.exists():
        return "it said nothing"
    said = place.runner_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return said[-1] if said else "it said nothing"


def warnings(place_of_secrets: tuple[str, ...] = ()) -> list[str]:
    """Return what a responder should know before the first action.

    Args:
        place_of_secrets: names of environment variables that the inventory takes secrets from.
    """
    found = [detachment(user=user_name()).warning]
    if place_of_secrets:
        names = ", ".join(place_of_secrets)
        found.append(f"Secrets come from the environment ({names}): a runner started elsewhere will not have them.")
    if _agent_is_forwarded():
        found.append("The SSH agent is forwarded: it goes when you log out, and the runner then has no keys.")
    return [warning for warning in found if warning]


def _agent_is_forwarded() -> bool:
    """sshd puts a forwarded agent's socket at /tmp/ssh-XXXX/agent.PID and sets SSH_CONNECTION."""
    socket = os.environ.get("SSH_AUTH_SOCK", "")
    return "SSH_CONNECTION" in os.environ and Path(socket).name.startswith("agent.")

"""The login program of a kubeconfig (``exec:``): run within a deadline, and where it can ask nobody.

The client library runs it without a deadline, with our terminal as its input, and asks the cluster as nobody where it
fails. A program that opens a browser, or asks for a code, would take the console's keys, or hang for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from journal.errors import CleoError

LOGIN_S = 15.0
"""Seconds that a login program may take."""
_UNTIL_NEXT_S = 60.0
"""Seconds for which credentials count that say no end of their own."""
_SLACK_S = 30.0
"""Seconds before their end at which credentials are had anew."""
_SAID = 200


class NoLogin(CleoError):
    """A login program gave no credentials."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a login program gave.

    Attributes:
        token: a token; empty: a certificate is given.
        certificate: a client's certificate, in PEM.
        key: its key.
        until: the second of the Unix epoch from which on they are had anew.
    """

    token: str = ""
    certificate: str = ""
    key: str = ""
    until: float = 0.0

    @property
    def over(self) -> bool:
        """Whether they are to be had anew."""
        return time.time() >= self.until


_KNOWN: dict[str, Credentials] = {}
"""What login programs gave in this process, by their command line: several looks a minute must not log in each time."""


def log_in(said: Mapping[str, Any], kubeconfig: Path, seconds: float = LOGIN_S) -> Credentials:
    """Return the credentials that a login program gives, or gave and still hold.

    Args:
        said: what the kubeconfig says of it (``exec:``).
        kubeconfig: the file: a command with a slash is meant from where it lies.
        seconds: how long it may take.

    Raises:
        NoLogin: it is not there, failed, hangs, wants a terminal, or printed something else.
    """
    command = str(said.get("command") or "")
    argv = [command, *map(str, said.get("args") or [])]
    if "/" in command and not command.startswith("/"):
        argv[0] = str(kubeconfig.parent / command)
    if said.get("interactiveMode") == "Always":
        raise NoLogin(f"The login program {command} wants a terminal, and has none here.", _yourself(kubeconfig))
    name = json.dumps([argv, said.get("env")])
    found = _KNOWN.get(name)
    if found is None or found.over:
        found = _KNOWN[name] = _credentials(
            _output(argv, said, kubeconfig, seconds), str(said.get("apiVersion")), argv[0], kubeconfig
        )
    return found


def forget() -> None:
    """Have the next login ask its program again: a server did not take what it gave."""
    _KNOWN.clear()


def _output(argv: list[str], said: Mapping[str, Any], kubeconfig: Path, seconds: float) -> str:
    """Run a login program, and return what it printed."""
    info = {"apiVersion": said.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    added = {str(one["name"]): str(one["value"]) for one in said.get("env") or []}
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**os.environ, **added, "KUBERNETES_EXEC_INFO": json.dumps(info)},
            start_new_session=True,  # it must not ask for anything over somebody's screen
        )
    except OSError as error:
        hint = str(said.get("installHint") or "Install it, or see the PATH that cleo runs with.")
        raise NoLogin(f"The login program {argv[0]} cannot be run: {error.strerror}.", hint) from error
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        out, err = _ended(process)
        words = f"The login program {argv[0]} gave no credentials within {seconds:g} s{_words(err)}."
        raise NoLogin(f"{words} It may wait for a browser or for input.", _yourself(kubeconfig)) from None
    if process.returncode:
        raise NoLogin(f"The login program {argv[0]} failed ({process.returncode}){_words(err)}.", _yourself(kubeconfig))
    return out


def _ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """End a program and what it started; return what it printed."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        return process.communicate(timeout=1.0)
    except subprocess.TimeoutExpired:  # something of it left its session, and holds the pipes
        return "", ""


def _credentials(printed: str, version: str, program: str, kubeconfig: Path) -> Credentials:
    """Return the credentials that a program printed."""
    try:
        found = json.loads(printed)
        status = found["status"]
        given = {"token": "token", "certificate": "clientCertificateData", "key": "clientKeyData"}
        made = {field: str(status.get(name) or "") for field, name in given.items()}
        end = status.get("expirationTimestamp")
        until = datetime.fromisoformat(str(end)).timestamp() - _SLACK_S if end else time.time() + _UNTIL_NEXT_S
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"The login program {program} printed no credentials ({type(error).__name__})."
        raise NoLogin(what, _yourself(kubeconfig)) from error
    if found.get("apiVersion") != version:
        what = f"The login program {program} speaks {found.get('apiVersion')}, and the kubeconfig says {version}."
        raise NoLogin(what, "Have the kubeconfig written anew by the tool that it came from.")
    if not made["token"] and not (made["certificate"] and made["key"]):
        raise NoLogin(f"The login program {program} gave neither token nor certificate and key.", _yourself(kubeconfig))
    if end and until + _SLACK_S <= time.time():
        at = datetime.fromtimestamp(until + _SLACK_S, UTC)
        raise NoLogin(f"The login program {program} gave what ended at {at:%H:%M:%S} UTC.", _yourself(kubeconfig))
    return Credentials(**made, until=until)


def _words(said: str) -> str:
    """Return the last line that a program said, in brackets; nothing where it said none."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f" (it says: {lines[-1][:_SAID]})" if lines else ""


def _yourself(kubeconfig: Path) -> str:
    """Return where to log in; the program's own arguments may hold a secret, and are not told."""
    hint = "Log in at a terminal of your own, as the account that cleo runs as"
    return f"{hint}: {shlex.join(['kubectl', '--kubeconfig', str(kubeconfig), 'version'])}"

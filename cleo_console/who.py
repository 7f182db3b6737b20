"""Who sits here: the person behind a login that several share is asked for a name, once in a session."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from actions.account import user_name
from journal.errors import CleoError
from journal.incident.team import PROGRAMS, short_name
from journal.store.folders import keep_private
from journal.wording.sanitize import sanitize

_SHARED = frozenset(
    (
        *("root", "admin", "administrator", "ubuntu", "debian", "ec2-user", "centos", "rocky", "opc", "core", "pi"),
        *("vagrant", "deploy", "ops", "oncall", "on-call", "operator", "support", "postgres", "cleo"),
    )
)
"""Logins that stand for no single person; CLEO_SHARED_LOGINS names more, with commas between."""
_LONGEST = 40


def login() -> str:
    """Return the login's name; behind sudo, that of who typed it."""
    return os.environ.get("SUDO_USER") or user_name()


def known_name(home: Path) -> str:
    """Return who was said to sit here, by CLEO_ACTOR (``--actor``) or in this session; empty where nobody said so.

    Args:
        home: the folder in which answers are kept.
    """
    return os.environ.get("CLEO_ACTOR") or _answered(home)


def ask_for_name(home: Path) -> None:
    """Ask at the terminal who sits here, where the login is shared and nobody said so yet.

    Who presses enter alone stays the login, and is not asked again in this session. Without a terminal nobody is asked.

    Args:
        home: the folder in which answers are kept.
    """
    if known_name(home) or not _shared(login()) or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    import click

    prompt = f"The login {login()} is shared. Your name, for the journal (enter alone: {login()})"
    while True:
        said = click.prompt(prompt, default="", show_default=False, err=True).strip()
        if not (wrong := _wrong(said)):
            break
        click.echo(wrong, err=True)
    _keep(home, said or login())


def _shared(name: str) -> bool:
    more = os.environ.get("CLEO_SHARED_LOGINS", "")
    return name in _SHARED or name in [part.strip() for part in more.split(",")]


def _wrong(said: str) -> str:
    """Return what is wrong with a name; empty where nothing is."""
    if short_name(said) in PROGRAMS:
        return f"{said} is a program's name in the journal."
    if len(said) > _LONGEST or sanitize(said) != said:
        return f"A name has at most {_LONGEST} characters, and none that a terminal acts on."
    return ""


def _session() -> str:
    """Return what names this login session: its leader's process number, and when that started."""
    leader = os.getsid(0)
    started = Path(f"/proc/{leader}/stat").read_text().rpartition(")")[2].split()[19]
    return f"{leader}-{started}"


def _answered(home: Path) -> str:
    with suppress(OSError, IndexError, UnicodeDecodeError):
        return (home / "sessions" / _session()).read_text().strip()
    return ""


def _keep(home: Path, name: str) -> None:
    """Keep an answer for this process and those that it starts; and for the session, if the disk lets us."""
    os.environ["CLEO_ACTOR"] = name
    with suppress(OSError, IndexError, CleoError):
        folder, session = home / "sessions", _session()
        keep_private(folder)
        for old in folder.iterdir():
            if not Path(f"/proc/{old.name.partition('-')[0]}").exists():
                old.unlink(missing_ok=True)
        (folder / session).write_text(f"{name}\n")

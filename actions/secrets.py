"""Secrets, held by reference only: the inventory says where a secret is, never what it is."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from actions.account import expanded
from journal.errors import CleoError

COMMAND_DEADLINE_S = 20
_read_before: set[str] = set()
_commands_asked: set[tuple[str, ...]] = set()


class SecretUnavailable(CleoError):
    """A secret cannot be had from where the inventory says it is."""


class Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a secret is: one of these three.

    Attributes:
        env: the environment variable that holds it.
        file: a file on this machine that only its owner can read; one that others can read is refused.
        command: program and arguments that print it (``[pass, show, db1]``), within 20 s and without a terminal.
    """

    env: str = ""
    file: str = ""
    command: list[str] = []

    def read(self) -> str:
        """Return the secret, without the newline at its end.

        Raises:
            SecretUnavailable: it is not there, others can read its file, it is no text, or its command failed.
            NoHome: its file is in a home folder, and we have none.
        """
        secret = self._read()
        _read_before.add(secret)
        return secret

    def _read(self) -> str:
        if self.env:
            return _from_environment(self.env)
        if self.file:
            return _from_file(expanded(self.file))
        if self.command:
            return _from_command(self.command)
        raise SecretUnavailable(
            "A secret says nothing of where it is.", "Give it env:, file: or command: in the inventory."
        )


def read_before() -> frozenset[str]:
    """Return every secret that this process has read: none of them may be written anywhere, whoever prints it."""
    return frozenset(_read_before)


def learn_secrets(settings: object) -> None:
    """Read every secret of an inventory that costs nothing to read, so that it is known before anything writes it.

    What cannot be read now cannot be printed by us either.
    """
    for secret in secrets_of(settings):
        if not secret.command:
            with contextlib.suppress(CleoError):
                secret.read()


def learn_from_commands(settings: object) -> None:
    """Run every command of an inventory that prints a secret, unless this process has; it may take long."""
    for secret in secrets_of(settings):
        asked = tuple(secret.command)
        if asked and asked not in _commands_asked:
            _commands_asked.add(asked)
            with contextlib.suppress(CleoError):
                secret.read()


def secrets_of(settings: object) -> Iterator[Secret]:
    """Return every secret in an inventory, at any depth."""
    if isinstance(settings, Secret):
        yield settings
    elif isinstance(settings, msgspec.Struct):
        for name in settings.__struct_fields__:
            yield from secrets_of(getattr(settings, name))
    elif isinstance(settings, Mapping):
        for value in settings.values():
            yield from secrets_of(value)
    elif isinstance(settings, list | tuple):
        for value in settings:
            yield from secrets_of(value)


def _from_environment(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise SecretUnavailable(
            f"The environment variable {name} is not set, and a secret is to come from it.",
            f"Set {name} before you start cleo, or give the secret as file: or command:.",
        ) from None


def _from_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretUnavailable(f"Others can read the secret in {path}; it is not used.", f"Run: chmod 600 {path}")
        return path.read_text(encoding="utf-8").rstrip("\n")
    except UnicodeDecodeError:
        raise SecretUnavailable(
            f"The secret in {path} is no text in UTF-8.", "Name the file of the password itself in the inventory."
        ) from None
    except OSError as error:
        raise SecretUnavailable(
            f"The secret in {path} cannot be read: {error.strerror}.",
            "Check the path in the inventory and who owns the file.",
        ) from error


def _from_command(argv: list[str]) -> str:
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_DEADLINE_S,
            check=True,
            start_new_session=True,  # it must not ask for a passphrase over somebody's screen
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        raise SecretUnavailable(
            f"The command {argv[0]} that is to print a secret failed: {type(error).__name__}.",
            "Run it by hand to see why.",
        ) from error
    return done.stdout.rstrip("\n")

"""pgBackRest's command lines for ``backups.*``, as a person types them (see `actions.by_hand`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from actions.backups.hold_file import with_holder
from actions.by_hand import TAKE_OUT, ByHand, CommandLine
from actions.systems.postgres.backups.expiry_block import END, block_begin, expiry_block, obeyed_command
from actions.systems.postgres.backups.take import KINDS, backup_command
from actions.systems.postgres.command_lines import as_server
from actions.systems.postgres.pgbackrest.backup_host import settings_there
from actions.systems.postgres.pgbackrest.command import DEFAULT_FILES, command_line
from actions.systems.postgres.pgbackrest.repository_check import verify_command
from actions.systems.postgres.settings import PostgresSettings

_APPEND = 'printf %s "$2" >>"$1"'
_FIRST = 1
"""The repository that is named where nobody can be asked how many there are."""


def verify(known: ByHand) -> Sequence[CommandLine]:
    """Tell what lists the backups and, in full, reads every file of them."""
    settings = settings_there(known.settings(PostgresSettings))
    listed = as_server(settings, *command_line(settings.backups, "info"))
    if not known.params.get("full"):
        return [listed]
    every = as_server(settings, *verify_command(settings.backups, _FIRST), what="Every file read, once a repository:")
    return [listed, every]


def take(known: ByHand) -> Sequence[CommandLine]:
    """Tell what takes a backup."""
    settings = settings_there(known.settings(PostgresSettings))
    kind = str(known.params.get("kind") or KINDS[0])
    repository = int(known.params.get("repository") or 0)
    return [as_server(settings, *backup_command(settings.backups, kind, repository))]


def hold(known: ByHand) -> Sequence[CommandLine]:
    """Tell what keeps scheduled backups from running, and backups from expiring."""
    settings = settings_there(known.settings(PostgresSettings))
    backups = settings.backups
    block = expiry_block(backups.stanza, [_FIRST], [known.incident])
    lines = [
        _our_account(settings, "sh", "-c", _APPEND, "sh", _config(settings), f"\n{block}"),
        as_server(settings, *obeyed_command(backups, _FIRST), what="It must say retention-full=9999999:"),
    ]
    if not backups.hold_file:
        return [CommandLine(what="The inventory names no hold_file: stop the schedule (cron, timers) by hand."), *lines]
    text = with_holder(None, known.incident, backups.stanza)
    return [as_server(settings, "sh", "-c", _APPEND, "sh", backups.hold_file, text), *lines]


def release(known: ByHand) -> Sequence[CommandLine]:
    """Tell what ends the hold."""
    settings = settings_there(known.settings(PostgresSettings))
    backups = settings.backups
    argv = ["sh", "-c", TAKE_OUT, "sh", _config(settings), block_begin(backups.stanza), END]
    ended = _our_account(settings, *argv)
    removed = as_server(settings, "rm", "-f", backups.hold_file)
    only = CommandLine(what="Only where no other incident holds them (the file and the block name who does):")
    return [only, ended, *([removed] if backups.hold_file else [])]


BY_HAND: Mapping[str, Callable[[ByHand], Sequence[CommandLine]]] = {
    "verify": verify,
    "take": take,
    "hold": hold,
    "release": release,
}
"""By verb."""


def _config(settings: PostgresSettings) -> str:
    return settings.backups.config or DEFAULT_FILES[0]


def _our_account(settings: PostgresSettings, *argv: str) -> CommandLine:
    """Return a program that changes pgBackRest's configuration, which is not the server's to write."""
    return CommandLine(argv=argv, host=settings.host)

"""What a person types at PgBouncer's host for the same effect."""

from __future__ import annotations

from collections.abc import Sequence

from actions.by_hand import ByHand, CommandLine
from actions.systems.pooler.commands import admin_argv, resume_words
from actions.systems.pooler.settings import PoolerSettings


def repoint(known: ByHand) -> Sequence[CommandLine]:
    """Pause, change the file, reload, resume, and see who answers."""
    settings = known.settings(PoolerSettings)
    names = settings.databases
    return [
        *(_admin(settings, f'PAUSE "{n}"', f'Old server dead and it does not end: KILL "{n}".') for n in names),
        CommandLine(argv=["editor", settings.config], what="host= and port= of the new primary.", host=settings.host),
        _admin(settings, "RELOAD", "Says nothing of a bad line: look."),
        _admin(settings, "SHOW DATABASES", "Wants the new host and port."),
        *(_admin(settings, resume_words(n), "Its clients go on.") for n in names),
    ]


def resume(known: ByHand) -> Sequence[CommandLine]:
    """Let every database's clients go on."""
    settings = known.settings(PoolerSettings)
    return [_admin(settings, resume_words(name), "Its clients go on.") for name in settings.databases]


def verify(known: ByHand) -> Sequence[CommandLine]:
    """Show where it leads, who waits, and its servers."""
    settings = known.settings(PoolerSettings)
    return [
        _admin(settings, "SHOW DATABASES", "Host, port, paused."),
        _admin(settings, "SHOW POOLS", "cl_waiting, maxwait."),
        _admin(settings, "SHOW SERVERS", "None at the old address."),
    ]


def _admin(settings: PoolerSettings, command: str, what: str) -> CommandLine:
    return CommandLine(argv=admin_argv(settings, command), what=what, host=settings.host, user=settings.run_as)

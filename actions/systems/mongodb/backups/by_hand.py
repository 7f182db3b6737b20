"""The command lines for ``backups.*`` of MongoDB, as a person types them (see `actions.by_hand`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from actions.backups.hold_file import with_holder
from actions.backups.repository.by_hand import FETCHED, fetched, hold_lines, release_lines
from actions.backups.repository.entry import ENTRY
from actions.by_hand import ByHand, CommandLine
from actions.systems.mongodb.dump_layout import OPLOG
from actions.systems.mongodb.mongodump import MONGODUMP, mongodump_argv
from actions.systems.mongodb.settings import MongodbSettings

_APPEND = 'printf %s "$2" >>"$1"'


def backups_by_hand(verb: str, known: ByHand) -> Sequence[CommandLine]:
    """Return the command lines for one of ``backups.*``; none where the inventory names no repository."""
    settings = known.settings(MongodbSettings)
    return _BY_HAND[verb](known, settings) if settings.backups.repository else ()


def _verify(known: ByHand, settings: MongodbSettings) -> Sequence[CommandLine]:
    folder = _folder(known, settings)
    if settings.backups.in_bucket:
        return fetched(settings.backups, known.system, settings.host, "BACKUP")[0]
    listed = _there(settings, "sh", "-c", f'cd "$1" && ls -l */{ENTRY}', "sh", folder, what="What there is:")
    if not known.params.get("full"):
        return [listed]
    argv = ["python3", "-m", "actions.backups.repository.check", f"{folder}/BACKUP"]
    return [listed, _there(settings, *argv, what="For each BACKUP, every file of it (by a Python that has Cleo):")]


def _take(known: ByHand, settings: MongodbSettings) -> Sequence[CommandLine]:
    folder = f"{FETCHED if settings.backups.in_bucket else _folder(known, settings)}.by-hand"
    words = "It asks for the password. A dump by hand is no entry of the repository: keep it, and note its name."
    if known.params.get("kind") == "incremental":
        return [CommandLine(what="No single command saves the oplog since the last backup: take a full one.")]
    program = str(PurePosixPath(settings.bin_directory) / MONGODUMP) if settings.bin_directory else MONGODUMP
    return [_there(settings, *mongodump_argv(program, settings, folder), what=f"{words} It must end with {OPLOG}.")]


def _hold(known: ByHand, settings: MongodbSettings) -> Sequence[CommandLine]:
    if settings.backups.in_bucket:
        return hold_lines(settings.backups, known, settings.backups.host or settings.host)
    text = with_holder(None, known.incident, known.system)
    return [_there(settings, "sh", "-c", _APPEND, "sh", _hold_file(known, settings), text)]


def _release(known: ByHand, settings: MongodbSettings) -> Sequence[CommandLine]:
    if settings.backups.in_bucket:
        return release_lines(settings.backups, known, settings.backups.host or settings.host)
    only = "Only where no other incident holds them (the file names who does):"
    return [_there(settings, "rm", "-f", _hold_file(known, settings), what=only)]


_BY_HAND: Mapping[str, Callable[[ByHand, MongodbSettings], Sequence[CommandLine]]] = {
    "verify": _verify,
    "take": _take,
    "hold": _hold,
    "release": _release,
}


def _folder(known: ByHand, settings: MongodbSettings) -> str:
    return f"{settings.backups.repository.rstrip('/')}/{known.system}"


def _hold_file(known: ByHand, settings: MongodbSettings) -> str:
    return settings.backups.hold_file or f"{_folder(known, settings)}.hold"


def _there(settings: MongodbSettings, *argv: str, what: str = "") -> CommandLine:
    """Return a program that runs where the backups lie."""
    backups = settings.backups
    return CommandLine(argv=argv, what=what, host=backups.host or settings.host, user=backups.run_as)

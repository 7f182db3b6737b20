"""Needs that systems of several types have alike: a folder for what is kept, and a repository of backups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from actions.backups.repository.settings import RepositorySettings
from actions.readiness.ready import Need
from actions.settings import SystemSettings


def beside(settings: SystemSettings) -> str:
    """Return the folder beside a system's data, where a restore keeps what was there."""
    return str(PurePosixPath(settings.place()).parent)


def restore_folders(settings: SystemSettings, *named: str) -> list[str]:
    """Return the folders that a restore makes something in, each once.

    Args:
        settings: the system.
        named: the folders that the inventory names for it; empty: the one beside its data.
    """
    return list(dict.fromkeys(one or beside(settings) for one in named))


def repository_needs(settings: SystemSettings, backups: RepositorySettings, acts: tuple[str, ...]) -> Iterator[Need]:
    """Yield what a repository that is a folder needs, on the host that has it: its folder, and the Python named for it.

    Args:
        settings: the system.
        backups: where its backups lie.
        acts: the actions that write there.
    """
    if backups.repository and not backups.in_bucket:
        host = backups.host or settings.host
        python = [backups.python] if backups.python else []
        yield Need(host=host, user=backups.run_as, programs=python, folders=[backups.repository], actions=acts)

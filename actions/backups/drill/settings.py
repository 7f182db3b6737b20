"""A system's settings where a drill works that is not beside it."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec.structs import replace

from actions.backups.drill.place import DrillPlace
from actions.backups.offsite.kept import not_kept
from actions.backups.repository.settings import RepositorySettings
from actions.settings import SystemSettings

S = TypeVar("S", bound=SystemSettings)


def drill_python(python: str, settings: SystemSettings, place: DrillPlace) -> str:
    """Return the Python that has Cleo's modules there; empty: a local host's own.

    Args:
        python: the one on the system's own host.
        settings: the system's settings.
        place: where the drill works.
    """
    return settings.drill.python or (python if place.own else "")


def fit_programs(settings: S, place: DrillPlace) -> S:
    """Return a server's settings with the host, account and programs of the drill."""
    drill: Any = settings.drill
    given: Any = settings
    return replace(
        settings,
        host=place.host,
        run_as=drill.run_as or given.run_as,
        bin_directory=drill.bin_directory or given.bin_directory,
    )


def fit_repository(backups: RepositorySettings, settings: SystemSettings, place: DrillPlace) -> RepositorySettings:
    """Return where a repository of ours is read from: by our own account, on the drill's host."""
    return replace(
        backups,
        repository=place.repository if place.fetched else backups.repository,
        host="",
        run_as="" if place.fetched else backups.run_as,
        python=drill_python(backups.python, settings, place),
        credentials=settings.drill.credentials or ("" if place.offsite else backups.credentials),
        hold_file="",
    )


def require_bucket_keys(settings: Any, place: DrillPlace) -> None:
    """Refuse a drill from off site whose repository is a bucket there that nothing kept off site opens.

    Raises:
        ActionFailed: its credentials are not known to be.
    """
    backups: RepositorySettings = settings.backups
    needs = place.offsite and not place.fetched and backups.in_bucket and backups.credentials
    if needs and not settings.drill.credentials:
        field = f"systems: {place.system}: drill: credentials"
        raise not_kept(f"the credentials of {backups.repository}", backups.credentials, field)

"""The activation of a cold standby as a person types it: the copies lie in the second place as a repository does."""

from __future__ import annotations

from collections.abc import Sequence

from actions.backups.repository.settings import RepositorySettings
from actions.by_hand import ByHand, CommandLine
from actions.settings import OffsiteSettings, SystemSettings


def by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Tell what brings a system's copies to its cold standby, and what keeps the old one from coming back."""
    offsite, systems = known.inventory.offsite, known.inventory.systems
    lines = [CommandLine(what="Only once the lost system is fenced: its site may come back.")]
    for name, one in systems.items():
        if offsite and one.cold and one.standby_of == known.system:
            lines += [
                CommandLine(
                    argv=_copy(offsite, known.system, _repository(name, one)),
                    host=one.host,
                    what="As root, into its empty repository; then give all of it to the account that reads it.",
                )
            ]
    lines.append(CommandLine(what="Restore there, with its own names, as on any host of this type."))
    return lines


def _repository(name: str, settings: SystemSettings) -> str:
    """Return where a standby's own copies lie: in a repository that systems may share, in the folder of its name."""
    backups = getattr(settings, "backups", None)
    if isinstance(backups, RepositorySettings) and backups.repository:
        return f"{backups.repository.rstrip('/')}/{name}"
    return str(getattr(backups, "repository", "") or getattr(settings, "repository", "") or "REPOSITORY")


def _copy(offsite: OffsiteSettings, system: str, repository: str) -> list[str]:
    place = f"{offsite.place.rstrip('/')}/{system}"
    if not offsite.place.startswith("s3://"):
        return ["cp", "-rn", f"{place}/.", repository]
    endpoint = ["--endpoint-url", offsite.endpoint] if offsite.endpoint else []
    return ["aws", "s3", "sync", f"{place}/", f"{repository}/", "--profile", offsite.profile, *endpoint]

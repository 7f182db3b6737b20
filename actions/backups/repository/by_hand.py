"""How files of a repository in a bucket are read and written by hand: with Amazon's own command line."""

from __future__ import annotations

from actions.backups.hold_file import with_holder
from actions.backups.repository.settings import RepositorySettings
from actions.by_hand import ByHand, CommandLine

FETCHED = "/var/tmp/cleo-by-hand"
"""The folder that a backup is fetched into by hand."""


def in_aws(settings: RepositorySettings, host: str, *words: str, what: str = "") -> CommandLine:
    """Return a line of ``aws s3``, as the credentials of a repository's bucket let it."""
    env = [f"AWS_SHARED_CREDENTIALS_FILE={settings.credentials}"] if settings.credentials else []
    env += [f"AWS_CA_BUNDLE={settings.certificates}"] if settings.certificates else []
    at = ["--endpoint-url", settings.endpoint] if settings.endpoint else []
    profile = ["--profile", settings.profile] if settings.profile != "default" else []
    argv = [*(["env", *env] if env else []), "aws", *at, *profile, "s3", *words]
    return CommandLine(argv=argv, what=what, host=host, user=settings.run_as)


def fetched(settings: RepositorySettings, system: str, host: str, label: str) -> tuple[list[CommandLine], str]:
    """Return what brings a backup here by hand, and the folder with the system's backups after that.

    Args:
        settings: the repository.
        system: whose backups they are.
        host: the system's host.
        label: the backup.
    """
    folder = f"{settings.repository.rstrip('/')}/{system}"
    if not settings.in_bucket:
        return [], folder
    what = "Bring it here, where there is room. Each file's SHA-256 is in its entry.json: compare it (sha256sum)."
    line = in_aws(settings, host, "cp", "--recursive", f"{folder}/{label}", f"{FETCHED}/{label}", what=what)
    return [in_aws(settings, host, "ls", f"{folder}/", what="Which backups there are:"), line], FETCHED


def hold_lines(settings: RepositorySettings, known: ByHand, host: str) -> list[CommandLine]:
    """Return what holds the backups in a bucket by hand."""
    text = with_holder(None, known.incident, known.system)
    name = f"{settings.repository.rstrip('/')}/{known.system}.hold/{known.incident}"
    script = 'text=$1; shift; printf %s "$text" | "$@"'
    line = in_aws(settings, host, "cp", "-", name)
    return [CommandLine(argv=["sh", "-c", script, "sh", text, *line.argv], host=host, user=settings.run_as)]


def release_lines(settings: RepositorySettings, known: ByHand, host: str) -> list[CommandLine]:
    """Return what gives up this incident's hold of the backups in a bucket by hand."""
    name = f"{settings.repository.rstrip('/')}/{known.system}.hold/{known.incident}"
    return [in_aws(settings, host, "rm", name)]

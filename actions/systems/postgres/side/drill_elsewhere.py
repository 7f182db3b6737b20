"""What a drill of PostgreSQL goes by on another host, or with nothing but what lies off site."""

from __future__ import annotations

from msgspec.structs import replace

from actions.backups.drill.place import DrillPlace
from actions.backups.drill.settings import drill_python, fit_programs
from actions.backups.offsite.kept import not_kept
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.server import find_server
from actions.systems.postgres.settings import PostgresSettings

_CONFIG = "pgbackrest.conf"
_ENCRYPTED = """
head -c 8 -- "$1"/backup/"$2"/backup.info 2>/dev/null | grep -q '^Salted__'
"""
"""What openssl's format begins with, which pgBackRest uses (seen with 2.45)."""
_WRITE = """
umask 077
{
    printf '[global]\\nrepo1-path=%s\\nlog-level-file=off\\n' "$2"
    [ -z "$4" ] || printf 'repo1-cipher-type=aes-256-cbc\\nrepo1-cipher-pass=%s\\n' "$(cat -- "$4")" || exit
    printf '[%s]\\npg1-path=%s\\npg1-user=%s\\n' "$3" "$5" "$6"
} >"$1"
"""
"""The password goes from its file into one of the same account: it is in no command line and on no other machine."""


def require_folder(settings: PostgresSettings, place: DrillPlace) -> None:
    """Refuse what pgBackRest could not be told from the inventory alone.

    Raises:
        ActionFailed: its repository is no folder, so that its own configuration is needed, which lies on the host.
    """
    if place.fetched or settings.backups.repository.startswith("/"):
        return
    raise ActionFailed(
        f"pgBackRest keeps the backups of {place.system} in no folder ({settings.backups.repository or 'not named'}): "
        f"how they are reached is in its own configuration on {settings.backups.host or settings.host} alone.",
        cures=[Cure(words="Copy them to a second place that is a folder or a bucket, and drill from there.")],
    )


def fit(settings: PostgresSettings, place: DrillPlace) -> PostgresSettings:
    """Return the server's settings where the drill works: neither its data nor pgBackRest's configuration are there."""
    backups = replace(
        settings.backups,
        config=f"{place.root}/{_CONFIG}",
        config_include="",
        host="",
        repository=place.repository if place.fetched else settings.backups.repository,
        manifests="",
        hold_file="",
        python=drill_python(settings.backups.python, settings, place),
    )
    fitted = fit_programs(settings, place)
    return replace(fitted, data_directory=place.data, config_file="", keep_in="", scratch_in="", backups=backups)


def write_configuration(ctx: ActionContext, place: DrillPlace) -> None:
    """Write pgBackRest's configuration for the drill.

    Raises:
        ActionFailed: the repository is not there, or is encrypted and its password is not known to lie there.
    """
    server = find_server(ctx)
    backups, drill = server.settings.backups, server.settings.drill
    if server.query(["test", "-d", f"{backups.repository}/backup/{backups.stanza}"]).code:
        raise ActionFailed(
            f"{server.host} has no backups of the stanza {backups.stanza} in {backups.repository}.",
            cures=[Cure(words="Mount the repository there, or try those of the second place (--from offsite).")],
        )
    encrypted = server.query(["sh", "-c", _ENCRYPTED, "sh", backups.repository, backups.stanza]).code == 0
    if encrypted and drill.password is None:
        field = f"systems: {place.system}: drill: password"
        raise not_kept(f"the password of {place.system}'s repository", "pgBackRest's own configuration", field)
    password = drill.password.file if encrypted and drill.password else ""
    owner = server.run_as or "postgres"
    words = [backups.config, backups.repository, backups.stanza, password, server.data, owner]
    done = server.run("configuration", ["sh", "-c", _WRITE, "sh", *words])
    if done.code:
        raise ActionFailed(
            f"pgBackRest's configuration cannot be written on {server.host}: {last_words(done)}",
            "May the server's account read the file of the repository's password?",
        )

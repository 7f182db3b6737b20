"""The shell commands of MongoDB's recovery, for a person who types them without this program."""

from __future__ import annotations

from collections.abc import Sequence

from actions.backups.repository.by_hand import fetched
from actions.by_hand import ByHand, CommandLine
from actions.machine.service import start_line
from actions.systems.mongodb.by_hand import in_shell, program
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.tls import tool_options

_VALIDATE = (
    "db.adminCommand('listDatabases').databases.map(d => db.getSiblingDB(d.name)).forEach(d => d.getCollectionInfos("
    "{type: 'collection'}).forEach(c => print(d, c.name, d.getCollection(c.name).validate().valid)))"
)


def restore(known: ByHand) -> Sequence[CommandLine]:
    """Return what moves the old data aside and restores a dump with MongoDB's own tool."""
    settings = known.settings(MongodbSettings)
    host, user, data = settings.host, settings.run_as, settings.place()
    fetch, folder = fetched(settings.backups, known.system, host, "BACKUP")
    fetch = fetch or [CommandLine(argv=["ls", folder], what="Which backups there are:", host=host, user=user)]
    keep = "Only while the server is down. Keep the old data:"
    empty = (
        "An empty one, in which nothing expires (ttlMonitorEnabled: false under setParameter: in its configuration):"
    )
    words = (
        "Initiate its replica set (rs.initiate() in mongosh). Then put the BACKUP that leads to the recovery point "
        "into it; --oplogLimit SECONDS:ORDINAL ends the replay there. Saved oplog behind it: the same, with a folder "
        "that has that oplog.bson alone."
    )
    argv = [program(settings, "mongorestore"), "--host", settings.address, "--port", str(settings.port)]
    argv += tool_options(settings)
    login = ["--username", settings.user, "--authenticationDatabase", settings.auth_database] if settings.user else []
    return [
        *fetch,
        CommandLine(argv=["mv", "-T", data, f"{data}.aside"], what=keep, host=host, user=user),
        CommandLine(argv=["mkdir", "-m", "700", data], what=empty, host=host, user=user),
        start_line(settings.service, host, user),
        CommandLine(argv=[*argv, *login, "--oplogReplay", "--dir", f"{folder}/BACKUP/dump"], what=words, host=host),
    ]


def verify(known: ByHand) -> Sequence[CommandLine]:
    """Return what has the server check every collection."""
    settings = known.settings(MongodbSettings)
    return [in_shell(settings, _VALIDATE, "It asks for the password; each line must end with true:")]

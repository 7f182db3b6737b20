"""The shell commands that bring documents back from a side instance, or erase a user's, as a person types them.

mongosh would write a number without a fraction as another type than it had: it reads them as MongoDB's own types here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from actions.by_hand import ByHand, CommandLine
from actions.systems.mongodb.by_hand import in_shell, program
from actions.systems.mongodb.programs.private_server import SOCKET, private_line
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.side.place import side_place

_OWN = ["admin", "config", "local"]
_BACK = (
    "const back = (name, whose) => { const real = now.getCollection(name); let n = 0; then.getCollection(name)"
    ".find(whose, {}, {promoteValues: false}).collation({locale: 'simple'}).forEach(d => { "
    "if (!real.findOne({_id: d._id}, {_id: 1})) { real.insertOne(d, {writeConcern: {w: 'majority'}}); n += 1 } }); "
    "print(name, n, 'came back') }"
)
_ALONE = "const alone = f => ({$and: [{[f]: {$in: ids}}, {$expr: {$in: ['$' + f, {$literal: ids}]}}]})"
_NAMES = "getCollectionInfos({type: 'collection'}).map(c => c.name).filter(n => !n.startsWith('system.'))"
_IDS = "ids: as they lie there: '5', Long('5'), ObjectId('…'), UUID('…'):"


def selective_restore(known: ByHand) -> Sequence[CommandLine]:
    """Return what copies one collection's missing documents."""
    given = known.params.get("collection") or known.params.get("table") or "COLLECTION"
    what = "Missing documents; those that are there stay. A collection that is gone: make its indexes again\n"
    what += "(indexes.json beside the side instance's data)."
    database, _, name = str(given).rpartition(".")
    return _from_side(known, database, f"back({_text(name)}, {{}})", what)


def user_restore(known: ByHand) -> Sequence[CommandLine]:
    """Return what copies one user's missing documents."""
    user = str(known.params.get("user_id") or "USER")
    each = (
        f"const ids = [{_text(user)}]; {_ALONE}; {_owner(known)}; then.{_NAMES}.forEach(n => back(n, alone(owner(n))))"
    )
    return _from_side(known, "", each, f"The user's missing documents. Not of one who asked to be erased.\n{_IDS}")


def reapply_erasures(known: ByHand) -> Sequence[CommandLine]:
    """Return what deletes the documents of users who were erased."""
    settings = known.settings(MongodbSettings)
    databases = [settings.database] if settings.database else []
    names = (
        json.dumps(databases)
        if databases
        else f"db.getMongo().getDBNames().filter(n => !{json.dumps(_OWN)}.includes(n))"
    )
    gone = "deleteMany(alone(owner(n)), {collation: {locale: 'simple'}, writeConcern: {w: 'majority'}}).deletedCount"
    script = (
        f"const ids = ['USER']; {_ALONE}; {_owner(known)}; {names}.map(n => db.getSiblingDB(n)).forEach(d => "
        f"d.{_NAMES}.forEach(n => print(d, n, d.getCollection(n).{gone})))"
    )
    what = f"Documents of whom the ledger of erasures names; those with several users stay.\n{_IDS}"
    return [in_shell(settings, script, what)]


def _from_side(known: ByHand, database: str, script: str, what: str) -> Sequence[CommandLine]:
    """Return what runs a script at the real server; a side instance's database is ``then`` in it, its own ``now``."""
    settings = known.settings(MongodbSettings)
    root, host, user = side_place(settings), settings.host, settings.run_as
    folder, data, mongod = f"{root}/by-hand", f"{root}/data", program(settings, "mongod")
    name = _text(database or settings.database or "DATABASE")
    address = f"mongodb://{quote(f'{folder}/{SOCKET}', safe='')}/?directConnection=true"
    both = f"const now = db.getSiblingDB({name}), then = new Mongo({_text(address)}).getDB({name})"
    start = private_line(mongod, data, f"{root}/mongod.log", folder, ["--fork"])
    options = "Start the side instance (mongodb.pitr makes it), with what the server's own configuration says under\n"
    options += "storage (engine, directoryPerDB):"
    return [
        CommandLine(argv=["mkdir", "-m", "700", folder], host=host, user=user),
        CommandLine(argv=start, what=options, host=host, user=user),
        in_shell(settings, f"{both}; {_BACK}; {script}", what),
        CommandLine(argv=[mongod, "--shutdown", "--dbpath", data], what="Stop it:", host=host, user=user),
        CommandLine(argv=["rm", "-r", folder], host=host, user=user),
    ]


def _owner(known: ByHand) -> str:
    """Return what tells the field with the user's id, by a collection's name."""
    say = known.settings(MongodbSettings).user_data
    return f"const owner = n => ({json.dumps(dict(say.fields))})[n] || {_text(say.field)}"


def _text(text: str) -> str:
    """Return a text as mongosh takes it."""
    return f"'{json.dumps(text)[1:-1]}'" if "'" not in text else json.dumps(text)

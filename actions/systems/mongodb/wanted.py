"""Which indexes a server is to have: by this incident's restore, else by the newest backup."""

from __future__ import annotations

from actions.backups.repository.place import Place
from actions.failover.promotion_record import whose_place
from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.backup_chain import chains
from actions.systems.mongodb.backup_selection import place_of
from actions.systems.mongodb.dump_layout import DumpedCollection, parse_definition
from actions.systems.mongodb.manifest import MANIFEST, Manifest, decode_manifest
from actions.systems.mongodb.programs.wanted_indexes import WantedIndexes, decode
from actions.systems.mongodb.restore_record import RestoreRecord, indexes_path
from actions.systems.mongodb.server import Server


def wanted_now(server: Server, record: RestoreRecord | None) -> tuple[WantedIndexes, str]:
    """Return the indexes that are to be there, and what says so.

    Raises:
        ActionFailed: nothing says so.
    """
    if record is None:
        manifest, label = newest_manifest(server)
        if manifest is None:
            raise ActionFailed(
                f"No backup of {server.name} says which indexes there are to be.",
                cures=[Cure(words="Build them by hand, as the application defines them.")],
            )
        return indexes_of(manifest), f"backup {label}"
    text = server.read(indexes_path(server))
    if text is not None:
        return decode(text), f"the restore of backup {record.backup}"
    if server.ctx.dry_run and (manifest := manifest_of(server, record.backup)):
        return indexes_of(manifest), f"backup {record.backup}"
    raise ActionFailed(
        f"{indexes_path(server)} is not there: it says which indexes the restored data is to have.",
        cures=[Cure(words="Restore again: that writes it.", action="mongodb.restore")],
    )


def newest_manifest(server: Server) -> tuple[Manifest | None, str]:
    """Return what the newest usable full backup holds, and its id; None where there is none.

    A server that took another one's place in this incident has no backup yet: that one's tell.
    """
    old = whose_place(server.ctx.files, server.name)
    for place in (place_of(server), *([place_of(server, old)] if old else [])):
        if found := chains(place.listing().stored):
            label = found[0].full.id
            return _manifest_in(place, label), label
    return None, ""


def manifest_of(server: Server, backup: str) -> Manifest | None:
    """Return what a full backup holds; None where nothing beside it says so.

    Raises:
        NoManifest: it cannot be understood.
    """
    return _manifest_in(place_of(server), backup)


def _manifest_in(place: Place, backup: str) -> Manifest | None:
    name = f"{backup}/{MANIFEST}"
    text = place.read(name)
    return decode_manifest(text, f"{place.folder}/{name}") if text is not None else None


def indexes_of(manifest: Manifest) -> WantedIndexes:
    """Return the indexes that a backup's definitions name."""
    return WantedIndexes({name: one.indexes for name, one in definitions_of(manifest).items()})


def definitions_of(manifest: Manifest) -> dict[str, DumpedCollection]:
    """Return the collections that a backup holds, by their full names."""
    found = {}
    for namespace, state in manifest.collections.items():
        database, _, name = namespace.partition(".")
        found[namespace] = parse_definition(state.definition, database, name, f"the manifest's {namespace}")
    return found

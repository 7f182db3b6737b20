"""What a dump holds, collection by collection, to compare with after a restore: ``manifest.json`` beside the dump."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from journal.errors import CleoError
from journal.structs import from_json

MANIFEST = "manifest.json"


class NoManifest(CleoError):
    """A file is no manifest."""


class CollectionState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One collection, as its file in the dump has it.

    Attributes:
        kind: what ``listCollections`` calls its type.
        count: documents; of a time series, buckets.
        size: bytes of them.
        md5: what the server's ``dbHash`` says of the same documents (of a time series, of its buckets); empty: not
            known, since they were not read in the order in which ``dbHash`` reads them.
        digest: the sum of the documents' own digests (`actions.systems.mongodb.contents`), in whichever order they are
            read; empty where ``md5`` is known.
        changed: how many entries of the dump's own oplog slice are about it: so many changes lie between what its file
            holds and the dump's end. 0: count and digest hold at the end, too.
        newest_id_at: when the newest ``_id`` was made, where these are ObjectIds; to the second, by its maker's clock.
        definition: its options and indexes, as the dump's metadata has them.
    """

    kind: str = "collection"
    count: int = 0
    size: int = 0
    md5: str = ""
    digest: str = ""
    changed: int = 0
    newest_id_at: datetime | None = None
    definition: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A server at the time of one dump.

    Attributes:
        version: the server's version; ``fcv``: its feature compatibility version.
        first: the oplog position that ``oplog.bson`` begins with.
        last: the one that it ends with: with the slice replayed, the dump shows the server at that position.
        read_at: the position at which all documents were read; empty: some were read later, and the dump is of one
            moment only once its slice is replayed.
        read_later: those that were read at a later moment, and changed before that (capped collections cannot be read
            at a position; mongodump reads none at one).
        heartbeat: the newest heartbeat among the documents.
        collections: by namespace.
    """

    version: str
    fcv: str
    first: str
    last: str
    read_at: str = ""
    read_later: tuple[str, ...] = ()
    heartbeat: datetime | None = None
    collections: Mapping[str, CollectionState] = {}


def encode_manifest(manifest: Manifest) -> bytes:
    """Return a manifest as its file has it."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode_manifest(data: bytes | str, where: str) -> Manifest:
    """Return the manifest that a file holds.

    Args:
        data: the file's content.
        where: the file, for people.

    Raises:
        NoManifest: it is cut off, or none.
    """
    try:
        return from_json(data, Manifest)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise NoManifest(f"{where} cannot be understood: {error}.", "Take another backup.") from error

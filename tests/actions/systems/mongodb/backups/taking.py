"""Backups of the module's mongod: taking them, and looking at what was taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actions.backups.engine import BackupSet
from actions.backups.repository.entry import ENTRY, decode_entry
from actions.systems.mongodb.backups.engine import ENGINE
from actions.systems.mongodb.backups.take import request_for
from actions.systems.mongodb.manifest import MANIFEST, Manifest, decode_manifest
from actions.systems.mongodb.programs.request import Request
from tests.actions.systems.mongodb.mongo_lab import MongoLab

NAME = "mongodb"
KINDS = "every_kind"
"""A database of these tests with a collection of every kind."""


def take_one(mongo: MongoLab, kind: str) -> BackupSet:
    """Take a backup by the engine."""
    taken = ENGINE.take(mongo.context(), NAME, kind, {}).set
    assert taken
    return taken


def folders_of(mongo: MongoLab) -> list[Path]:
    """The folders of all backups."""
    return sorted(path for path in (mongo.member.repository / NAME).glob("*") if path.name[0].isdigit())


def folder_of(mongo: MongoLab, taken: BackupSet) -> Path:
    """The folder of a backup."""
    return mongo.member.repository / NAME / taken.label


def manifest_of(folder: Path) -> Manifest:
    """What a dump says that it holds."""
    return decode_manifest((folder / MANIFEST).read_bytes(), MANIFEST)


def covers_of(folder: Path) -> tuple[str, str]:
    """From which position of the oplog to which one a backup leads."""
    covers = decode_entry((folder / ENTRY).read_bytes(), "").covers
    assert covers
    return covers.from_, covers.to


def request_of(mongo: MongoLab) -> Request:
    """What the program that takes a full backup is asked."""
    server_, place = mongo.server(), ENGINE.place(mongo.context(), NAME)  # type: ignore[attr-defined]
    return request_for(server_, place, "full", place.listing())


def fill_large(client: Any) -> None:
    """Write so much that a dump takes a moment."""
    client.large.documents.insert_many([{"text": "x" * 100_000} for _ in range(300)])

"""A dump's definitions, as MongoDB's own mongodump wrote them, are read and written again without any change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actions.systems.mongodb.dump_layout import (
    NoDump,
    data_file,
    file_stem,
    metadata_file,
    read_definition,
    read_dump,
    write_definition,
)

_ID = '{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"}'
_COLLECTION = (
    '{"options":{"validator":{"a":{"$regex":"^x","$options":"i"}},"capped":true,"size":{"$numberInt":"100096"}},'
    f'"indexes":[{_ID},{{"v":{{"$numberInt":"2"}},"key":{{"z":{{"$numberInt":"1"}},"a":{{"$numberDouble":"-1.0"}}}},'
    '"name":"z_1_a_-1","expireAfterSeconds":{"$numberLong":"60"},"partialFilterExpression":'
    '{"r":{"$regularExpression":{"pattern":"^y","options":"i"}}}},'
    '{"v":{"$numberInt":"2"},"key":{"$**":{"$numberInt":"1"}},"name":"w","wildcardProjection":{"a":{"$numberInt":"1"}}}],'
    '"uuid":"d3401253fdb54afaa44cafc1bdd08e54","collectionName":"we/ird %é.x","type":"collection"}'
)
_SERIES = (
    '{"options":{"timeseries":{"timeField":"t","metaField":"m","granularity":"minutes"}},"indexes":[],'
    '"collectionName":"ts","type":"timeseries"}'
)
_VIEW = (
    '{"options":{"viewOn":"ts","pipeline":[{"$match":{"u":{"$regex":"^x"}}}]},"indexes":[],'
    '"collectionName":"v","type":"view"}'
)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """A dump with a collection, a time series, a view, and what belongs to the server alone."""
    folder = tmp_path / "dump"
    for name, text in [
        ("cleoai/we%2Fird+%25%C3%A9.x.metadata.json", _COLLECTION),
        ("cleoai/we%2Fird+%25%C3%A9.x.bson", ""),
        ("cleoai/ts.metadata.json", _SERIES),
        ("cleoai/system.buckets.ts.bson", ""),
        ("cleoai/v.metadata.json", _VIEW),
        ("config/settings.metadata.json", '{"indexes":[]}'),
        ("admin/system.keys.metadata.json", '{"indexes":[],"collectionName":"system.keys","type":"collection"}'),
        ("admin/system.keys.bson", ""),
    ]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_definitions_stay_what_they_are(dump: Path, tmp_path: Path) -> None:
    """Options, index options and the order of an index's keys come back as they were, a ``$regex`` included."""
    for found in read_dump(dump):
        written = write_definition(tmp_path / "again", found).read_text()
        read = metadata_file(dump, "cleoai", found.name).read_text()
        assert json.loads(written, object_pairs_hook=list) == json.loads(read, object_pairs_hook=list)


def test_data_is_found_by_its_definition(dump: Path) -> None:
    """A time series has its buckets' file, a view has none, what belongs to the server is left out."""
    found = {one.namespace: one for one in read_dump(dump)}
    assert list(found) == ["cleoai.ts", "cleoai.we/ird %é.x", "cleoai.v"]
    assert found["cleoai.ts"].data == dump / "cleoai/system.buckets.ts.bson"
    assert found["cleoai.we/ird %é.x"].data == data_file(dump, "cleoai", "we/ird %é.x")
    assert found["cleoai.v"].data is None


def test_a_long_name_has_a_hash() -> None:
    """As mongodump cuts it: 208 bytes of the escaped name, and the name's SHA-1 in base64."""
    assert file_stem("l" * 238) == "l" * 238
    assert file_stem("l" * 239) == f"{'l' * 208}%24xcDN297UjPzBxIfRigapdDWAnDI"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda dump: (dump / "cleoai/system.buckets.ts.bson").unlink(), "is missing"),
        (lambda dump: (dump / "cleoai/ts.metadata.json").unlink(), "Nothing defines"),
        (lambda dump: (dump / "cleoai/v.metadata.json").write_text(_VIEW[:-9]), "does not define"),
    ],
)
def test_a_dump_with_a_hole_is_none(dump: Path, spoil: object, says: str) -> None:
    """A file that is missing, or cut off, is named."""
    spoil(dump)  # type: ignore[operator]
    with pytest.raises(NoDump, match=says):
        read_dump(dump)


def test_a_definition_without_its_name_has_its_files(tmp_path: Path) -> None:
    """Older tools wrote no name into it."""
    path = tmp_path / "db" / "a%2Fb.metadata.json"
    path.parent.mkdir()
    path.write_text(f'{{"indexes":[{_ID}]}}')
    found = read_definition(path, "db/a%2Fb.metadata.json")
    assert (found.database, found.name, found.kind) == ("db", "a/b", "collection")

"""The ledger of erasure requests: every kind of file that it may be; what cannot be read is told, not passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actions.erasure.ledger import Ledger, parse_ledger
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.settings import ErasureSettings
from journal.yamlfile.problem import BadFile


def read(text: str, file: str = "/l/erased.jsonl", **fields: str) -> Ledger:
    return parse_ledger(text, ErasureSettings(host="here", file=file, **fields))


def told(ledger: Ledger) -> list[tuple[str, str]]:
    return [(one.user, f"{one.at:%H:%M}") for one in ledger.requests]


def test_lines_of_json_an_array_and_a_table_say_the_same() -> None:
    rows = [{"user_id": 8, "at": "2026-11-29T04:30:00+02:00"}, {"user_id": "7", "at": "2026-11-29T02:00:00Z"}]
    lines = "\n".join(json.dumps(row) for row in rows) + "\n\n"
    table = "﻿at,who\n2026-11-29T04:30:00+02:00,8\n2026-11-29T02:00:00Z,7\n"
    wanted = [("7", "02:00"), ("8", "02:30")]
    assert told(read(lines)) == wanted
    assert told(read(json.dumps(rows), "/l/erased.json")) == wanted
    assert told(read(table, "/l/erased.csv", user="who")) == wanted
    assert told(read('{"user_id": 7, "at": 1795917600}')) == [("7", "02:00")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"user_id": 7, "at": "2026-11-29T02:00', "no JSON object"),
        ('{"user_id": 7, "at": "2026-11-29 02:00"}', "at is no time with its zone"),
        ('{"at": "2026-11-29T02:00:00Z"}', "user_id names no user"),
        ('{"user_id": "a\\u0007b", "at": "2026-11-29T02:00:00Z"}', "no key of a user"),
        ('{"user_id": {"name": "ann"}, "at": "2026-11-29T02:00:00Z"}', "user_id names no user"),
        ("[7]", "no JSON object"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line_and_never_shown(line: str, why: str) -> None:
    found = read(f'{{"user_id": 1, "at": "2026-11-29T02:00:00Z"}}\n{line}\n')
    assert told(found) == [("1", "02:00")]
    (said,) = found.unread
    assert said.startswith("line 2: ")
    assert why in said
    assert "ann" not in said


def test_what_is_no_ledger_is_no_empty_one() -> None:
    with pytest.raises(ActionFailed, match="no JSON array"):
        read('[{"user_id": 7', "/l/erased.json")
    with pytest.raises(ActionFailed, match="no column user_id"):
        read("who,at\n7,2026-11-29T02:00:00Z\n", "/l/erased.csv")


def test_a_ledger_that_a_restore_would_take_back_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(
        "name: shop\nallows: [DRILL]\nhosts: {db1: {via: local}}\n"
        "systems: {redis: {type: redis, host: db1, data_directory: /var/lib/redis, "
        "service: {manager: systemd, unit: redis}, backups: {repository: /r}}}\n"
        "erasure: {host: db1, file: /var/lib/redis/erased.jsonl}\n"
    )
    with pytest.raises(BadFile, match="a restore of redis would take it back"):
        load_inventory(path)
    path.write_text(path.read_text().replace("host: db1, file: /var/lib/redis/", "host: db2, file: /var/log/"))
    with pytest.raises(BadFile, match="no such host"):
        load_inventory(path)

"""Has the server check its collections while it goes on: what is damaged, and what could not be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.mongodb.dump_layout import BUCKETS

if TYPE_CHECKING:
    from pymongo import MongoClient


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check came to.

    Attributes:
        number: how many collections were checked.
        damaged: what is wrong, a line each; never a key or a document.
        left_out: what could not be checked, with the server's words.
    """

    number: int
    damaged: list[str]
    left_out: list[str]


def unsound(client: MongoClient[dict[str, Any]], found: Mapping[str, Mapping[str, Any]]) -> Checked:
    """Have every collection checked, without keeping anybody from it (``validate`` with ``background``).

    Args:
        client: a session.
        found: the collections, as ``listCollections`` tells them, by full name.
    """
    from pymongo.errors import OperationFailure

    number, damaged, left_out = 0, list[str](), list[str]()
    for namespace, one in found.items():
        if one["type"] == "view":
            continue
        database, _, name = namespace.partition(".")
        stored = f"{BUCKETS}{name}" if one["type"] == "timeseries" else name
        try:
            said = client[database].command("validate", stored, background=True)
        except OperationFailure as error:
            left_out.append(f"{namespace}: {(error.details or {}).get('errmsg', error)}")
            continue
        number += 1
        if not said.get("valid"):
            damaged.append(f"{namespace}: {damage_words(said)}")
    return Checked(number=number, damaged=damaged, left_out=left_out)


def damage_words(said: Mapping[str, Any]) -> str:
    """Return the server's words on damage: how many errors, and the first; never a key or a document."""
    errors = [str(each) for each in said.get("errors") or ()]
    bad = [name for name, one in (said.get("indexDetails") or {}).items() if not one.get("valid", True)]
    indexes = f"; indexes {', '.join(bad)}" if bad else ""
    first = errors[0].partition("{")[0] if errors else "it is not valid"
    return f"validate found {len(errors)} errors{indexes}: {first}"

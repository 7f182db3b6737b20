"""What the programs that compare documents and bring them back are asked, and what they answer: counts alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from actions.systems.mongodb.programs.in_side import SideServer
from actions.systems.mongodb.programs.request import Reached
from journal.wording.counting import count

Mode = Literal["missing", "update", "replace"]
"""``missing`` only inserts what is not there; ``update`` also gives changed documents their old content; ``replace``
makes the collection what it was: documents that are new since go."""


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents are meant.

    Attributes:
        name: the collection, with its database or without; empty: every collection that has documents of the user.
        database: the one that is meant without; empty: any.
        user: whose; empty: all documents are meant.
        kind: what type the user's id is of; empty: whichever it may be.
        field: the field that says whose a document is; ``fields``: where that is called otherwise, by collection.
    """

    name: str = ""
    database: str = ""
    user: str = ""
    kind: str = ""
    field: str = "user_id"
    fields: dict[str, str] = {}

    @property
    def owner(self) -> str:
        """The field of the collection that is meant; empty: all of its documents are."""
        return self.fields.get(self.name.partition(".")[2], self.field) if self.user else ""


class Compare(msgspec.Struct, frozen=True, kw_only=True):
    """What to compare; ``folder`` is the side instance's directory, in which the difference is kept.

    ``replace``: what is new since is to go.
    """

    side: SideServer
    real: Reached
    folder: str
    meant: Meant
    replace: bool = False


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One collection, as it was and as it is.

    Attributes:
        namespace: its full name.
        then, now: whether it was there then, and is now.
        refused: why its documents cannot be copied; empty: they can.
        rows: how many of the meant documents there were.
        missing: documents that were there then and are not now.
        changed: those that are there with another content.
        can_come, can_change: missing and changed ones that nothing keeps from it.
        extra: those that are there now and were not then; only counted where all are meant.
        expired: missing or changed ones that are past their time by now (TTL): the server would delete them at once.
        kept_out: missing or changed ones with a unique value that another document has now.
        unasked: those of which that was not looked at.
        shared: documents of then that name the user among others: they are not the user's alone.
        others: documents of the user that are somebody else's now.
        altered: whether the collection's options are otherwise now.
    """

    namespace: str
    then: bool = True
    now: bool = True
    refused: str = ""
    rows: int = 0
    missing: int = 0
    changed: int = 0
    can_come: int = 0
    can_change: int = 0
    extra: int = 0
    expired: int = 0
    kept_out: int = 0
    unasked: int = 0
    shared: int = 0
    others: int = 0
    altered: bool = False

    def __str__(self) -> str:
        """Say it in counts."""
        parts = [f"{self.namespace}: {count(self.rows, 'document')} then", f"{self.missing:,} missing now"]
        parts += [f"{self.changed:,} changed"] if self.changed else []
        parts += [f"{self.extra:,} new since"] if self.extra else []
        parts += [f"{self.expired:,} of them past their time by now"] if self.expired else []
        return ", ".join(parts)


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, collection by collection; ``mark`` names the difference that is kept in the folder."""

    mark: str
    found: list[Difference]


class Bring(msgspec.Struct, frozen=True, kw_only=True):
    """What to bring back: exactly the difference of that mark."""

    side: SideServer
    real: Reached
    folder: str
    mark: str
    mode: Mode
    namespaces: Sequence[str]


class Got(msgspec.Struct, frozen=True, kw_only=True):
    """What one collection got.

    Attributes:
        inserted, updated, deleted: documents that came back, got their old content, and went.
        left: documents of the difference that were left as they are, by why.
        otherwise: documents that were written and are otherwise already: somebody writes them.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    left: dict[str, int] = {}
    otherwise: int = 0


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, collection by collection, and in how many transactions."""

    got: list[Got]
    transactions: int


class MakeAgain(msgspec.Struct, frozen=True, kw_only=True):
    """A collection that was dropped, to be made again; ``indexes`` is the file that says which it had."""

    side: SideServer
    real: Reached
    namespace: str
    indexes: str


class MadeAgain(msgspec.Struct, frozen=True, kw_only=True):
    """How many documents and indexes it has; how many documents are past their time by now, and were left out."""

    documents: int
    indexes: int
    expired: int

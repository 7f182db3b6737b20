"""What the actions share that bring documents back: the side instance they are taken from, and the real server."""

from __future__ import annotations

from datetime import datetime

from actions.asked_instant import asked_instant
from actions.outcome import Finding
from actions.systems.mongodb.primary import connect_primary
from actions.systems.mongodb.programs.request import Reached
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.side.documents.asked import Bring, Brought, Compare, Compared, Difference, Got, Meant, Mode
from actions.systems.mongodb.side.place import Side, require_ready
from actions.systems.mongodb.side.programs import ask_in_side, reached, run_in_side, server_of_side
from journal.wording.counting import count

_HERE = "actions.systems.mongodb.side.documents"
_LEFT = "Whole transactions may have been written, and what they wrote is right; run again it writes the rest."
_WHY = {
    "unique": "another document has the same unique value now",
    "validator": "the collection's rules (validator) refuse it now",
    "meanwhile": "somebody wrote it since it was compared",
}


def side_at(server: Server, date: str, name: str) -> Side:
    """Return the side instance, which stands where it is asked for.

    Raises:
        ActionFailed: there is none such, with what makes it; or the time may mean several instants.
    """
    at: datetime | None = asked_instant(date, name, "date") if date else None
    return require_ready(server, at=at)


def reach_primary(server: Server) -> Reached:
    """Return how a program on the server's host reaches the primary of its set, which was proven to be it.

    Raises:
        CannotConnect: it cannot be talked to, or there is none.
    """
    with connect_primary(server) as client:
        return reached(server, client)


def compare(side: Side, real: Reached, meant: Meant, *, replace: bool = False) -> Compared:
    """Compare documents; nothing is written but the difference, into the side instance's folder.

    Raises:
        ActionFailed: they cannot be compared.
    """
    asked = Compare(side=server_of_side(side), real=real, folder=side.root, meant=meant, replace=replace)
    return ask_in_side(side, f"{_HERE}.compare", asked, Compared)


def bring_back(side: Side, real: Reached, compared: Compared, mode: Mode) -> Brought:
    """Write the difference. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: not all of it was written.
    """
    asked = Bring(
        side=server_of_side(side),
        real=real,
        folder=side.root,
        mark=compared.mark,
        mode=mode,
        namespaces=[one.namespace for one in compared.found],
    )
    return run_in_side(side, "bring-back", f"{_HERE}.bring_back", asked, Brought, left=_LEFT)


def before(found: Difference, mode: Mode) -> list[Finding]:
    """Return what is to be known of a difference before it is written."""
    lines = []
    if found.changed and mode == "missing":
        lines.append(f"{count(found.changed, 'document')} with other content than then stay as they are")
    if found.expired:
        lines.append(
            f"{count(found.expired, 'document')} of then are past their time by now (TTL) and are left out: the server "
            "would delete them within a minute"
        )
    if found.kept_out:
        lines.append(f"{count(found.kept_out, 'document')} do not come back: {_WHY['unique']}")
    if found.unasked:
        lines.append(f"{count(found.unasked, 'document')} were not looked up by their unique values beforehand")
    if found.altered:
        lines.append("the collection has other options now than then")
    if found.others:
        lines.append(f"{count(found.others, 'document')} of then are somebody else's now, and stay theirs")
    if found.shared:
        lines.append(f"{count(found.shared, 'document')} of then name this user among others, and are left out")
    return [Finding(severity="note", about=found.namespace, text=line) for line in lines]


def after(found: Difference, got: Got) -> list[Finding]:
    """Return what was left as it is though it differed."""
    lines = [f"{count(number, 'document')} did not come back: {_WHY[why]}" for why, number in got.left.items()]
    if got.otherwise:
        lines.append(f"{count(got.otherwise, 'document')} that came back are otherwise already: somebody writes them")
    return [Finding(severity="warning", about=found.namespace, text=line) for line in lines]


def facts_of(found: Difference) -> dict[str, int]:
    """Return the counts: never a document's content."""
    names = ("missing", "changed", "extra", "expired", "kept_out")
    return {"documents_then": found.rows, **{name: getattr(found, name) for name in names}}


def got_facts(got: Got) -> dict[str, int]:
    """Return what was written, in counts."""
    return {"inserted": got.inserted, "updated": got.updated, "deleted": got.deleted}

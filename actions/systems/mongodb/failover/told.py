"""What another primary would lack or do otherwise, told before it leads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from actions.failover.fence_record import FenceRecord
from actions.outcome import Finding
from actions.systems.mongodb.failover.members import Seat, Set
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.state import newest_write
from actions.systems.mongodb.verified_connection import connect_verified
from journal.wording.durations import rough_duration

_ROLLED_BACK = "When the old primary returns it is rolled back there, into files under rollback/: keep them."


def tell_set(server: Server, found: Set) -> None:
    """Say of each member what it is: who votes, who can never lead, how far each came."""
    for seat in found.seats:
        parts = [seat.state or "not seen", f"{seat.votes} vote{'s' if seat.votes != 1 else ''}"]
        parts += [f"never primary: {seat.never}"] if seat.never else []
        parts += [f"newest entry {seat.position}"] if seat.position.second else []
        parts += [] if seat.answers else ["not asked itself"]
        server.ctx.log(f"{seat.system or seat.name}: {'; '.join(parts)}.", "out" if seat.healthy else "err")


def lacks(old: Server, chosen: Server, seat: Seat) -> tuple[list[Finding], datetime | None]:
    """Return what the chosen member lacks against what is known of the old primary, and its newest client's write."""
    ctx = old.ctx
    with connect_verified(chosen) as client:
        newest = newest_write(client, chosen.settings.heartbeat)
    record = FenceRecord.of(ctx.files, old.name)
    if record and record.position:
        if (seat.position.term, seat.position.packed) >= (int(record.history or -1), record.position):
            ctx.log(f"{chosen.name} has all that {old.name} had as it was fenced.")
            return [], newest
        theirs = f"{record.position >> 32}:{record.position & 0xFFFFFFFF}"
        text = f"lacks what {old.name} wrote after {seat.position}, up to {theirs}: no majority had acknowledged it"
        return [_warning(chosen.name, text, _ROLLED_BACK)], newest
    return _by_time(old, chosen, newest), newest


def _by_time(old: Server, chosen: Server, newest: datetime | None) -> list[Finding]:
    known = old.ctx.incident.newest_known.get(old.name)
    if known is None or newest is None:
        text = f"how much it lacks is not known: nobody asked {old.name} how far it came"
        return [_warning(chosen.name, text, _ROLLED_BACK)]
    lost = max(0.0, (known - newest).total_seconds())
    old.ctx.log(f"Its newest write: {newest:%H:%M:%S} UTC; the newest known of {old.name}: {known:%H:%M:%S} UTC.")
    if lost < 1:
        return []
    text = f"lacks at most {rough_duration(lost)} of writes, up to the newest that was seen of {old.name}"
    return [_warning(chosen.name, text, _ROLLED_BACK)]


def surprises(old: Server, found: Set, seat: Seat) -> Iterator[Finding]:
    """Yield what will be otherwise once another member leads."""
    if wrong := old.ctx.incident.found_wrong.get(old.name):
        text = f"in {old.name} something is wrong: {wrong}; whether it was replicated is not known"
        yield _warning(seat.system, text, "Verify it before users come.")
    for lost in found.lost:
        text = "a voter of the set is lost: a write is acknowledged by fewer members, until it is back"
        yield Finding(severity="note", about=lost.system or lost.name, text=text)
    arbiters = [each for each in found.alive if each.never.startswith("an arbiter")]
    bearing = [each for each in found.alive if not each.never.startswith("an arbiter")]
    if arbiters and len(bearing) < found.majority:
        text = f"{len(bearing)} of {len(found.voters)} voters have data: a majority write waits for ever"
        yield _warning(
            "the set", text, "It is tried; with an arbiter and one member down, set defaultWriteConcern to 1."
        )


def _warning(about: str, text: str, cure: str = "") -> Finding:
    return Finding(severity="warning", about=about, text=text, cure=cure)

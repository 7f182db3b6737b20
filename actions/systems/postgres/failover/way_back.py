"""By which way an old primary comes back: with its data as they are, rewound, or as a copy of the new primary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from actions.systems.postgres.failover.divergence import Divergence
from actions.systems.postgres.failover.following import have_it_follow, make_slot, slot_of
from actions.systems.postgres.failover.rebuild import copy, make_standby_of_copy, require_place
from actions.systems.postgres.failover.rejoin_record import RejoinRecord, Way
from actions.systems.postgres.failover.rewind import Rewinding, look, rewind
from actions.systems.postgres.failover.spaces import Space, in_words, require_replayable, spaces_of
from actions.systems.postgres.server import Server
from journal.wording.sizes import size_words


def choose_way(
    server: Server, primary: Server, found: Divergence, conninfo: str, *, whole: bool
) -> tuple[RejoinRecord, str]:
    """Choose the way, and say what speaks for it; return what is written down of it, and what would be done.

    Args:
        server: the one that comes back, which is down.
        primary: whom it is to follow.
        found: how far their logs agree.
        conninfo: how it reaches the primary.
        whole: copy, also where another way would do.

    Raises:
        ActionFailed: no way is open. Nothing was changed.
    """
    for finding in found.findings(server, ""):
        server.ctx.log(f"{finding.about}: {finding.text}", "err")
    spaces = spaces_of(server, primary)
    if not found.same or whole:
        return _anew(server, primary, found, conninfo, spaces, whole=whole)
    require_replayable(server, spaces)
    words = f"have {server.name} go on with its data: all of its log is in the history of {primary.name}"
    return RejoinRecord(primary=primary.name, way="follow", slot=slot_of(server)), words


def _anew(
    server: Server, primary: Server, found: Divergence, conninfo: str, spaces: Sequence[Space], *, whole: bool
) -> tuple[RejoinRecord, str]:
    """Return the record of a rewinding or a copy, and its words."""
    size = require_place(server, primary, spaces)
    seen = Rewinding("a copy is asked for") if whole else look(server, primary, conninfo, found)
    server.ctx.log(f"{seen.words(size)}.")
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    way: Way = "copy" if seen.why_not or spaces else "rewind"
    record = RejoinRecord(
        primary=primary.name,
        way=way,
        slot=slot_of(server),
        aside=f"{server.data}.aside-{stamp}",
        spaces=list(spaces),
        fork=found.fork,
    )
    kept = f"and keep those in {record.aside}{in_words(spaces, stamp)}"
    if way == "rewind":
        return record, f"clone the data of {server.name} beside them, rewind the clone to {primary.name}, {kept}"
    return record, f"copy {primary.name} ({size_words(size)}) beside the data of {server.name}, {kept}"


def make(server: Server, primary: Server, record: RejoinRecord, conninfo: str) -> RejoinRecord:
    """Make what the way wants, ready to be started; where rewinding comes to nothing, copy. Returns the way taken.

    Call it only where ``effect`` said True. The old data are as they were until all of it is there.
    """
    make_slot(primary, record.slot)
    if record.way == "follow":
        have_it_follow(server, conninfo, record.slot)
        return record
    if record.way == "rewind" and (why := rewind(server, primary, conninfo, record.fork)):
        server.ctx.log(f"{primary.name} is copied instead: {why}. The old data are as they were.", "err")
        record = msgspec.structs.replace(record, way="copy")
        record.keep(server.ctx.files, server.name)
    if record.way == "copy":
        copy(server, conninfo, record.slot, record.spaces)
    make_standby_of_copy(server, conninfo, record.slot)
    return record

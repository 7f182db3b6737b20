"""The logical replication slots of a server: they are on no standby, so that their consumers miss what comes after."""

from __future__ import annotations

from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified

_LOGICAL = "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical' ORDER BY 1"
_ON_DISK = r"""
cd "$1/pg_replslot" 2>/dev/null || exit 1
for slot in *; do
    [ -f "$slot/state" ] || continue
    [ "$(od -An -tu4 -j80 -N4 "$slot/state" | tr -d ' ')" = 0 ] || echo "$slot"
done
"""
"""A slot's file has the database's OID behind 16 bytes of head and 64 of name; a physical slot's is 0."""


def logical_slots(server: Server, *, running: bool) -> list[str] | None:
    """Return the names of the logical slots; None where nobody can tell.

    Args:
        server: the server.
        running: ask it; else its files are read.
    """
    if running:
        try:
            with connect_verified(server, deadline_s=5) as session:
                return [str(name) for (name,) in session.execute(_LOGICAL).fetchall()]
        except CannotConnect as error:
            server.ctx.log(f"Its logical slots are read from its files: {error.message}", "err")
    done = server.query(["sh", "-c", _ON_DISK, "sh", server.data])
    return done.out.split() if done.code == 0 else None

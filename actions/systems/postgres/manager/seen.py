"""What an examination says of the Patroni that manages a server: its members, and replicas that do not follow."""

from __future__ import annotations

from actions.outcome import Finding
from actions.systems.postgres.manager.pause import troubles
from actions.systems.postgres.patroni.cluster import patroni_of
from actions.systems.postgres.patroni.replicas import ask_leader, compare, inventory_names
from actions.systems.postgres.server import Server
from journal.errors import CleoError


def manager_seen(server: Server) -> tuple[list[str], list[Finding]]:
    """Return lines and findings; nothing where no Patroni runs beside it.

    Replicas are compared once, from their leader: what only is behind for a moment is not told here.
    """
    try:
        patroni = patroni_of(server)
        if patroni is None or patroni.daemon.trouble:
            return ([f"managed by Patroni: not measured: {patroni.daemon.trouble}"] if patroni else []), []
        view = patroni.look(store=True)
        lines = [f"managed by {view}"]
        if view.leader != patroni.daemon.name:
            return lines, []
        seen = compare(view, ask_leader(server), inventory_names(server))
    except CleoError as error:
        return [f"managed by Patroni: not measured: {error.message}"], []
    stale = [finding for one in seen if one.follows is False and (finding := one.finding(view.leader))]
    lines += [f"replica {one.member.name}: {one.words}" for one in seen]
    return lines, [*troubles(patroni, view), *stale]

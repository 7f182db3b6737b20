"""Whether Patroni would undo what is done beside it: it runs and is not paused, or it is gone and may come back."""

from __future__ import annotations

from actions.gate import Closed
from actions.systems.postgres.patroni.cluster import View, cluster_of, patroni_of
from actions.systems.postgres.patroni.daemon import units
from actions.systems.postgres.server import Server

GATE, PAUSE = "managed", "postgres.pause_manager"
SWITCH_OVER, REBUILD = "postgres.switch_over", "postgres.rebuild_replica"
_BY_HAND = "By hand: `patronictl -c {} pause --wait`, and see `patronictl list` say Maintenance mode: on"


def closed_by_patroni(server: Server, left: str, opens: str = PAUSE, *, paused: bool = True) -> Closed | None:
    """Return why Patroni keeps others from acting on a server; None where it does not.

    Args:
        server: the server.
        left: what in its data directory speaks of Patroni; empty where nothing does.
        opens: the action that is to be done first, where Patroni is there.
        paused: whether a pause is enough; what Patroni does better itself (a promotion) is not done beside it at all.
    """
    own = patroni_of(server)
    if own is None:
        return _gone(server, left, opens) if left else None
    if own.daemon.trouble:
        why = f"it runs here (pid {own.daemon.pid}), and whether it is paused cannot be told: {own.daemon.trouble}"
        name = "patroni: in the inventory names its configuration where its command line does not"
        return Closed(GATE, f"{_managed(server, why)} {_BY_HAND.format('CONFIG')}; {name}.", "reason and target")
    view = own.look()
    if paused and is_paused(view):
        _log_silence(server, view)
        return None
    here = f"pid {own.daemon.pid}, {own.daemon.config}" if own.daemon.pid else own.daemon.config
    message = _managed(server, f"it runs here ({here}); {_state(view)}")
    itself = f" Let it do that itself: {opens}." if opens in (SWITCH_OVER, REBUILD) else ""
    return Closed(GATE, message + itself, "reason and target", opens)


def is_paused(view: View) -> bool:
    """Whether the member that was asked acts as paused, and so does every other one that answers."""
    return view.paused is True and not view.not_as(paused=True)


def _state(view: View) -> str:
    if view.trouble:
        return f"its interface does not answer ({view.trouble})"
    if view.paused:
        others = ", ".join(one.name for one in view.not_as(paused=True))
        return f"it is paused, and {others} is not" if others else "it is paused, and does this itself"
    return "it is not paused"


def _managed(server: Server, why: str) -> str:
    return f"{server.name} is managed by Patroni: {why}. It undoes what is done beside it."


def _log_silence(server: Server, view: View) -> None:
    """Say what a pause does not prove: members that do not answer, and a store that is not reached."""
    for one in view.silent():
        server.ctx.log(f"{one.name} does not answer ({one.trouble}): whether it knows of the pause is not seen.", "err")
    if view.store_trouble:
        server.ctx.log(f"Patroni is paused; the store behind it does not answer: {view.store_trouble}", "err")


def _gone(server: Server, left: str, opens: str) -> Closed | None:
    """Its files stay when it is gone: whether it comes back, and what its cluster does meanwhile, is said."""
    at_boot = units(server)
    back = f"{at_boot} would start it at the next boot" if at_boot else "no enabled unit that starts it was seen"
    seen = f"{left}, and no Patroni of it runs on {server.host}: it is gone, or was stopped and may come back ({back})"
    other = cluster_of(server)
    if other is None:
        words = f"{server.name} was managed by Patroni: {seen}. Keep it from coming back meanwhile (disable its unit)."
        return Closed(GATE, words, "reason and target")
    view = other.look()
    if is_paused(view) and view.lists(server):
        server.ctx.log(f"{seen}; its cluster {view.scope} is paused, which it reads when it comes back.", "err")
        return None
    goes_on = f"{other.server.name} answers for its cluster: {view}"
    return Closed(GATE, f"{server.name} is managed by Patroni: {seen}. {goes_on}.", "reason and target", opens)

"""``redis.log``: the newest lines of the server's own log."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.machine.service import log_lines
from actions.outcome import Outcome
from actions.systems.redis.identity import identity
from actions.systems.redis.server import find_server
from actions.systems.redis.settings import RedisSettings
from journal.wording.counting import count

_LINES = 100


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    settings = known.settings(RedisSettings)
    return [log_lines(settings.service, settings.host, settings.run_as, int(known.params.get("lines") or _LINES))]


@action(
    "redis.log", resumable=True, target=identity, by_hand=_by_hand, params={"lines": "how many of the newest lines"}
)
def show_log(ctx: ActionContext, *, lines: int = _LINES) -> Outcome:
    """Show the end of Redis' log.

    Needs: the right to read the file of `service: log`, or the unit's journal.
    """
    server = find_server(ctx)
    service = server.settings.service
    where = service.log or f"the journal of {service.unit}"
    if not service.log and not service.unit:
        return Outcome(ok=False, summary=f"The inventory names no log of {server.name} (log: under service:).")
    line = log_lines(service, server.settings.host, server.settings.run_as, lines)
    done = server.query(line.argv)
    if done.code != 0 or not done.out.strip():
        return Outcome(ok=False, summary=f"No log of {server.name} can be read ({where}).")
    ctx.log(done.out)
    shown = count(len(done.out.splitlines()), "line")
    return Outcome(ok=True, summary=f"The newest {shown} of {server.name}'s log ({where}).")

"""``mongodb.log``: the newest lines of the server's own log, as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.machine.service import log_lines
from actions.outcome import Outcome
from actions.systems.mongodb import by_hand
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.server import find_server
from actions.systems.mongodb.server_log import readable
from journal.wording.counting import count

_LINES = 100


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    return by_hand.log(known, _LINES)


@action(
    "mongodb.log",
    resumable=True,
    target=identity,
    by_hand=_by_hand,
    params={"lines": "how many of the newest lines"},
)
def show_log(ctx: ActionContext, *, lines: int = _LINES) -> Outcome:
    """Show the end of MongoDB's log.

    Needs: the right to read the file of `service: log`, or the unit's journal.
    """
    server = find_server(ctx)
    service = server.settings.service
    line = log_lines(service, server.host, server.run_as, lines)
    done = server.query(line.argv)
    where = service.log or service.unit
    if done.code != 0 or not done.out.strip():
        said = last_words(done) if done.code != 0 else "it is empty"
        return Outcome(ok=False, summary=f"No log of {server.name} can be read ({where}): {said}")
    found = done.out.splitlines()
    for each in found:
        ctx.log(readable(each))
    return Outcome(ok=True, summary=f"The newest {count(len(found), 'line')} of {server.name}'s log ({where}).")

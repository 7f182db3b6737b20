"""``postgres.log``: the newest lines of the server's own log, wherever it is written."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.systems.postgres.identity import identity
from actions.systems.postgres.server import find_server
from actions.systems.postgres.server_log import log_file, tail_lines
from actions.systems.postgres.settings import PostgresSettings
from journal.wording.counting import count

_LINES = 100


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    return tail_lines(known.settings(PostgresSettings), int(known.params.get("lines") or _LINES))


@action(
    "postgres.log",
    resumable=True,
    target=identity,
    by_hand=_by_hand,
    params={"lines": "how many of the newest lines"},
)
def show_log(ctx: ActionContext, *, lines: int = _LINES) -> Outcome:
    """Show the end of PostgreSQL's log.

    Needs: the right to read the file of `service: log`, what the logging collector writes, or the unit's journal.
    """
    server = find_server(ctx)
    shown = 0
    for line in tail_lines(server.settings, lines):
        done = server.query(line.argv)
        if done.code == 0:
            ctx.log(done.out)
            shown += len(done.out.splitlines())
    where = log_file(server.settings) or server.settings.service.unit or "its data directory"
    if not shown:
        return Outcome(ok=False, summary=f"No log of {server.name} can be read ({where}).")
    return Outcome(ok=True, summary=f"The newest {count(shown, 'line')} of {server.name}'s log ({where}).")

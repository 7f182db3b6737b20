"""``cleo improve``: the improvement plan: the action items of incidents and exercises, until they are done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from cleo_console.drills.forms import Improvement

_MARK = {"overdue": "✗", "due": "○", "open": "·", "no date": "?", "done": "✓"}
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def improve() -> None:
    """Keep the improvement plan: what incidents and exercises left to do, by whom, until when.

    Items lie in the journal of the incident or exercise that they come from. `cleo schedule` names them as due and
    overdue until they are done. INCIDENT is an incident's id, a tabletop's, or its folder.

    \b
    Example:
      cleo improve list
      cleo improve add INC-2026-11-22-01 "Put the stanza into step 4.2" --owner Ben --due 2026-12-15
      cleo improve done INC-2026-11-22-01 A1 "Step 4.2 of version 1.4 has it; tried in the drill of December 3"
    """


@improve.command("list")
@click.option("--all", "all_", is_flag=True, help="Also what is done.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def list_(all_: bool, as_json: bool) -> None:
    """List what is to be done, the most urgent first. Exit status 1 when something is overdue.

    \b
    Example:
      cleo improve list --all
    """
    from cleo_console.drills.improvements import improvements
    from cleo_console.settings import demo_paths, journal_paths
    from journal.report.json import plain_json

    found, unread = improvements([journal_paths(), demo_paths()], datetime.now(UTC).date())
    shown = [one for one in found if all_ or one.state != "done"]
    if as_json:
        click.echo(plain_json(shown), nl=False)
    for line in () if as_json else (line for one in shown for line in item_lines(one)):
        click.echo(sanitize(line))
    if not shown and not as_json:
        click.echo("Nothing is to be done, by the journals here.")
    for id_, why in unread.items():
        click.echo(sanitize(f"cleo: not read: {id_}: {why}"), err=True)
    if any(one.state == "overdue" for one in found):
        raise click.exceptions.Exit(1)


def item_lines(item: Improvement) -> Iterator[str]:
    """Yield an action item in lines."""
    state = item.state.upper() if item.state == "overdue" else item.state
    yield f"{_MARK[item.state]} {state:8} {item.incident} {item.id}  {item.text}"
    who = item.owner or "nobody named"
    until = f"until {item.due}" if item.due else "no day named"
    why = f"; why: {item.cause}" if item.cause else ""
    yield f"    {who}, {until}; {item.kind}: {item.title}{why}"
    if item.done_at:
        yield f"    done {item.done_at:%Y-%m-%d}: {item.how}"


@improve.command()
@click.argument("incident")
@click.argument("what")
@click.option("--owner", default="", help="Who does it.")
@click.option("--due", type=_DAY, help="Until which day.")
@click.option("--objective", default="", help="The exercise's objective that it serves, by its id.")
@click.option("--cause", default="", help="The root cause that it removes.")
def add(incident: str, what: str, owner: str, due: datetime | None, objective: str, cause: str) -> None:
    """Write an action item into the journal of an incident or exercise; also after its end.

    \b
    Example:
      cleo improve add INC-2026-11-22-01 "Rehearse it monthly" --owner Dora --due 2026-12-31 --objective restore
    """
    from cleo_console.cli.review_access import access_for_review

    with access_for_review(incident) as at:
        until = f"{due:%Y-%m-%d}" if due else ""
        event = at.review.write_action_item(what, owner, until, objective, cause)
        item = getattr(event.body, "id", "")
        click.echo(f"{at.place.folder.name} {item} is written.")
        if not (owner and due):
            click.echo("It has no owner or no day: what nobody does by no day is not done.", err=True)


@improve.command()
@click.argument("incident")
@click.argument("item")
@click.argument("how")
def done(incident: str, item: str, how: str) -> None:
    """Say that an action item is done: HOW says what was put in order, and how one knows.

    \b
    Example:
      cleo improve done INC-2026-11-22-01 A1 "Restored in the drill of December 3 by the new step, in 12 minutes"
    """
    from cleo_console.cli.review_access import access_for_review

    with access_for_review(incident) as at:
        at.review.finish_action_item(item, how)
        click.echo(f"{at.place.folder.name} {item} is done.")

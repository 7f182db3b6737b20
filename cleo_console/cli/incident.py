"""``cleo declare|note|decide|done|skip|take|role|close|reopen``: records what a person does in an incident."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click

from cleo_console.app_services import acting_services
from cleo_console.cli.completion import known_scenarios, known_steps
from cleo_console.cli.incident_access import IncidentAccess, access_incident, incident_option
from journal.errors import CleoError
from journal.events.types import Event, Kind, RoleName
from journal.store.journal import Follower, short_head

_LOOK_S = 10.0
_KINDS = click.Choice([kind.value for kind in Kind if kind is not Kind.TABLETOP], case_sensitive=False)
_at = click.option("--at", "happened", default="", metavar="TIME", help="When it happened: with a zone, or 10 min ago.")


@click.command()
@click.option("--title", default="", help="What broke, in a few words.")
@click.option("--scenario", default="", shell_complete=known_scenarios, help="What happened; see: cleo plan show")
@click.option("--severity", default="", help="The plan's severity; by default the scenario's.")
@click.option("--kind", type=_KINDS, required=True)
@click.option(
    "--began", default="", metavar="TIME", help="When it began: 2026-11-22T14:30:00Z, 10 min ago. Default: now."
)
@click.option("--discovered", default="", metavar="TIME", help="When it was discovered. Default: now.")
@click.option(
    "--from",
    "file",
    type=click.Path(path_type=Path),
    help="An alert, the body of Alertmanager's or PagerDuty's webhook: what is not said otherwise is as it tells.",
)
def declare(
    title: str, scenario: str, severity: str, kind: str, began: str, discovered: str, file: Path | None
) -> None:
    """Declare an incident: from then on everything is journalled.

    \b
    Example:
      cleo declare --title "db1 is gone" --scenario database-failure --kind REAL --began 2026-11-22T02:41:00Z
      cleo declare --from alert.json --scenario database-failure --kind REAL
    """
    from cleo_console.offered import offer_in
    from journal.commands.declare import Declaration

    at = acting_services()
    now = datetime.now(UTC)
    told = at.fitted(offer_in(file)) if file else None
    title, scenario = title or (told.title if told else ""), scenario or (told.scenario if told else "")
    if missing := [name for name, said in (("--title", title), ("--scenario", scenario)) if not said]:
        raise click.UsageError(f"Missing option: {' and '.join(missing)}.")
    known = at.plan().scenarios.get(scenario)
    declaration = Declaration(
        title=title,
        scenario=scenario,
        severity=severity or (known.severity if known else ""),
        kind=Kind(kind),
        began_at=_instant(began) or (told.began_at if told else None) or now,
        discovered_at=_instant(discovered) or now,
    )
    click.echo(at.declare(declaration))


@click.command()
@click.argument("text")
@click.option("--step", default="", shell_complete=known_steps, help="The step it belongs to.")
@_at
@incident_option
def note(text: str, step: str, happened: str, incident: str | None) -> None:
    """Write a note, also a late one, also after the close.

    \b
    Example:
      cleo note "called the vendor, ticket 4711" --at 2026-11-22T02:55:00Z
    """
    with access_incident(incident) as at:
        _written(at.commands.note(text, step, _instant(happened)))


@click.command()
@click.argument("step", shell_complete=known_steps)
@click.argument("answer")
@click.option("--reason", default="", help="Why.")
@_at
@incident_option
def decide(step: str, answer: str, reason: str, happened: str, incident: str | None) -> None:
    """Answer a decision of the plan.

    A recovery point is latest, an instant with its zone, or positions of single systems, with or without an instant
    for the others. What it gives up, and what may keep a system from reaching it, is said.

    \b
    Example:
      cleo decide recovery-point latest --reason "the disk died, the data is sound"
      cleo decide recovery-point 2026-11-22T14:30:00Z
      cleo decide recovery-point "2026-11-22T14:30:00Z postgres lsn:0/3000148"
    """

    with access_incident(incident) as at:
        _written(at.commands.decide(step, answer, reason, _instant(happened)))
        question = at.incident().plan.by_id[step].decision
        if question and question.kind == "recovery-point":
            _say_of_point(at)


@click.command()
@click.argument("step", shell_complete=known_steps)
@click.option("--note", "text", default="", help="What was done; wanted where the console could have run it.")
@_at
@incident_option
def done(step: str, text: str, happened: str, incident: str | None) -> None:
    """Mark a step done by hand. With --at it is a late entry: the time counts, and both times are kept.

    \b
    Example:
      cleo done notify-stakeholders
      cleo done postgres-verify --note "counted by hand, from paper" --at 2026-11-22T03:40:00Z
    """
    with access_incident(incident) as at:
        _written(at.commands.mark_done(step, text, _instant(happened)))


@click.command()
@click.argument("steps", metavar="STEP...", nargs=-1, required=True, shell_complete=known_steps)
@click.option("--reason", default="", help="Why it is left out. Default: why nothing here does it, where that is so.")
@_at
@incident_option
def skip(steps: tuple[str, ...], reason: str, happened: str, incident: str | None) -> None:
    """Leave steps out, all of them or none. The report names each and the reason.

    \b
    Example:
      cleo skip mongodb-restore --reason "MongoDB was not hit"
      cleo skip validate-data test-auth test-api
    """
    with access_incident(incident) as at:
        why = {step: reason or _known_reason(at, step) for step in steps}
        for event in at.commands.skip_all(why, _instant(happened)):
            _written(event)


@click.command()
@click.argument("step", shell_complete=known_steps)
@click.option("--give-back", is_flag=True, help="Say that you do not work at it any more.")
@incident_option
def take(step: str, give_back: bool, incident: str | None) -> None:
    """Say that you work at a step, also where somebody else did until now. It keeps nobody from it.

    \b
    Example:
      cleo take postgres-restore
      cleo take postgres-restore --give-back
    """
    with access_incident(incident) as at:
        _written(at.commands.give_back(step) if give_back else at.commands.take(step))


@click.command()
@click.argument("name", metavar="lead|scribe|responder", type=click.Choice(get_args(RoleName)))
@incident_option
def role(name: RoleName, incident: str | None) -> None:
    """Say what you are in an incident. One leads and one writes down: who did until now is a responder then.

    \b
    Example:
      cleo role lead
    """
    with access_incident(incident) as at:
        _written(at.commands.take_role(name))


@click.command()
@click.option("--summary", default="", help="How it ended, in a sentence. Default: what the journal knows, with --yes.")
@click.option("--yes", is_flag=True, help="Take the sentence that the journal gives; without it, that is only shown.")
@click.option("--leaving", default="", metavar='"N open"', help="Where something is not in order: how much, typed.")
@incident_option
def close(summary: str, yes: bool, leaving: str, incident: str | None) -> None:
    """Close an incident. Its runner stops and its targets are free.

    What is not in order (still held, shut, failed, skipped, unverified, open) is listed, and closing over it wants
    its number. Whether what is held or shut still is, the system is asked, for ten seconds at most. Without --summary
    the sentence that the journal gives is shown, and taken with --yes; the report says that it is the program's.

    \b
    Example:
      cleo close --summary "restored to 02:40, nothing lost that could be found"
      cleo close --summary "handed over to the day shift" --leaving "3 open"
      cleo close --yes
    """
    with access_incident(incident) as at:
        _look_at_what_is_in_force(at)
        derived = "" if summary else _by_the_journal(at, leaving, taken=yes)
        _written(at.commands.close(summary or derived, leaving, derived=bool(derived)))
        click.echo(f"{at.incident().id}: {at.incident().outcome}")
        at.say_unwitnessed()


def _by_the_journal(at: IncidentAccess, leaving: str, *, taken: bool) -> str:
    """Return how the incident ended by its journal, and say it.

    Raises:
        StillOpen: something is not in order, and ``leaving`` does not say how much.
        CleoError: nobody took that sentence.
    """
    from journal.commands.incident import require_leaving
    from journal.incident.closing import remaining
    from journal.incident.ending import ending

    incident = at.incident()
    derived = ending(incident)
    click.echo(f"how it ended, by the journal: {derived}")
    require_leaving(remaining(incident), leaving)
    if not taken:
        raise CleoError(
            "Nothing was closed: nobody said how it ended.", "Take that sentence (--yes), or say it (--summary)."
        )
    return derived


@click.command()
@click.option("--reason", required=True, help="Why it goes on.")
@incident_option
def reopen(reason: str, incident: str | None) -> None:
    """Go on with a closed incident.

    \b
    Example:
      cleo reopen --reason "the standby fell behind again" -i INC-2026-11-22-01
    """
    with access_incident(incident) as at:
        _written(at.commands.reopen_incident(reason))
        click.echo(f"{at.incident().id}: {at.incident().outcome}")


def _known_reason(at: IncidentAccess, step_id: str) -> str:
    """Return why nothing here does a step; empty where something does, or there is no such step."""
    from screens.guidance.left_out import known_reason

    incident = at.incident()
    step = incident.plan.by_id.get(step_id)
    return known_reason(incident, step, at.services.catalogue()) if step else ""


def _say_of_point(at: IncidentAccess) -> None:
    """Say what the recovery point that was just decided gives up, and what may stand in its way."""
    from actions.positions import position_forms
    from journal.incident.given_up import given_up
    from journal.incident.reach import reach
    from journal.incident.recovery_point import wording

    now = at.incident()
    if point := now.recovery_point:
        click.echo(f"recovery point: {wording(point, now.roster.title)}")
        for line in given_up(now, point, at.journal.readings()):
            click.echo(f"it gives up: {line}")
        for line in reach(now, point, position_forms(now)).doubtful:
            click.echo(f"in doubt: {line}")


def _look_at_what_is_in_force(at: IncidentAccess) -> None:
    """Ask the systems what is still in force; what cannot be measured in time is listed as not measured."""
    from journal.incident.looks import to_look_at

    incident, catalogue = at.incident(), at.services.catalogue()
    if incident.closed_at is not None or not to_look_at(incident, catalogue):
        return
    with suppress(CleoError):
        at.services.ensure_runner(incident.id)
        looks = at.commands.look_at_in_force(catalogue)
        until = time.monotonic() + _LOOK_S
        with Follower(at.place.journal, after=looks[-1]) as follower:
            while time.monotonic() < until and not all(at.incident().runs[look].state.over for look in looks):
                follower.wait(0.5)


def _instant(text: str) -> datetime | None:
    """Return the instant that is meant: with its zone, or counted from now, which needs none."""
    from journal.wording.instants import utc_instant
    from screens.guidance.times import instant

    if text.strip().lower().endswith(("now", "ago")):
        return instant(text, datetime.now(UTC))
    return utc_instant(text) if text else None


def _written(event: Event) -> None:
    click.echo(f"written as event {event.seq}, head {short_head(event.hash)}")

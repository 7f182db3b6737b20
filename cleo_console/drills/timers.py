"""The plan's tests as cron lines and as systemd timers: what needs no person runs by itself, the rest is named."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from cleo_console.drills.catalogue import Drill

_MONTHS = {"month": "*", "quarter": "1,4,7,10", "year": "1"}
_HOUR = {"month": 4, "quarter": 5, "year": 6}
"""One after the other on a day that has all three."""
_LAST_DAY = 28
"""The last day that each month has."""


class _When(NamedTuple):
    """A day and hour of some months; days are counted from the plan's first test of that period."""

    months: str
    day: int
    hour: int

    @property
    def cron(self) -> str:
        return f"0 {self.hour} {self.day} {self.months} *"

    @property
    def systemd(self) -> str:
        return f"*-{self.months}-{self.day:02} {self.hour:02}:00:00"


def cron_lines(drills: Sequence[Drill], program: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a crontab of the drills that need no person, each in its period, and of a weekly `cleo schedule`.

    Args:
        drills: in the plan's order; each of a period gets a day of its own.
        program: the path of ``cleo``.
        environment: what it is to be run with.
    """
    yield "# The plan's tests, by cleo schedule --cron. Cron mails what they print to MAILTO."
    yield from (f"{name}={value}" for name, value in environment.items())
    for drill, when in _days(drills):
        command = _for_cron(shlex.join([program, "drill", "run", drill.name]))
        if drill.unattended:
            yield f"{when.cron}  {command}"
        else:
            yield sanitize(f"# every {drill.every}, {drill.name}: {drill.words}")
    yield f"0 7 * * 1  {_for_cron(shlex.join([program, 'schedule']))}"


def unit_files(drills: Sequence[Drill], program: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return systemd's units by their files' names: a service and a timer for each drill that needs no person.

    Beside them those of `cleo schedule` and `cleo ready`, and the service of `cleo exporter`. A timer that was due
    while the machine was off fires once it is on. The arguments are as for `cron_lines`.
    """
    files = {}
    for drill, when in _days(drills):
        if drill.unattended:
            unit = f"cleo-drill-{drill.name}"
            files[f"{unit}.service"] = _service(drill.item, [program, "drill", "run", drill.name], environment)
            files[f"{unit}.timer"] = _timer(drill.item, when.systemd)
    files["cleo-schedule.service"] = _service("How the plan's tests stand", [program, "schedule"], environment)
    files["cleo-schedule.timer"] = _timer("How the plan's tests stand", "Mon *-*-* 07:00:00")
    files["cleo-ready.service"] = _service(
        "Would the plan's scenarios be recovered from", [program, "ready"], environment
    )
    files["cleo-ready.timer"] = _timer("Would the plan's scenarios be recovered from", "*-*-* *:00/30:00")
    files["cleo-exporter.service"] = _kept_up("Cleo's metrics for Prometheus", [program, "exporter"], environment)
    return files


def _days(drills: Sequence[Drill]) -> Iterator[tuple[Drill, _When]]:
    """Yield each drill with its time: no two of a period on the same day."""
    counted: dict[str, int] = {}
    for drill in drills:
        day = counted[drill.every] = counted.get(drill.every, 0) + 1
        yield drill, _When(_MONTHS[drill.every], (day - 1) % _LAST_DAY + 1, _HOUR[drill.every])


def _for_cron(command: str) -> str:
    """Return a command as a crontab has it, where a bare percent sign ends the line."""
    return command.replace("%", r"\%")


def _service(title: str, command: Sequence[str], environment: Mapping[str, str], kind: str = "Type=oneshot\n") -> str:
    start = " ".join([_quoted(command[0]), *(_quoted(word).replace("$", "$$") for word in command[1:])])
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in environment.items())
    return (
        f"[Unit]\nDescription={_percent(sanitize(title))}\nWants=network-online.target\nAfter=network-online.target\n\n"
        f"[Service]\n{kind}{variables}ExecStart={start}\n"
    )


def _kept_up(title: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return a service that runs for ever, and is started again where it ended."""
    told = _service(title, command, environment, "Restart=on-failure\nRestartSec=5\n")
    return f"{told}\n[Install]\nWantedBy=default.target\n"


def _timer(title: str, when: str) -> str:
    return (
        f"[Unit]\nDescription={_percent(sanitize(title))}\n\n[Timer]\nOnCalendar={when}\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _quoted(word: str) -> str:
    """Return a word as systemd reads it: quoted, with nothing in it that systemd would put something else for."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return _percent(f'"{plain}"')


def _percent(text: str) -> str:
    return text.replace("%", "%%")

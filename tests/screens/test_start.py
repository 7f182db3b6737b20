"""The start screen and declaring."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from textual.widgets import Select

from journal.commands.declare import Declaration
from journal.commands.offer import Offer
from journal.errors import CleoError
from journal.events import types as e
from journal.readiness.result import ReadyResult, write
from journal.readiness.verdict import Answer, Verdict
from journal.store.journal import Journal
from screens.guidance.readiness import ready_for
from screens.start.screen import StartScreen
from tests.screens.app_services import INCIDENT, START, FakeServices, SetClock, declaration
from tests.screens.driving import DEADLINE, Console, console


async def test_open_incidents_come_first_and_unreadable_ones_say_why(
    services: FakeServices, size: tuple[int, int]
) -> None:
    with services.begin("INC-2026-11-21-01", declaration(title="old one")) as old:
        old.append(e.IncidentClosed(summary="over"))
    services.begin("INC-2026-11-22-01", declaration(title="still burning", kind=e.Kind.REAL)).close()
    broken = services.paths.incident("INC-2026-11-22-02")
    broken.folder.mkdir()
    broken.journal.write_text("nonsense")
    async with console(services, size, incident=None) as seen:
        await seen.sees(
            "1 incident is open", "REAL", "still burning", "closed", "old one", "cannot be read", "no journal"
        )
        text = seen.screen_text()
        assert text.index("still burning") < text.index("cannot be read") < text.index("old one")
        await seen.press("enter")
        await seen.sees("INC-2026-11-22-01", "REAL", "NEXT  run")


async def test_declaring_opens_the_incident_with_the_instants_that_were_shown(
    services: FakeServices, size: tuple[int, int]
) -> None:
    async with console(services, size, incident=None) as seen:
        await seen.sees("No incident is open", "d declare an incident")
        assert "enter open" not in seen.screen_text()
        await seen.press("d")
        await seen.until(lambda: seen.app.screen.query_one("#kind", Select)._options, "the choices")
        await seen.press("ctrl+s")
        await seen.sees("Still to fill in: what broke, scenario, severity, kind.")
        await seen.type("db gone")
        await seen.press("tab", "enter", "down", "enter")
        await seen.until(
            lambda: seen.app.screen.query_one("#severity", Select).value == "high", "the severity suggested"
        )
        await seen.press("tab", "tab", "enter", "down", "enter", "tab")
        await seen.type("10 min ago")
        await seen.sees("= 2026-11-22 03:01:05 UTC, 10 min ago")
        await seen.press("ctrl+s")
        await seen.sees(INCIDENT, "NEXT  run", "db gone")
        said = services.declared[0]
        assert (said.scenario, said.severity, said.kind) == ("database-failure", "high", e.Kind.LAB)
        assert said.began_at == START - timedelta(minutes=3) and said.discovered_at == START + timedelta(minutes=7)


async def filled_in(seen: Console) -> None:
    """Open the form and fill in all but the times; the cursor is at when it began."""
    await seen.press("d")
    await seen.until(lambda: seen.app.screen.query_one("#kind", Select)._options, "the choices")
    await seen.type("db gone")
    for name, choice in (("scenario", "database-failure"), ("kind", e.Kind.LAB)):
        seen.app.screen.query_one(f"#{name}", Select).value = choice
    await seen.until(lambda: seen.app.screen.query_one("#severity", Select).value == "high", "the severity suggested")
    seen.app.screen.query_one("#began").focus()


async def test_times_count_from_the_moment_of_declaring_which_is_the_one_that_is_shown(
    services: FakeServices, clock: SetClock
) -> None:
    async with console(services, incident=None) as seen:
        await filled_in(seen)
        await seen.type("10 min ago")
        await seen.sees("= 2026-11-22 03:01:05 UTC, 10 min ago", "= 2026-11-22 03:11:05 UTC, just now")
        clock.forward(minutes=15, seconds=37)
        await seen.sees("= 2026-11-22 03:16:42 UTC, 10 min ago", "= 2026-11-22 03:26:42 UTC, just now")
        await seen.press("ctrl+s")
        await seen.sees(INCIDENT, "NEXT  run")
        said = services.declared[0]
        assert said.discovered_at == clock.now and said.began_at == clock.now - timedelta(minutes=10)


async def test_a_time_that_is_none_is_complained_of(services: FakeServices) -> None:
    async with console(services, incident=None) as seen:
        await seen.press("d")
        await seen.until(lambda: seen.app.screen.query("#began"), "the form")
        seen.app.screen.query_one("#began").focus()
        await seen.type("tuesday-ish")
        await seen.sees("'tuesday-ish' is no time. Write it as 14:05")


async def test_a_bad_time_is_said_once_and_leaves_the_buttons_in_sight(
    services: FakeServices, size: tuple[int, int]
) -> None:
    async with console(services, size, incident=None) as seen:
        await filled_in(seen)
        await seen.type("tomorrow 25:99")
        seen.app.screen.query_one("#discovered").focus()
        await seen.press("ctrl+s")
        await seen.sees("Correct the time above.", "Declare (ctrl+s)", "Cancel (esc)")
        assert seen.screen_text().count("is no time") == 1
        assert seen.app.focused and seen.app.focused.id == "began"
        await seen.press(*["backspace"] * len("tomorrow 25:99"))
        await seen.no_longer_sees("Correct the time above.")
        assert not services.declared


async def test_a_long_complaint_leaves_the_buttons_in_sight(
    services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(declaration: Declaration) -> str:
        raise CleoError("The disk is full: " + "/a/long/folder" * 12, "Free some space, then declare again.")

    monkeypatch.setattr(services, "declare", full)
    async with console(services, (80, 24), incident=None) as seen:
        await filled_in(seen)
        await seen.type("tuesday-ish")
        await seen.press("ctrl+s", *["backspace"] * len("tuesday-ish"), "ctrl+s")
        await seen.sees("The disk is full", "declare again.", "Declare (ctrl+s)", "Cancel (esc)")


@pytest.fixture
def slow_disk(services: FakeServices, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Declaring takes until this is set."""
    answers, declare = threading.Event(), services.declare

    def declare_slowly(declaration: Declaration) -> str:
        answers.wait(DEADLINE)
        return declare(declaration)

    monkeypatch.setattr(services, "declare", declare_slowly)
    yield answers
    answers.set()


async def test_what_is_being_declared_cannot_be_left(services: FakeServices, slow_disk: threading.Event) -> None:
    async with console(services, (80, 24), incident=None) as seen:
        await filled_in(seen)
        await seen.press("ctrl+s")
        await seen.sees("declaring…")
        await seen.press("escape", "ctrl+s", "escape")
        await seen.sees("Declare an incident", "declaring…")
        slow_disk.set()
        await seen.sees(INCIDENT, "NEXT  run")
        assert len(services.declared) == 1


async def test_an_incident_declared_behind_another_screen_is_opened_when_that_is_gone(
    services: FakeServices, slow_disk: threading.Event
) -> None:
    async with console(services, (80, 24), incident=None) as seen:
        await filled_in(seen)
        await seen.press("ctrl+s")
        await seen.sees("declaring…")
        await seen.pilot.resize_terminal(60, 20)
        await seen.sees("Too small: 60x20")
        slow_disk.set()
        await seen.until(lambda: not any(w.is_running for w in seen.app.workers if w.name == "_declare"), "the end")
        await seen.sees("Too small: 60x20")
        await seen.pilot.resize_terminal(80, 24)
        await seen.sees(INCIDENT, "NEXT  run")


async def test_back_to_the_list_and_in_again(services: FakeServices) -> None:
    services.begin(INCIDENT, declaration()).close()
    async with console(services) as seen:
        await seen.press("escape")
        await seen.sees("1 incident is open")
        await seen.press("enter")
        await seen.sees("NEXT  run")


async def test_escape_goes_back_to_the_list_and_never_to_the_shell(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("t", *["escape"] * 4)
        await seen.sees("1 incident is open", "enter open")
        await seen.press(*["escape"] * 3, "question_mark")
        await seen.sees("leave the console")
        await seen.press("escape", "escape")
        await seen.no_longer_sees("leave the console")
        assert not seen.app._exit
        await seen.press("q")
        await seen.until(lambda: seen.app._exit, "the console left")


async def test_an_incident_that_is_declared_elsewhere_leaves_the_cursor_where_it_was(services: FakeServices) -> None:
    services.begin("INC-2026-11-22-01", declaration(title="mine")).close()
    async with console(services, incident=None) as seen:
        await seen.sees("1 incident is open", "mine")
        services.begin("INC-2026-11-21-09", declaration(title="somebody else's")).close()
        assert isinstance(seen.app.screen, StartScreen)
        seen.app.screen.look()
        await seen.sees("2 incidents are open", "somebody else's")
        await seen.press("enter")
        await seen.sees("INC-2026-11-22-01", "mine", "NEXT  run")


async def test_warnings_are_said_before_anything_else(services: FakeServices) -> None:
    services.notes = ["Logging out will stop the runner: loginctl enable-linger ana"]
    async with console(services, incident=None) as seen:
        await seen.sees("! Logging out will stop the runner")


async def test_a_list_that_was_left_while_it_was_read_is_not_drawn(services: FakeServices, journal: Journal) -> None:
    """Its widgets may be gone before Textual ends its look."""
    async with console(services, incident=None) as seen:
        await seen.sees("1 incident is open")
        left = seen.app.screen
        assert isinstance(left, StartScreen)
        await seen.press("enter")
        await seen.sees("NEXT")
        await seen.until(lambda: not left.is_attached, "the list left")
        await StartScreen.look.__wrapped__(left)


async def test_an_alert_is_offered_and_declared_only_by_whoever_reads_it(services: FakeServices) -> None:
    told = Offer(
        id="a1",
        source="Alertmanager",
        title="[red]db1 is gone",
        told_at=START,
        began_at=START,
        scenario="database-failure",
    )
    services.offered = [told]
    async with console(services, (80, 24), incident=None) as seen:
        await seen.sees("ALERT Alertmanager", "[red]db1 is gone", "a declare from the alert")
        await seen.press("a")
        await seen.sees("Declare an incident", "from an alert: Alertmanager")
        await seen.until(lambda: seen.app.screen.query_one("#severity", Select).value == "high", "what it suggests")
        await seen.press("ctrl+s")
        await seen.sees("Still to fill in: kind.")
        assert services.declared == []
        seen.app.screen.query_one("#kind", Select).value = e.Kind.LAB
        await seen.press("ctrl+s")
        await seen.sees(INCIDENT)
    assert [(one.title, one.began_at) for one in services.declared] == [("[red]db1 is gone", START)]
    assert services.offered == []


async def test_an_alert_is_dismissed_for_a_reason_and_those_behind_it_are_counted(services: FakeServices) -> None:
    services.offered = [
        Offer(id=f"a{n}", source="Alertmanager", title=f"db{n} is slow", told_at=START) for n in range(5)
    ]
    async with console(services, (80, 24), incident=None) as seen:
        await seen.sees("db0 is slow", "db2 is slow", "and 2 more alerts behind these", "x dismiss it")
        await seen.press("x")
        await seen.sees("Dismiss the alert", "Alertmanager: db0 is slow", "comes back if it fires anew")
        await seen.press("tab", "shift+tab", "enter")
        await seen.sees("Say why it is nothing to be declared")
        await seen.type("known: a test of ours")
        await seen.press("enter")
        await seen.sees("db3 is slow", "and 1 more alert behind these")
    assert services.dismissed == [("a0", "known: a test of ours")]


async def test_what_was_found_ready_last_is_shown_with_its_age(services: FakeServices) -> None:
    def verdict(title: str, comes_back: Answer) -> Verdict:
        return Verdict(
            scenario=title,
            title=title,
            strategy="",
            ready=comes_back,
            comes_back=comes_back,
            in_time=comes_back,
            within_loss="yes",
        )

    verdicts = [verdict("Database Failure", "yes"), verdict("Natural Disaster", "no"), verdict("Breach", "not known")]
    looked = services.now() - timedelta(hours=3)
    found = ReadyResult(at=looked, took_s=1.0, inventory="lab", plan="", plan_sha256="", verdicts=verdicts, findings=[])
    write(services.paths.readiness, found)
    async with console(services, (120, 40), incident=None) as seen:
        await seen.sees("READY? 3 h 00 min ago: NO: Natural Disaster; not known: Breach; yes: Database Failure")
    assert "NO, looked at 3 h 00 min ago" in ready_for(found, "Natural Disaster", services.now())[0]
    assert "Nobody has looked" in ready_for(None, "Natural Disaster", services.now())[0]

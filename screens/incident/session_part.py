"""The incident console's dealings with its session: opening, news, what was written and what was not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual import work

from journal.errors import CleoError
from journal.events.types import Event, InjectGiven, Override
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.plan.model import Step
from journal.store.errors import JournalBusy, JournalWriteFailed
from journal.store.reader import Reader
from journal.wording.sanitize import sanitize
from screens.app_services import AppServices
from screens.guidance.next_action import first_step
from screens.incident.view import IncidentView
from screens.live.lifetime import is_open
from screens.live.listener import NewsListener
from screens.live.notices import Notice, as_cleo_error
from screens.live.session import Session
from screens.widgets.header import IncidentHeader

if TYPE_CHECKING:
    from journal.commands.incident import IncidentCommands
    from screens.dialogs.text_dialogs import Words

T = TypeVar("T")
_TICK = 1.0
_UNPAINTED = 0.25
"""Seconds to wait for a journal to be read before an empty screen is painted: mostly it takes a tenth of that."""
_FIRST_FRAME_S = 0.1
"""Seconds after which the first frame is surely painted: a runner that starts takes the processor away from it."""
_TIME_TO_READ = 20.0
"""Seconds for which an exercise's inject stays on the screen; the journal keeps it."""


class IncidentSession(IncidentView):
    """Opens the incident, takes in the news, and writes what is said.

    Args:
        host: the app's side.
        incident_id: which incident.
        known: its state, where somebody has read it already: then there is nothing to wait for.
    """

    def __init__(self, host: AppServices, incident_id: str, known: Incident | None = None) -> None:
        super().__init__(incident_id, known)
        self.host = host
        self.asked: set[int] = set()
        self._on_its_way: dict[str, int] = {}
        self._leave_step = ""
        self._unpainted = contextlib.ExitStack()

    def on_mount(self) -> None:
        """Show what is known already; else open the journal, in a thread, and wait a moment before showing nothing."""
        if self.known:
            self.opened = Session(self.host, self.incident_id, self, self.known)
            self._begin()
            self.opened.start()
            return
        self.query_one(IncidentHeader).announce(self.incident_id)
        self._unpainted.enter_context(self.app.batch_update())
        self.set_timer(_UNPAINTED, self._unpainted.close)
        self._open()

    @work
    async def _open(self) -> None:
        try:
            await asyncio.to_thread(self._migrate)
        except CleoError as error:
            from screens.dialogs.dialog import Problem

            await self.app.push_screen_wait(Problem("This incident cannot be opened", error.message, error.hint))
            await self.run_action("incidents")
            return
        self.opened = Session(self.host, self.incident_id, self)
        self.opened.start()

    def _migrate(self) -> None:
        """Bring an older journal up to date before it is followed: what its own program writes is not seen here.

        Raises:
            CleoError: there is none, another program has it, or it can be neither written nor read.
        """
        try:
            self.host.open(self.incident_id).close()
        except JournalBusy:
            raise
        except JournalWriteFailed:  # whoever writes first, mostly the runner's start, is told
            Reader(self.host.paths.incident(self.incident_id).journal).close()

    def on_unmount(self) -> None:
        """End the session's threads, and let the screen that comes be painted."""
        self._unpainted.close()
        if self.opened:
            self.opened.stop()

    async def on_session_arrived(self, event: Session.Arrived) -> None:
        """Take in what the follower has seen."""
        if not self.app.is_running:  # it is left just now, and takes its screens apart
            return
        news = self.session.take()
        if news.opened:
            await self.mount_rest()
            self._begin()
        for given in (event.body for event in news.events if isinstance(event.body, InjectGiven)):
            self.app.post_message(Notice(partial(self._show_inject, sanitize(given.text))))
        self._go_on()
        if news.only_measures:
            self.refresh_measures()
        else:
            self.refresh_state()
        self._answer_refusals()
        for screen in self.app.screen_stack:
            if isinstance(screen, NewsListener) and screen.is_mounted:  # else it shows them when it is
                screen.news()

    def _show_inject(self, text: str) -> None:
        self.app.notify(text, title="Exercise", timeout=_TIME_TO_READ, markup=False)

    def _begin(self) -> None:
        """The journal was read: show all of it at once, and then have a runner."""
        if not is_open(self):
            return
        self.cursor = first_step(self.incident)
        self.show_first()
        self._unpainted.close()
        self.set_interval(_TICK, self.tick)
        if self.incident.closed_at is None:
            self.set_timer(_FIRST_FRAME_S, self.start_runner)

    def start_runner(self) -> None:
        """Have a runner: it measures health and answers requests."""
        self.session.request("start the runner", lambda desk: None)

    @property
    def runner_missing(self) -> bool:
        """Whether an open incident has no runner."""
        return self.session.runner_missing

    def _go_on(self) -> None:
        """Once the step that this person settled is settled, go on to the next."""
        if self.ready and self._leave_step and self.incident.state(self._leave_step).settled:
            step = self.incident.next_step()
            if step and self.cursor == self._leave_step:
                self.go_to(step.id)
            self._leave_step = ""

    def _answer_refusals(self) -> None:
        """Show the refusal of what this person asked for, as soon as no other question is open."""
        if not self.asked:  # with every batch of news: nothing need be imported for that
            return
        from screens.dialogs.dialog import Dialog

        for run_id in sorted(self.asked):
            run = self.session.run(run_id)
            if run and run.started_at:
                self.asked.discard(run_id)
            elif run and run.refusal and not isinstance(self.app.screen, Dialog):
                self.asked.discard(run_id)
                self.show_refusal(run)

    def show_refusal(self, run: Run) -> None:
        """Say which gate refused a run."""
        raise NotImplementedError

    def write(self, step: Step, what: str, call: Callable[[IncidentCommands], Event]) -> None:
        """Write what settles ``step``, and go on to the next one when it is settled."""
        self._leave_step = step.id
        self._on_its_way[step.id] = 0
        self.session.write(
            what,
            call,
            lambda event: self._on_its_way.update({step.id: event.seq}),
            lambda error: self._not_on_its_way(step, what, error),
        )

    def on_its_way(self, step: Step) -> bool:
        """Whether something was said of ``step`` that the screen does not show yet: a second press adds nothing."""
        seq = self._on_its_way.get(step.id)
        return seq is not None and not self._seen(seq)

    def _seen(self, seq: int) -> bool:
        """Whether the event ``seq``, 0 while it is being written, is in the state that the screen shows."""
        return self.session.incident is not None and 0 < seq <= self.session.incident.seq

    def request_run(self, step: Step, *, confirmed: str = "", overrides: Sequence[Override] = ()) -> None:
        """Ask the runner for the step; a second press while the first is on its way asks for nothing more."""
        if self.on_its_way(step):
            return

        def asked(run: int) -> None:
            self.asked.add(run)
            self._on_its_way[step.id] = run

        self._on_its_way[step.id] = 0
        what = f"run {step.title}"
        self.session.request(
            what,
            lambda desk: desk.request_run(step.id, confirmed=confirmed, overrides=overrides),
            asked,
            lambda error: self._not_on_its_way(step, what, error),
        )

    def _not_on_its_way(self, step: Step, what: str, error: CleoError) -> None:
        """What was said of ``step`` was not written: it may be said again."""
        if self._on_its_way.get(step.id) == 0:  # else something that was said of it before is written
            del self._on_its_way[step.id]
        self.session.post_failure(what, error)

    def ask_words(self, dialog: Words, then: Callable[[str], object]) -> None:
        """Ask for words; nothing happens without an answer."""

        def answered(words: str | None) -> None:
            if words is not None:
                then(words)

        self.app.push_screen(dialog, answered)

    def on_session_wrote(self, event: Session.Wrote) -> None:
        """Something was written: go on; or not: say so, loudly."""
        error = event.future.exception()
        if error is None:
            self.session.unwritten = ""
            if event.then:
                event.then(event.future.result())
        elif isinstance(error, Exception):
            self._not_written(event, as_cleo_error(error))
        else:
            raise error
        self.refresh_state()

    def _not_written(self, event: Session.Wrote, error: CleoError) -> None:
        if isinstance(error, JournalWriteFailed):
            self.session.unwritten = event.what
        if event.failed:
            event.failed(error)
        else:
            self.session.post_failure(event.what, error)

    def leave(self, really: bool | None) -> None:
        """Leave the program, and say how to come back."""
        if really:
            goes_on = "" if self.runner_is_off or not self.host.runner_outlives else " The runner goes on."
            back = self.host.way_back(self.incident_id)
            self.app.exit(message=f"{self.incident_id} stays as it is.{goes_on} Come back with: {back}")

    @property
    def runner_is_off(self) -> bool:
        """Whether nothing goes on without this console: no runner, or nothing read yet."""
        return not self.ready or self.incident.closed_at is not None or self.runner_missing

"""One incident as one screen knows it: its state, the news of it, and a way to write into its journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message
from textual.screen import Screen

from journal.errors import CleoError
from journal.events.types import Event, ExerciseRewound
from journal.incident.counted import rewound_by
from journal.incident.fold import apply_event
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.presence import Presence, Present
from journal.store.errors import JournalWriteFailed
from journal.store.rows import Reading
from screens.app_services import AppServices
from screens.drafts import Draft, current
from screens.guidance.injects import Given, given_to
from screens.live.clocked import clock_of
from screens.live.command_queue import CommandQueue
from screens.live.follower import IncidentFollower
from screens.live.lifetime import post_if_running
from screens.live.news import Mailbox, News, Runner
from screens.live.notices import as_cleo_error, post_failure
from screens.live.tails import Tails

if TYPE_CHECKING:
    from journal.commands.exercise import ExerciseCommands
    from journal.commands.incident import IncidentCommands
    from journal.commands.review import ReviewCommands

T = TypeVar("T")


class NotReadYet(RuntimeError):
    """The journal was not read yet: a mistake of ours, for no key applies before that."""


class Session:
    """Follows an incident in one thread, writes in another, and posts messages to its screen.

    Everything but the two threads belongs to the screen's thread.

    Args:
        services: what the program does for its screens.
        incident_id: which incident.
        screen: the incident console, which the messages go to.
        known: the incident's state, where somebody has read it already.

    Attributes:
        path: the journal.
        actor: who sits here, as ``user@host``.
        incident: the state; None until the journal was read.
        readings: the latest health and progress, by name.
        tails: the last lines of the runs that are looked at.
        runner: how the incident's runner is; None while nobody asked.
        trouble: why the journal cannot be read any more, or None.
        unwritten: what could not be written last; empty where everything was.
        held_by: who keeps the journal from taking what was said; empty where nobody does.
        joined: the runs of others that this person asked for while they were under way.
        here: who has the incident open, this console too.
        inject: what an exercise told people last, while this console was open; None: nothing.
    """

    class Arrived(Message):
        """There are news: `Session.take` them."""

        bubble = False

    class Wrote(Message):
        """Something a person asked to write was written, or not."""

        bubble = False

        def __init__(
            self,
            what: str,
            future: Future[Any],
            then: Callable[[Any], object] | None,
            failed: Callable[[CleoError], object] | None,
            draft: Draft | None,
        ) -> None:
            super().__init__()
            self.draft = draft
            self.what = what
            self.future = future
            self.then = then
            self.failed = failed

    def __init__(
        self, services: AppServices, incident_id: str, screen: Screen[Any], known: Incident | None = None
    ) -> None:
        self.id = incident_id
        self.path = services.paths.incident(incident_id).journal
        self.actor = services.actor
        self.catalogue = services.catalogue()
        self.screen = screen
        self.incident = known
        self.readings: dict[str, Reading] = {}
        self.tails = Tails()
        self.runner: Runner | None = None
        self.trouble: CleoError | None = None
        self.unwritten = ""
        self.held_by = ""
        self.here: Sequence[Present] = ()
        self.joined: set[int] = set()
        self.inject: Given | None = None
        self._services = services
        self._app = screen.app
        self._mailbox = Mailbox(lambda: post_if_running(screen, self.Arrived()))
        self._follower = IncidentFollower(self.path, self._mailbox, self._ask_runner, known.seq if known else 0)
        self._commands = CommandQueue(self.path, lambda: services.open(incident_id, self._waits))
        me = Present(self.actor, "console", clock_of(screen)())
        self._presence = Presence(self.path.parent, me, lambda: getattr(self._app, "typed_at", None), self._see)
        self._request: Future[Any] | None = None

    @property
    def state(self) -> Incident:
        """The incident's state.

        Raises:
            NotReadYet: the journal was not read.
        """
        if self.incident is None:
            raise NotReadYet(self.id)
        return self.incident

    def _waits(self, holder: str) -> None:
        """Note who holds the journal while a write waits for it; called in the command queue's thread."""
        self._mailbox.put(lambda news: setattr(news, "held_by", holder))

    def _see(self, here: Sequence[Present]) -> None:
        """Note who is here; called in the presence's thread."""
        self._mailbox.put(lambda news: setattr(news, "here", here))

    def _ask_runner(self) -> Runner:
        return Runner(self._services.runner_alive(self.id), self._services.write_fault(self.id))

    def start(self) -> None:
        """Begin to follow."""
        self._follower.start()
        self._presence.arrive()

    def stop(self) -> None:
        """Stop following; finish writing what was said. Neither is waited for."""
        self._follower.stop()
        self._presence.leave()
        self._commands.close()

    def watch(self, who: str, run: int) -> None:
        """Follow the output of ``run`` for the part of the screen called ``who``; 0 follows nothing."""
        runs = self.tails.watch(who, run)
        if runs is not None:
            self._follower.watch(runs)

    def take(self) -> News:
        """Fold what has arrived into the state, and return it."""
        news = self._mailbox.take()
        self.incident = news.opened or self.incident
        for event in news.events:
            if self.incident is not None:
                apply_event(self.incident, event)
                self._hear(self.incident, event)
        for run, lines in news.lines.items():
            self.tails.extend(run, lines, restart=run in news.restarted)
        self.readings = self.readings if news.readings is None else news.readings
        self.runner = news.runner or self.runner
        if news.trouble is not None:
            self.trouble = news.trouble if isinstance(news.trouble, CleoError) else None
        self.held_by = self.held_by if news.held_by is None else news.held_by
        self.here = self.here if news.here is None else news.here
        return news

    def _hear(self, incident: Incident, event: Event) -> None:
        """Keep what this person was told last; forget it, and runs that are gone, where the exercise was taken back."""
        self.inject = given_to(incident, event, self.actor) or self.inject
        if isinstance(event.body, ExerciseRewound) and rewound_by(incident, event):
            self.inject = None
            self.joined &= incident.runs.keys()

    def write(
        self,
        what: str,
        call: Callable[[IncidentCommands], T],
        then: Callable[[T], object] | None = None,
        failed: Callable[[CleoError], object] | None = None,
    ) -> None:
        """Let ``call`` write, without waiting for it.

        Args:
            what: names it, should it fail.
            call: writes; runs in the command queue's thread.
            then: gets what ``call`` returned, in the screen's thread.
            failed: gets the error instead of the screen.
        """
        self._report(self._commands.submit(call), what, then, failed)

    def review(
        self,
        what: str,
        call: Callable[[ReviewCommands], T],
        then: Callable[[T], object] | None = None,
        failed: Callable[[CleoError], object] | None = None,
    ) -> None:
        """Like `write`, for what belongs to the report: calls, fields, action items, signatures."""
        self._report(self._commands.submit_review(call), what, then, failed)

    def lead(self, what: str, call: Callable[[ExerciseCommands], T]) -> None:
        """Like `write`, for whoever leads an exercise."""
        self._report(self._commands.submit_lead(call), what, None, None)

    def _report(
        self,
        future: Future[T],
        what: str,
        then: Callable[[T], object] | None,
        failed: Callable[[CleoError], object] | None,
    ) -> None:
        """Post the result to the screen when something was written or was not, and look for news of it."""
        draft = current()

        def written(done: Future[T]) -> None:
            posted = post_if_running(self.screen, self.Wrote(what, done, then, failed, draft))
            error = done.exception()
            if error and not posted:  # the incident was closed
                self.post_failure(what, as_cleo_error(error))
            self._follower.look_now()

        future.add_done_callback(written)

    def post_failure(self, what: str, error: CleoError) -> None:
        """Show what was not done and why, on whichever screen people are when nothing else is asked or typed."""
        post_failure(self._app, what, error, self.incident.kind if self.incident else "")

    def settle(self, written: Wrote) -> None:
        """Go on after something was written: call what waits for it; or note that it could not be, and show why."""
        error = written.future.exception()
        if error is None:
            self.unwritten = ""
            if written.then:
                written.then(written.future.result())
        elif isinstance(error, Exception):
            self._fail(written, as_cleo_error(error))
        else:
            raise error

    def _fail(self, written: Wrote, error: CleoError) -> None:
        if isinstance(error, JournalWriteFailed):
            self.unwritten = written.what
        if written.draft:
            written.draft.keep()
        if written.failed:
            written.failed(error)
        else:
            self.post_failure(written.what, error)

    def request(
        self,
        what: str,
        call: Callable[[IncidentCommands], T],
        then: Callable[[T], object] | None = None,
        failed: Callable[[CleoError], object] | None = None,
    ) -> None:
        """Like `write`, for what a runner must answer: one is started first if there is none."""

        def ask(commands: IncidentCommands) -> T:
            self._services.ensure_runner(self.id)
            self._follower.ask_runner()
            return call(commands)

        self._request = self._commands.submit(ask)
        self._report(self._request, what, then, failed)

    @property
    def runner_missing(self) -> bool:
        """Whether an open incident has no runner, and none is on its way; False while nobody asked."""
        return self._no_runner and self._request is not None and self._request.done()

    @property
    def runner_starting(self) -> bool:
        """Whether an open incident has no runner yet: one is being started, as whenever an incident is opened."""
        return self._no_runner and not self.runner_missing

    @property
    def _no_runner(self) -> bool:
        is_open = self.incident and self.incident.closed_at is None
        return bool(is_open and self.runner and not self.runner.alive)

    def run(self, run_id: int) -> Run | None:
        """Return a run, if this screen knows of it already."""
        return self.incident.runs.get(run_id) if self.incident else None

"""One person's sight of one incident: its state as this screen knows it, and a way to write into it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

from journal.errors import CleoError
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.store.rows import OutputLine, Reading
from screens.app_services import AppServices
from screens.live.command_queue import CommandQueue
from screens.live.follower import IncidentFollower
from screens.live.news import TAIL, Mailbox, News, Runner
from screens.live.notices import as_known, tell_failure
from screens.live.post import post_if_running

if TYPE_CHECKING:
    from journal.commands.incident import IncidentCommands
    from journal.commands.review import ReviewCommands

T = TypeVar("T")


class Session:
    """Follows an incident in one thread, writes in another, and tells its owner by message.

    Everything but the two threads belongs to the screen's thread.

    Args:
        host: the app's side.
        incident_id: which incident.
        owner: whom the messages go to.
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
        ) -> None:
            super().__init__()
            self.what = what
            self.future = future
            self.then = then
            self.failed = failed

    def __init__(self, host: AppServices, incident_id: str, owner: MessagePump, known: Incident | None = None) -> None:
        self.id = incident_id
        self.path = host.places.incident(incident_id).journal
        self.actor = host.actor
        self.catalogue = host.catalogue()
        self.incident = known
        self.readings: dict[str, Reading] = {}
        self.tails: dict[int, deque[OutputLine]] = {}
        self.runner: Runner | None = None
        self.trouble: CleoError | None = None
        self.unwritten = ""
        self.held_by = ""
        self._host = host
        self._owner = owner
        self._app = owner.app
        self._mailbox = Mailbox(lambda: post_if_running(owner, self.Arrived()))
        self._following = IncidentFollower(self.path, self._mailbox, self._ask_runner, known.seq if known else 0)
        self._writing = CommandQueue(self.path, lambda: host.open(incident_id, self._waits))
        self._watched: dict[str, int] = {}
        self._asked: Future[Any] | None = None

    def _waits(self, holder: str) -> None:
        """A write has waited for a second; from the desk's thread."""
        self._mailbox.put(lambda news: setattr(news, "held_by", holder))

    def _ask_runner(self) -> Runner:
        return Runner(self._host.runner_alive(self.id), self._host.trouble(self.id))

    def start(self) -> None:
        """Begin to follow."""
        self._following.start()

    def stop(self) -> None:
        """Stop following; finish writing what was said. Neither is waited for."""
        self._following.stop()
        self._writing.close()

    def watch(self, who: str, run: int) -> None:
        """Follow the output of ``run`` for the part of the screen called ``who``; 0 follows nothing."""
        if self._watched.get(who, 0) == run:
            return
        self._watched[who] = run
        runs = frozenset(run for run in self._watched.values() if run)
        for gone in self.tails.keys() - runs:
            del self.tails[gone]
        self._following.watch(runs)

    def take(self) -> News:
        """Fold what has arrived into the state, and return it."""
        news = self._mailbox.take()
        self.incident = news.opened or self.incident
        for event in news.events:
            if self.incident is not None:
                self.incident.apply(event)
        for run, lines in news.lines.items():
            self._extend(run, lines, restart=run in news.restarted)
        self.readings = self.readings if news.readings is None else news.readings
        self.runner = news.runner or self.runner
        if news.trouble is not None:
            self.trouble = news.trouble if isinstance(news.trouble, CleoError) else None
        self.held_by = self.held_by if news.held_by is None else news.held_by
        return news

    def _extend(self, run: int, lines: list[OutputLine], *, restart: bool) -> None:
        if run not in self._watched.values():
            return
        if restart or run not in self.tails:
            self.tails[run] = deque(maxlen=TAIL)
        self.tails[run].extend(lines)

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
            call: writes; runs on the desk's thread.
            then: gets what ``call`` returned, on the screen's thread.
            failed: gets the error instead of the screen.
        """
        future = self._writing.submit(call)
        self._tell(future, what, then, failed)

    def review(self, what: str, call: Callable[[ReviewCommands], T], then: Callable[[T], object] | None = None) -> None:
        """Like `write`, for what belongs to the report: calls, fields, action items, signatures."""
        future = self._writing.submit_review(call)
        self._tell(future, what, then, None)

    def _tell(
        self,
        future: Future[T],
        what: str,
        then: Callable[[T], object] | None,
        failed: Callable[[CleoError], object] | None,
    ) -> None:
        """Have the owner told when something was written, and look what came of it."""

        def written(done: Future[T]) -> None:
            error = done.exception()
            if (
                not post_if_running(self._owner, self.Wrote(what, done, then, failed)) and error
            ):  # the incident was left
                self.tell_failure(what, as_known(error))
            self._following.look_now()

        future.add_done_callback(written)

    def tell_failure(self, what: str, error: CleoError) -> None:
        """Say what was not done and why, as soon as nobody is in the middle of something, wherever people are then."""
        tell_failure(self._app, what, error, self.incident.kind if self.incident else "")

    def request(
        self,
        what: str,
        call: Callable[[IncidentCommands], T],
        then: Callable[[T], object] | None = None,
        failed: Callable[[CleoError], object] | None = None,
    ) -> None:
        """Like `write`, for what a runner must answer: one is started first if there is none."""

        def ask(desk: IncidentCommands) -> T:
            self._host.ensure_runner(self.id)
            self._following.ask_runner()
            return call(desk)

        self._asked = self._writing.submit(ask)
        self._tell(self._asked, what, then, failed)

    @property
    def runner_missing(self) -> bool:
        """Whether an open incident has no runner, and none is on its way; False while nobody asked."""
        return self._no_runner and self._asked is not None and self._asked.done()

    @property
    def runner_starting(self) -> bool:
        """Whether an open incident has no runner yet: one is being started, as whenever an incident is opened."""
        return self._no_runner and not self.runner_missing

    @property
    def _no_runner(self) -> bool:
        is_open = self.incident is not None and self.incident.closed_at is None
        return self.runner is not None and not self.runner.alive and is_open

    def run(self, run_id: int) -> Run | None:
        """Return a run, if this screen knows of it already."""
        return self.incident.runs.get(run_id) if self.incident else None

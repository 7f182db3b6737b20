"""What a load balancer's steps need beforehand: programs on its host, and the folder of the state that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from actions.machine.machine import Machine, last_words
from actions.readiness.logins import readable
from actions.readiness.ready import Need
from actions.systems.load_balancer.by_hand import check_argv
from actions.systems.load_balancer.settings import LoadBalancerSettings
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding, State

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: LoadBalancerSettings) -> Iterable[Need]:
        """Return HAProxy's own program and Python, and where its state is written; an ELBv2 has no host."""
        if settings.host:
            folders = [str(PurePosixPath(settings.state_file).parent)] if settings.state_file else []
            programs = [settings.program, settings.python]
            yield Need(host=settings.host, user=settings.run_as, programs=programs, folders=folders)

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Look at the password of who asks through it, and at what HAProxy would start with; health used the socket."""
        settings = ctx.inventory.system(system, LoadBalancerSettings)
        yield from readable([(f"password of {settings.user}", settings.user_password)], system)
        if settings.host and settings.config:
            yield _configuration(Machine(ctx, settings.host, settings.run_as), settings, system)


def _configuration(machine: Machine, settings: LoadBalancerSettings, system: str) -> ReadyFinding:
    """Return whether HAProxy would start with its configuration, as it says itself: what runs may be an older one."""
    about, cure = f"configuration of {system}", ""
    state: State = "ok"
    try:
        done = machine.query(check_argv(settings))
        words = "HAProxy would start with it"
        if done.code != 0:
            state, words = "wrong", f"HAProxy would not start with it: {_first(done.err) or last_words(done)}"
            cure = f"Correct it on {machine.host} before anything reloads it: {' '.join(check_argv(settings))}"
    except CleoError as error:
        state, words, cure = "not measured", error.message, error.hint
    return ReadyFinding(about=about, state=state, words=words, cure=cure, systems=[system], stops=False)


def _first(said: str) -> str:
    """Return the first fault that HAProxy names with its line; its last words are that there were some."""
    lines = (line.partition(" : config : ")[2] for line in said.splitlines() if line.startswith("[ALERT]"))
    return next((line for line in lines if line), "")


READY = _Ready()

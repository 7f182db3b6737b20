"""What validations need beforehand: the test user's password, and the suites where they run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from actions.readiness.certificates import judged
from actions.readiness.logins import readable
from actions.readiness.ready import Need
from actions.systems.validation.settings import SuiteSettings, ValidationSettings

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health
    from journal.readiness.finding import ReadyFinding


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: ValidationSettings) -> Iterable[Need]:
        """Return the Python of each suite of your own, where it runs."""
        suites = {"validation.smoke": settings.smoke, "validation.integration": settings.integration}
        for action, suite in suites.items():
            yield from _suite(settings, action, suite)
        revoke = settings.login.revoke if settings.login else None
        if revoke and (host := revoke.host or settings.host):
            programs, acts = [revoke.command[0]], ["validation.revoke_tokens"]
            yield Need(host=host, user=revoke.run_as, programs=programs, actions=acts)

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Return whether the test user's password can be had, and until when the API's certificate is good."""
        settings = ctx.inventory.system(system, ValidationSettings)
        if settings.login:
            named = [(f"password of {settings.login.user}", settings.login.password)]
            yield from readable(named, system, "validation.auth", "validation.api")
        days = health.facts.get("certificate_days")
        if isinstance(days, int | float):
            yield judged(f"certificate of {system}", datetime.now(UTC) + timedelta(days=float(days)), system)


def _suite(settings: ValidationSettings, action: str, suite: SuiteSettings) -> Iterator[Need]:
    host = suite.host or settings.host
    if suite.paths and suite.python and host:
        yield Need(host=host, user=suite.run_as, programs=[suite.python], actions=[action])


READY = _Ready()

"""The shortest proof that the application works."""

from __future__ import annotations

from actions.systems.validation.http import ask
from actions.systems.validation.settings import LoginSettings, ValidationSettings


def test_it_runs(settings: ValidationSettings) -> None:
    """Its health is well."""
    assert ask(settings, settings.health).status == 200


def test_it_can_serve(settings: ValidationSettings) -> None:
    """It says that it is ready."""
    assert ask(settings, settings.ready).status == 200


def test_a_user_is_served(settings: ValidationSettings, login: LoginSettings, signed_in: dict[str, str]) -> None:
    """Who signed in is answered."""
    assert ask(settings, login.protected, headers=signed_in).status == 200


def test_a_stranger_is_not_served(settings: ValidationSettings, login: LoginSettings) -> None:
    """Who did not sign in is refused."""
    assert ask(settings, login.protected).status in (401, 403, *login.refusals)

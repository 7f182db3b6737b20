"""What the tests are given: the application as the inventory has it, and the test user's token."""

from __future__ import annotations

import os

import pytest

from actions.systems.validation.http import ask
from actions.systems.validation.settings import LoginSettings, ValidationSettings
from journal.structs import from_json


@pytest.fixture(scope="session")
def settings() -> ValidationSettings:
    """The application, as the inventory has it."""
    return from_json(os.environ["CLEO_VALIDATION"], ValidationSettings)


@pytest.fixture(scope="session")
def login(settings: ValidationSettings) -> LoginSettings:
    """How one signs in."""
    if settings.login is None:
        pytest.skip("the inventory does not say how one signs in")
    return settings.login


@pytest.fixture
def signed_in(settings: ValidationSettings, login: LoginSettings) -> dict[str, str]:
    """The header of a user who has just signed in."""
    body = {login.user_field: login.user, login.password_field: login.password.read()}
    answer = ask(settings, login.path, method="POST", body=body)
    assert answer.status in (200, 201), f"signing in answers {answer.status}"
    found = answer.json()
    for name in login.token_field.split("."):
        found = found[name]
    return {login.header: f"{login.scheme} {found}".strip()}

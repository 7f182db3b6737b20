"""What users do, one thing after the other and at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from actions.systems.validation.http import ask
from actions.systems.validation.settings import Endpoint, LoginSettings, ValidationSettings

_AT_ONCE = 8


def test_every_endpoint_that_is_read_answers(settings: ValidationSettings, signed_in: dict[str, str]) -> None:
    """Each of the inventory's that changes nothing has the status that is right."""
    read = [each for each in settings.endpoints if each.method in ("GET", "HEAD")]
    if not read:
        pytest.skip("the inventory names no endpoints")

    def status(each: Endpoint) -> int:
        return ask(settings, each.path, method=each.method, headers=signed_in if each.login else {}).status

    assert {each.name: status(each) for each in read if each.status == 200} == {
        each.name: 200 for each in read if each.status == 200
    }


def test_what_a_user_sees_is_the_same_twice(
    settings: ValidationSettings, login: LoginSettings, signed_in: dict[str, str]
) -> None:
    """Two looks of one session agree."""
    first, second = (ask(settings, login.protected, headers=signed_in).json() for _ in range(2))
    assert first == second, "two looks differ"


def test_many_at_once_are_all_served(
    settings: ValidationSettings, login: LoginSettings, signed_in: dict[str, str]
) -> None:
    """A few users at once get no error."""

    def status(_: int) -> int:
        return ask(settings, login.protected, headers=signed_in).status

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        assert set(pool.map(status, range(_AT_ONCE * 3))) == {200}


def test_a_path_that_is_not_there_says_so(settings: ValidationSettings) -> None:
    """It answers 404 (or refuses), and does not break."""
    assert 400 <= ask(settings, "/cleo-no-such-path").status < 500

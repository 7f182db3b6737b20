"""What is served at ``/metrics`` was made a moment ago; what could not be made for a while is no page."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from cleo_console.monitoring import page as pages
from cleo_console.monitoring.page import Page
from tests.waiting import until


class Broken(Collector):
    """Metrics that cannot be told from the second time on."""

    def __init__(self) -> None:
        self._told = 0

    def collect(self) -> Iterator[Metric]:
        self._told += 1
        if self._told > 1:
            raise RuntimeError("nothing can be told")
        return iter(())

    def describe(self) -> list[Metric]:
        return []


def asked(page: Page) -> str:
    """The status and the text that a scrape gets."""
    said = list[str]()
    text = b"".join(page({}, lambda status, headers: said.append(status))).decode()
    return f"{said[0]}\n{text}"


@pytest.fixture
def made() -> Iterator[list[Page]]:
    found = list[Page]()
    yield found
    for page in found:
        page.stop()


def test_what_changed_is_on_the_page_a_moment_later(made: list[Page]) -> None:
    registry = CollectorRegistry()
    gauge = Gauge("value", "One.", registry=registry)
    made.append(page := Page(registry))
    page.start()
    assert "value 0.0" in asked(page)
    gauge.set(7)
    until(lambda: "value 7.0" in asked(page))


def test_a_page_that_is_old_is_not_given_to_anybody(made: list[Page], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_STALE_S", 1.0)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Broken())
    made.append(page := Page(registry))
    page.start()
    assert asked(page).startswith("200 OK")
    until(lambda: asked(page).startswith("500 "))


class Slow(Collector):
    """Metrics that take a while to tell."""

    def __init__(self) -> None:
        self.told = 0

    def collect(self) -> Iterator[Metric]:
        self.told += 1
        time.sleep(0.1)
        return iter(())

    def describe(self) -> list[Metric]:
        return []


def test_a_page_that_takes_long_to_make_is_made_anew_before_it_is_old(
    made: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_STALE_S", 2.0)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(slow := Slow())
    made.append(page := Page(registry))
    page.start()

    def made_again() -> bool:
        assert asked(page).startswith("200 OK")
        return slow.told > 3  # by its share alone it would be made every ten seconds

    until(made_again)

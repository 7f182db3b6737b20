"""How the plan's tests stand, as a scrape tells it: read from the journals now and then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cleo_console.drills.forms import Schedule
from cleo_console.drills.read import schedule_of
from cleo_console.monitoring.families import Sample
from cleo_console.monitoring.latest import Latest, Looks

if TYPE_CHECKING:
    from journal.paths import Paths
    from journal.plan.model import Plan

TESTS_EVERY_S, TESTS_FRESH_S = 1800.0, 7200.0
"""Every journal is read and verified: a minute where there are thousands."""


class TestsWatch:
    """Reads how the plan's tests stand, as ``cleo schedule`` does. It writes nothing.

    Args:
        paths: where the journals lie.
        plan: whose tests they are.
        latest: where results are kept.
    """

    __test__ = False

    def __init__(self, paths: Paths, plan: Plan, latest: Latest) -> None:
        self._paths, self._plan, self._latest = paths, plan, latest

    def look(self) -> None:
        """Look once."""
        try:
            found = schedule_of(self._paths, self._plan)
            self._latest.put("tests", "", found, datetime.now(UTC), failed=bool(found.doubtful))
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one journal, the rest is told
            self._latest.failed("tests", "", str(error) or type(error).__name__)


def samples_of_tests(looks: Looks, now: datetime) -> Iterator[Sample]:
    """Yield when each test of the plan was held last, and whether it is overdue."""
    look = looks.get(("tests", ""))
    if look is None or not look.fresh(now, TESTS_FRESH_S) or not isinstance(look.found, Schedule):
        return
    for one in look.found.tests:
        labels = (one.item, one.every)
        yield Sample("cleo_test_overdue", labels, float(one.state == "overdue"))
        if one.last:
            yield Sample("cleo_test_last_timestamp", labels, one.last.at.timestamp())

"""What ``cleo ready`` found last, as a scrape tells it: read where its file was changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from cleo_console.monitoring.families import Sample
from cleo_console.monitoring.latest import Latest, Looks
from journal.readiness.result import ReadyResult, read

if TYPE_CHECKING:
    from journal.paths import Paths

READY_FRESH_S = 86400.0
"""Seconds after which a verdict tells nothing any more."""


class ReadinessWatch:
    """Reads the file of ``cleo ready`` where it was changed.

    Args:
        paths: where it lies.
        latest: where results are kept.
    """

    def __init__(self, paths: Paths, latest: Latest) -> None:
        self._paths, self._latest = paths, latest
        self._stamp: tuple[int, int, int] | None = None

    def look(self) -> None:
        """Look once; where there is no such file nobody looked, and that is no failure."""
        try:
            found = self._paths.readiness.stat()
        except FileNotFoundError:
            return
        except OSError as error:  # our account may not look into that folder
            self._latest.failed("readiness", "", f"{self._paths.readiness}: {error.strerror}")
            return
        stamp = (found.st_mtime_ns, found.st_ctime_ns, found.st_ino)  # who may read it is no change of its content
        if self._stamp == stamp:
            return
        self._stamp = stamp
        if result := read(self._paths):
            self._latest.put("readiness", "", result, result.at)
        else:
            self._latest.failed(
                "readiness", "", f"{self._paths.readiness} cannot be read, or is no result of cleo ready"
            )


def samples_of_readiness(inventory: str, looks: Looks, now: datetime) -> Iterator[Sample]:
    """Yield each scenario's verdict on this inventory; one that is not known is left out."""
    look = looks.get(("readiness", ""))
    if look is None or not look.fresh(now, READY_FRESH_S) or not isinstance(look.found, ReadyResult):
        return
    for one in look.found.verdicts:
        if look.found.inventory == inventory and one.ready != "not known":
            yield Sample("cleo_ready", (one.scenario,), float(one.ready == "yes"))

"""The alerts that nobody answered yet, one small file each, beside the journals."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from cleo_console.monitoring.webhook import Told
from journal.commands.offer import Offer
from journal.errors import CleoError
from journal.store.folders import keep_private
from journal.store.whole_file import replace_whole
from journal.structs import from_json

KEPT = timedelta(hours=24)
"""How long an alert that is not told again is offered."""
MOST = 50
"""Alerts that are kept at once; further ones are turned away until some are over."""


DISMISSED = "dismissed.log"
"""A line of JSON for each alert that was dismissed: the alert's own file goes once it is over."""


class NotDismissed(CleoError):
    """An alert is not dismissed."""


class Offers:
    """The alerts in one folder. It is private as the journals are, or a team's.

    Args:
        folder: where they are; made with the first of them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, told: Told) -> bool:
        """Keep what was told, or forget what is over; return False where there are too many already.

        Raises:
            OSError: it cannot be written.
        """
        if told.offer is None:
            self.forget(told.id)
            return True
        keep_private(self._folder)
        path = self._path(told.id)
        for old in self._files():
            if told.offer.told_at.timestamp() - old.stat().st_mtime > KEPT.total_seconds():
                old.unlink(missing_ok=True)
        if not path.exists() and len(self._files()) >= MOST:
            return False
        before = _read(path)
        self._write(before.told_again(told.offer) if before else told.offer)
        return True

    def open(self, now: datetime) -> list[Offer]:
        """Return what is offered, the newest first; a file that is none is left out."""
        found = [one for path in self._files() if (one := _read(path)) and self._counts(one, now)]
        return sorted(found, key=lambda one: one.told_at, reverse=True)

    def answered(self, offer: Offer) -> None:
        """Offer it no more until it is over: it was declared."""
        with suppress(OSError):  # it is offered until it is too old, then
            if self._path(offer.id).exists():
                self._write(msgspec.structs.replace(offer, answered=True))

    def dismiss(self, offer: Offer, by: str, why: str, now: datetime) -> None:
        """Offer it no more until it is over or fires anew; who dismissed it is in the folder's ``dismissed.log``.

        Raises:
            NotDismissed: it is over, fired anew since it was looked at, or that cannot be written.
        """
        here = _read(self._path(offer.id))
        if here is None:
            raise NotDismissed("The alert is over: nothing is to be dismissed.", "It is offered no more.")
        if here.newest_at and (offer.newest_at is None or here.newest_at > offer.newest_at):
            raise NotDismissed("The alert has fired anew since it was shown.", "Look at it again, then dismiss it.")
        line = {"at": now, "by": by, "why": why, "source": here.source, "title": here.title, "id": here.id}
        try:
            with (self._folder / DISMISSED).open("ab") as log:
                log.write(msgspec.json.encode(line) + b"\n")
            self._write(msgspec.structs.replace(here, dismissed_by=by, dismissed_at=now, dismissed_why=why))
        except OSError as error:
            raise NotDismissed(
                f"That it was dismissed cannot be written to {self._folder}: {error.strerror}.",
                "Check who owns that folder: the exporter that took the alert made it.",
            ) from error

    def forget(self, offer_id: str) -> None:
        """Forget it: it is over."""
        with suppress(OSError):  # it is offered until it is too old, then
            self._path(offer_id).unlink()

    @staticmethod
    def _counts(one: Offer, now: datetime) -> bool:
        return not one.settled and now - one.told_at <= KEPT

    def _write(self, offer: Offer) -> None:
        replace_whole(self._path(offer.id), msgspec.json.encode(offer))

    def _path(self, offer_id: str) -> Path:
        return self._folder / f"{offer_id}.json"

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))


def _read(path: Path) -> Offer | None:
    try:
        return from_json(path.read_bytes(), Offer)
    except (OSError, msgspec.DecodeError):
        return None

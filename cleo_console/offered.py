"""An alert in a file, as somebody got it from Alertmanager or PagerDuty: what a declaration begins with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cleo_console.monitoring.webhook import MOST_BYTES, NotAnAlert, read_webhook
from journal.commands.offer import Offer
from journal.errors import CleoError


def offer_in(file: Path) -> Offer:
    """Return what the alert in a file offers to declare.

    Raises:
        NotAnAlert: there is none in it, or it is over.
        CleoError: it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            body = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise CleoError(
            f"{file} cannot be read: {error.strerror}.", "Name a file with the body of a webhook."
        ) from error
    try:
        told = read_webhook(body, datetime.now(UTC))
    except NotAnAlert as error:
        raise NotAnAlert(f"{file}: {error.message}", error.hint) from error
    if told.offer is None:
        raise NotAnAlert(f"{file}: what it tells of is resolved.", "To declare it all the same: cleo declare")
    return told.offer

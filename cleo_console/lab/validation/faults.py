"""What can be broken in a lab's application. Each is done for real; its restart script takes it back."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime

from cleo_console.lab.service import Done, FaultKind
from cleo_console.lab.validation.place import Place
from journal.errors import CleoError


def _dead(place: Place) -> Done:
    if place.process() is None:
        raise CleoError("The application does not run.", f"Start it: {place.restart}.")
    at = datetime.now(UTC).isoformat()
    place.end(signal.SIGKILL)
    return f"its process was killed; {place.restart} starts it", {"at": at}


def _broken(how: str, words: str) -> Callable[[Place], Done]:
    def inject(place: Place) -> Done:
        at = datetime.now(UTC).isoformat()
        place.faults.write_text(" ".join({*place.broken(), how}))
        return f"{words}; {place.restart} takes it back", {"at": at}

    return inject


FAULTS = (
    FaultKind("dead", "kill its process", _dead),
    FaultKind("not-ready", "have it say that it is not ready", _broken("not-ready", "it says that it is not ready")),
    FaultKind("slow", "have it answer 0.7 s later", _broken("slow", "every answer takes 0.7 s longer")),
    FaultKind("takes-forged", "have it take forged tokens", _broken("takes-forged", "it verifies no token")),
    FaultKind("takes-expired", "have it take expired tokens", _broken("takes-expired", "it looks at no expiry")),
    FaultKind(
        "wrong-schema", "have it answer in another form", _broken("wrong-schema", "conversations have another form")
    ),
)

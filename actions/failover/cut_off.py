"""What is said of a server whose host does not answer because the device that fenced it still keeps it cut off."""

from __future__ import annotations

from collections.abc import Callable

from actions.failover.fence_record import FenceRecord, Means
from actions.failover.means import NOTHING
from actions.failover.standing import UNSEEN, FencedServer, by_device
from actions.outcome import ActionFailed, Cure


def require_reached(server: FencedServer, look: Callable[[], object]) -> None:
    """Look at a fenced server's host, before the server is brought back.

    Args:
        server: the server.
        look: asks its host for something.

    Raises:
        ActionFailed: it cannot be looked at, and the device that fenced it says why.
    """
    try:
        look()
    except UNSEEN as error:
        record = server.record
        cuts = {one: seen for one in (record.devices if record else []) if (seen := by_device(server, one)).fenced}
        if record is None or not cuts:
            raise
        said = ", and ".join(seen.words for seen in cuts.values())
        message = f"{server.host} does not answer, since {server.name} is still fenced {said}."
        cures = [_back(server, record, device) for device in cuts]
        raise ActionFailed(message, left_behind=NOTHING, cures=cures) from error


def _back(server: FencedServer, record: FenceRecord, device: Means) -> Cure:
    """Return how a server comes within reach again without a second one that takes writes."""
    commands = server.fence.commands(device)
    typed = f" (`{' '.join(commands.unfence)}` on {commands.host})" if commands and commands.unfence else ""
    on = f"switch its {device} on{typed}"
    if record.guarded:
        return Cure(words=f"Its configuration refuses every start: {on}, and run this again.")
    by_service = f"fence it by its service ({server.action} on {server.name}, by service)"
    words = (
        f"Once its {device} is on it may take writes, as a second primary: see first at its console, or with its "
        f"clients cut off, that {server.name} is down and stays down. Then {on}, {by_service}, and run this again."
    )
    return Cure(words=words)

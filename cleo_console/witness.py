"""Gives a journal's head to a second party, as CLEO_WITNESS says: a file to append to, or ``mailto:ADDRESS``.

It happens as an incident is closed, and with each report. It never blocks: after a few seconds it is given up, and what
is not known to have arrived is said.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from journal.errors import CleoError
from journal.store.witness import Head, append_head

SECONDS = 5.0
"""How long a file is waited for, and each answer of a mail server."""
MAIL_SECONDS = 15.0
"""How long all of a mail may take."""
_MAIL = "mailto:"


def give(head: Head, inventory: Path | None) -> str:
    """Give a head to the second party that is set, if any.

    Args:
        head: the head.
        inventory: whose first mail channel sends it, where that is how.

    Returns:
        What went wrong, with what to do; empty where it was taken, or nobody is set.
    """
    where = os.environ.get("CLEO_WITNESS", "").strip()
    if not where:
        return ""
    mailed = where.startswith(_MAIL)
    way = partial(_mail, where.removeprefix(_MAIL), inventory) if mailed else partial(_append, where)
    seconds = MAIL_SECONDS if mailed else SECONDS
    answer: SimpleQueue[str] = SimpleQueue()
    Thread(target=lambda: answer.put(_tried(way, head)), daemon=True, name="witness").start()
    try:
        why = answer.get(timeout=seconds)
    except Empty:
        why = f"no answer within {seconds:g} s, so that it may have it or not"
    return f"The witness {where} was not given {head}: {why}. Give it by hand: {head.line}" if why else ""


def _tried(way: partial[str], head: Head) -> str:
    try:
        return str(way(head))
    except (OSError, CleoError) as error:
        return getattr(error, "strerror", None) or str(error)


def _append(log: str, head: Head) -> str:
    append_head(Path(log).expanduser(), head)
    return ""


def _mail(to: str, inventory: Path | None, head: Head) -> str:
    """Mail a head through the inventory's first mail channel; return what the server said, where it did not take it."""
    from actions.channels.settings import Mail, is_address
    from actions.communications.mail import send
    from actions.communications.message import Message
    from cleo_console.world import inventory_at

    if not is_address(to):
        return f"{to!r} is no mail address"
    told = inventory_at(inventory).communications
    channel = next((one for one in told.channels.values() if isinstance(one, Mail)), None) if told else None
    if channel is None:
        return "the inventory has no mail channel (communications: channels:)"
    subject = f"Journal head: {head.incident} ({head.kind})"
    answer = send(channel, to, Message(id=head.head[:8], subject=subject, text=head.line), SECONDS)
    return "" if answer.came == "accepted" else str(answer)

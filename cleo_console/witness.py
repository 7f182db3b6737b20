"""Gives a journal's head to a second party, as CLEO_WITNESS says: a file to append to, or ``mailto:ADDRESS``.

It happens as an incident is closed, and with each report. It never blocks: after a few seconds it is given up, and what
is not known to have arrived is said, and waits as a small file beside the journals until the witness takes it: it is
tried again with the next head, by ``cleo status``, ``cleo journal verify`` and ``cleo journal witness``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from journal.errors import CleoError
from journal.paths import Paths
from journal.store.folders import keep_private
from journal.store.whole_file import replace_whole
from journal.store.witness import Head, append_head, read_heads, waiting
from journal.wording.counting import count

SECONDS = 5.0
"""How long a file is waited for, and each answer of a mail server."""
MAIL_SECONDS = 15.0
"""How long all of a mail may take."""
RETRY_S = 60.0
"""Seconds from one try to the next, where nobody asks for it: a witness that is away holds up no command twice."""
_MAIL, _UNREADABLE = "mailto:", "What waits for the witness cannot be read: {}"


def give(head: Head, paths: Paths) -> str:
    """Give a head to the second party that is set, if any, and with it those that wait; keep it where that fails.

    Args:
        head: the head.
        paths: where those that wait lie, and the inventory, whose first mail channel sends them where that is how.

    Returns:
        What went wrong, with what to do; empty where it was taken, or nobody is set.
    """
    if not witness():
        return ""
    why = _given(head, paths.inventory)
    if not why:
        deliver(paths, at_once=True)
        return ""
    kept = f"It waits in {paths.unwitnessed} and is tried again: cleo journal witness"
    try:
        keep_private(paths.unwitnessed)
        replace_whole(paths.unwitnessed / f"{head.incident}-{head.row}-{head.head[:8]}", f"{head.line}\n".encode())
    except OSError as error:
        kept = f"Nor can it be kept for later ({error.strerror})"
    return f"The witness {witness()} was not given {head}: {why}. {kept}. By hand: {head.line}"


def witness() -> str:
    """Return who is set as the witness; empty: nobody."""
    return os.environ.get("CLEO_WITNESS", "").strip()


def log_of_witness() -> Path | None:
    """Return the file of the witness that is set; None where nobody is, or mails go there."""
    where = witness()
    return Path(where).expanduser() if where and not where.startswith(_MAIL) else None


def deliver(paths: Paths, *, at_once: bool = False) -> Sequence[str]:
    """Give what waits to the witness, until it takes one no more.

    Args:
        paths: where it lies.
        at_once: also what was tried a moment ago.

    Returns:
        What still waits, in words; nothing where nothing does.
    """
    why = ""
    try:
        for file in waiting(paths.unwitnessed) if witness() else ():
            if not at_once and time.time() - file.stat().st_mtime < RETRY_S:
                break
            if why := _given_late(file, paths.inventory):
                break
    except OSError as error:
        return [_UNREADABLE.format(error)]
    return [f"{line}: {why}" if why else line for line in waiting_line(paths)]


def _given_late(file: Path, inventory: Path | None) -> str:
    """Give a head that waits; return why it still does, or nothing: its file is gone then.

    Raises:
        OSError: the file cannot be read or removed.
    """
    for head in read_heads(file):
        late = head._replace(why=f"{head.why}, given late at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        if why := _given(late, inventory):
            with suppress(OSError):
                file.touch()
            return why
    file.unlink(missing_ok=True)
    return ""


def waiting_line(paths: Paths) -> Sequence[str]:
    """Return a line on what waits for the witness; none where nothing does."""
    try:
        heads = [head for file in waiting(paths.unwitnessed) for head in read_heads(file)]
    except OSError as error:
        return [_UNREADABLE.format(error)]
    if not heads:
        return []
    oldest = min(heads, key=lambda head: head.at)
    where = f"the witness {witness()}" if witness() else "a witness, and CLEO_WITNESS names none"
    return [f"NOT WITNESSED: {count(len(heads), 'head')} for {where}, the oldest is {oldest}"]


def _given(head: Head, inventory: Path | None) -> str:
    """Give a head; return why it is not known to have been taken, or nothing."""
    where = witness()
    mailed = where.startswith(_MAIL)
    way = partial(_mail, where.removeprefix(_MAIL), inventory) if mailed else partial(_append, where)
    seconds = MAIL_SECONDS if mailed else SECONDS
    answer: SimpleQueue[str] = SimpleQueue()
    Thread(target=lambda: answer.put(_tried(way, head)), daemon=True, name="witness").start()
    try:
        return answer.get(timeout=seconds)
    except Empty:
        return f"no answer within {seconds:g} s, so that it may have it or not"


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

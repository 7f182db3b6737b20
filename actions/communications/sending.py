"""Sends one message to all who lack it: the channels at the same time, none of them for ever."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from actions.channels.address import keys_in
from actions.channels.settings import Communications, Mail, Recipient, Service
from actions.communications import mail, service, webhook
from actions.communications.answer import Answer
from actions.communications.message import Message
from actions.outcome import said as words_of
from journal.errors import CleoError

ANSWER_S = 15.0
"""Seconds that a server is waited for, for each thing that it is to say."""
DEADLINE_S = 60.0
"""Seconds for all of it: what did not answer by then may have taken its message, or not."""
_LOOK_S = 0.2

Secret = Callable[[str], str]


def send_all(
    found: Communications,
    to: Sequence[Recipient],
    message: Message,
    mark: Secret,
    stopped: Callable[[], bool],
    deadline_s: float = DEADLINE_S,
) -> Iterator[tuple[Recipient, Answer]]:
    """Send a message to each, and yield what came back as it comes.

    Args:
        found: the channels.
        to: who is told.
        message: what is said.
        mark: marks a text as secret.
        stopped: whether somebody asked to stop: then no further message is begun.
        deadline_s: seconds for all of it.
    """
    answers = queue.SimpleQueue[tuple[Recipient, Answer]]()
    ends, waiting = time.monotonic() + deadline_s, list(to)

    def stop() -> bool:
        return stopped() or time.monotonic() > ends

    for name in dict.fromkeys(one.channel for one in to):
        own = [one for one in to if one.channel == name]
        work = (found, name, own, message, mark, stop, answers)
        threading.Thread(target=_through_one, args=work, daemon=True, name=f"channel {name}").start()
    while waiting and (left := ends + 1 - time.monotonic()) > 0:
        try:
            one, answer = answers.get(timeout=min(left, _LOOK_S))
        except queue.Empty:
            continue
        waiting.remove(one)
        yield one, answer
    for one in waiting:
        yield one, Answer("unknown", f"no answer within {deadline_s:.0f} s; it may have been taken")


def _through_one(
    found: Communications,
    name: str,
    to: Sequence[Recipient],
    message: Message,
    mark: Secret,
    stop: Callable[[], bool],
    answers: queue.SimpleQueue[tuple[Recipient, Answer]],
) -> None:
    """Send through one channel. Once it cannot be reached, nobody else is tried through it."""
    gone = ""
    for one in to:
        if stop():
            answer = Answer("failed", "not begun: it was stopped, or the time was over")
        elif gone:
            answer = Answer("failed", gone)
        else:
            answer = _send(found, one, message, mark)
            gone = f"not tried: {name} failed before" if answer.came in ("failed", "unknown") else ""
        answers.put((one, answer))


def _send(found: Communications, one: Recipient, message: Message, mark: Secret) -> Answer:
    channel = found.channels[one.channel]
    try:
        if isinstance(channel, Mail):
            return mail.send(channel, one.to, message, ANSWER_S)
        address = channel.address.read()
        for key in keys_in(address):
            mark(key)
        if isinstance(channel, Service):
            return service.send(address, message, ANSWER_S)
        return webhook.send(address, channel.expect, message, ANSWER_S)
    except CleoError as error:  # its secret cannot be read
        return Answer("failed", words_of(error))
    except Exception as error:  # noqa: BLE001  # a library's own: one channel takes no other down
        return Answer("unknown", f"{type(error).__name__} while it was sent")

"""Telling the console something from a thread that may outlive it."""

from __future__ import annotations

from textual.message import Message
from textual.message_pump import MessagePump


def post_if_running(owner: MessagePump, message: Message) -> bool:
    """Hand ``message`` to ``owner``, from any thread; return False where it was left, or the console has ended.

    Raises:
        RuntimeError: ``owner`` is at work and did not take it.
    """
    try:
        return owner.post_message(message)
    except RuntimeError:  # what asyncio says of a loop that was closed between Textual's look and its own
        if owner.is_running:
            raise
        return False

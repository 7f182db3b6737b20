"""Telling the console something from a thread that may outlive it."""

from __future__ import annotations

from textual.message import Message
from textual.message_pump import MessagePump


def tell(owner: MessagePump, message: Message) -> None:
    """Hand ``message`` to ``owner``, from any thread. Where the console has ended meanwhile, nobody is told.

    Raises:
        RuntimeError: ``owner`` is at work and did not take it.
    """
    try:
        owner.post_message(message)
    except RuntimeError:  # what asyncio says of a loop that was closed between Textual's look and its own
        if owner.is_running:
            raise

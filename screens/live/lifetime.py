"""News, answers and writes arrive also where the screen was closed, or the console has ended: what holds then."""

from __future__ import annotations

from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen


def is_open(screen: Screen[Any]) -> bool:
    """Return whether ``screen`` is still one of the app's; False also while Textual takes its widgets away."""
    return screen.is_attached and screen.app.is_running and screen in screen.app.screen_stack


def post_if_running(owner: MessagePump, message: Message) -> bool:
    """Hand ``message`` to ``owner``, from any thread; return False where it was closed, or the console has ended.

    Raises:
        RuntimeError: ``owner`` is at work and did not take it.
    """
    try:
        return owner.post_message(message)
    except RuntimeError:  # what asyncio says of a loop that was closed between Textual's look and its own
        if owner.is_running:
            raise
        return False

"""Threads that outlive the console have nobody to tell, and die of it no more."""

from __future__ import annotations

import asyncio
import threading

from textual.app import App
from textual.message import Message

from screens.live.lifetime import post_if_running


class Deaf(App[None]):
    """An app whose loop is closed between Textual's look at it and the handing over."""

    def post_message(self, message: Message) -> bool:
        if threading.current_thread() is threading.main_thread():
            return super().post_message(message)
        ended = asyncio.new_event_loop()
        ended.close()
        ended.call_soon_threadsafe(lambda: None)
        raise AssertionError("a closed loop took it")


def told_from_a_thread(app: Deaf) -> list[BaseException]:
    died: list[BaseException] = []

    def thread() -> None:
        try:
            post_if_running(app, Message())
        except RuntimeError as error:
            died.append(error)

    telling = threading.Thread(target=thread)
    telling.start()
    telling.join()
    return died


def test_a_console_that_has_ended_is_not_told() -> None:
    assert not told_from_a_thread(Deaf())


async def test_a_console_at_work_that_does_not_take_it_is_an_error() -> None:
    app = Deaf()
    async with app.run_test():
        (error,) = told_from_a_thread(app)
    assert "closed" in str(error)

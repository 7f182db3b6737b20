"""A Textual driver that survives the loss of its terminal."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver
from textual.events import Callback

from screens.live.lifetime import post_if_running

_GONE = frozenset({errno.EIO, errno.ENXIO, errno.EPIPE})


class _Terminal:
    """A terminal to write to; once it is gone, nothing more is written.

    Textual's writing thread would end with an error at the first write that fails. What the app has still to write
    waits for that thread: so the app would stand still for good instead of leaving at the hang-up signal.

    Args:
        file: the terminal.
        gone: told that it is gone, at every write: only who leads the terminal's session gets a signal of it.
    """

    def __init__(self, file: IO[str], gone: Callable[[], object]) -> None:
        self._file = file
        self._gone = gone
        self.fileno = file.fileno

    def write(self, text: str) -> None:
        """Write.

        Raises:
            OSError: anything but that the terminal is gone.
        """
        try:
            self._file.write(text)
        except OSError as error:
            self._only_gone(error)

    def flush(self) -> None:
        """Flush, as `write`."""
        try:
            self._file.flush()
        except OSError as error:
            self._only_gone(error)

    def _only_gone(self, error: OSError) -> None:
        if error.errno not in _GONE:
            raise error
        self._gone()


class SteadyDriver(LinuxDriver):
    """Leaves when the terminal goes, however much there is to paint."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        if self._file is not None:
            self._file = _Terminal(self._file, self._leave)  # type: ignore[assignment]

    def _leave(self) -> None:
        post_if_running(self._app, Callback(self._app.exit))

    def _sigcont_application(self, *_: object) -> None:
        """Come back from being suspended. A hang-up brings this signal too, to a program that was not suspended."""
        if self._must_signal_resume:
            super()._sigcont_application()

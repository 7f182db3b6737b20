"""The guard of a fenced server: a line in its own configuration that its program refuses, whoever starts it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from actions.outcome import ActionFailed, Cure

_END = "# cleo: fenced (end)"


class Guarded(Protocol):
    """A server in whose configuration a guard may stand."""

    @property
    def name(self) -> str:
        """Its name in the inventory."""
        ...

    def read(self, path: str) -> str | None:
        """Return a file's text, or None where there is none."""
        ...

    def write(self, path: str, text: str, user: str | None = None) -> None:
        """Replace a file whole."""
        ...


S = TypeVar("S", bound=Guarded)


@dataclass(frozen=True)
class Guard(Generic[S]):
    """A type's guard.

    Attributes:
        name: what the type's program does not know, and so refuses.
        line: the guard's line, of ``name`` and ``why``.
        file: tells the file that it stands in; empty: the server is started without one.
        undo: the action that takes it out.
        refuses, lift: what a start is told, and what helps.
        user: who writes that file; None: the server's account, empty: our own.
        first: whether it stands at the file's beginning: what is read before it could end a trial for another reason.
    """

    name: str
    line: str
    file: Callable[[S], str]
    undo: str
    refuses: str
    lift: str
    user: str | None = ""
    first: bool = False

    @property
    def begin(self) -> str:
        """The guard's first line."""
        return f"# cleo: fenced, so that it does not start; `{self.undo}` takes this out (begin)"

    end = _END

    @property
    def _own(self) -> re.Pattern[str]:
        return re.compile(rf"^[ \t]*{self.name}\b", re.MULTILINE)

    @property
    def _block(self) -> re.Pattern[str]:
        return re.compile(rf"^{re.escape(self.begin)}\n.*?^{re.escape(_END)}\n?", re.MULTILINE | re.DOTALL)

    def stands(self, server: S) -> bool:
        """Whether it stands in the server's configuration."""
        file = self.file(server)
        return bool(file and self._own.search(server.read(file) or ""))

    def block_of(self, why: str) -> str:
        """Return its lines; ``why`` is what the server's log shows beside its name."""
        said = re.sub(r"[\"'\n]", " ", why)
        return f"{self.begin}\n{self.line.format(name=self.name, why=said)}\n{_END}\n"

    def put(self, server: S, why: str) -> None:
        """Put it into the file; once is enough. Call it only where ``effect`` said True.

        Raises:
            ActionFailed: it cannot be written.
        """
        if self.stands(server):
            return
        file = self.file(server)
        text = server.read(file) or ""
        parted = text if not text or text.endswith("\n") else f"{text}\n"
        parts = [self.block_of(why), text] if self.first else [parted, self.block_of(why)]
        server.write(file, "".join(parts), user=self.user)

    def take_out(self, server: S) -> None:
        """Take it out; the rest of the file stays to the letter. Call it only where ``effect`` said True.

        Raises:
            ActionFailed: it cannot be written.
        """
        file = self.file(server)
        if text := server.read(file):
            server.write(file, self.without(text), user=self.user)

    def without(self, text: str) -> str:
        """Return a file's text without it."""
        return self._own.sub(f"# {self.name}", self._block.sub("", text))

    def require_none(self, server: S) -> None:
        """Refuse to start a fenced server, or to restore over it.

        Raises:
            ActionFailed: it is fenced.
        """
        if self.stands(server):
            raise ActionFailed(
                f"{server.name} is fenced ({self.file(server)}): {self.refuses}",
                left_behind="Nothing was changed; the server is down.",
                cures=[Cure(words=self.lift, action=self.undo)],
            )

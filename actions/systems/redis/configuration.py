"""What a start of a Redis server would read: its configuration file, and what its command line says over it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from actions.outcome import ActionFailed
from actions.systems.redis.server import Server

_DEFAULT_SAVE = (("3600", "1", "300", "100", "60", "10000"),)
"""Where a configuration says no ``save`` (redis.conf of Redis 7)."""
_INCLUDES = 8
"""How deep files include each other: more is a circle."""
_READ = 'for f in $1; do [ -e "$f" ] || continue; cat -- "$f" && echo || exit 1; done'


class Configuration(msgspec.Struct, frozen=True):
    """What a start reads, by directive: the arguments of each time that it stands there.

    ``known`` is False where neither a file nor a command line is named: all that is said then are Redis' defaults.
    """

    values: Mapping[str, Sequence[tuple[str, ...]]]
    known: bool = True

    def last(self, directive: str, otherwise: str = "") -> str:
        """Return the first argument of a directive, where it stands last."""
        found = self.values.get(directive, ())
        return found[-1][0] if found and found[-1] else otherwise

    @property
    def append_only(self) -> bool:
        """Whether it keeps, and loads, append-only files."""
        return self.last("appendonly", "no").lower() == "yes"

    @property
    def append_folder(self) -> str:
        """The name of the append-only files' folder, in the data directory."""
        return self.last("appenddirname", "appendonlydir")

    @property
    def append_name(self) -> str:
        """What the append-only files' names begin with."""
        return self.last("appendfilename", "appendonly.aof")

    @property
    def dump_name(self) -> str:
        """The name of the RDB file, in the data directory."""
        return self.last("dbfilename", "dump.rdb")

    @property
    def saves(self) -> bool:
        """Whether it writes RDB files by itself: after some changes, and when it is stopped."""
        words: list[str] = []
        for arguments in self.values.get("save", _DEFAULT_SAVE):
            words = [] if arguments in ((), ("",)) else [*words, *arguments]
        return bool(words)

    @property
    def follows(self) -> str:
        """The master that it follows from its start, ``host port``; empty: it is a master."""
        said = (self.values.get("replicaof") or self.values.get("slaveof") or [()])[-1]
        return "" if [word.lower() for word in said] in ([], ["no", "one"]) else " ".join(said)


def read_configuration(server: Server) -> Configuration:
    """Return what a start of the server would read.

    Raises:
        ActionFailed: its configuration file is not there, or cannot be read.
    """
    settings = server.settings
    values: dict[str, list[tuple[str, ...]]] = {}
    arguments = settings.service.start[1:] if settings.service.manager == "command" else []
    file = settings.config_file or next((word for word in arguments[:1] if not word.startswith("-")), "")
    if file:
        text = server.read(file)
        if text is None:
            raise ActionFailed(
                f"The configuration file {file} of {server.name} is not there.",
                "Bring it back (configuration management, a backup), or correct config_file: in the inventory.",
            )
        _add(values, _lines(server, text, _INCLUDES))
    _add(values, _options(arguments))
    return Configuration(values, known=bool(values) or bool(file))


def split(line: str) -> list[str]:
    """Return the words of a line of a configuration or of an ACL; one whose quotes do not close is taken as it is."""
    try:
        return shlex.split(line, comments=False)
    except ValueError:
        return line.split()


def _lines(server: Server, text: str, depth: int) -> Iterator[list[str]]:
    """Yield the words of each line, with those of included files in their place."""
    for line in text.splitlines():
        words = split(line) if line.strip() and not line.lstrip().startswith("#") else []
        if words and words[0].lower() == "include" and depth and len(words) > 1:
            done = server.query(["sh", "-c", _READ, "sh", words[1]])
            yield from _lines(server, done.out, depth - 1)
        elif words:
            yield words


def _options(arguments: Sequence[str]) -> Iterator[list[str]]:
    """Yield the directives of a command line: ``--appendonly yes``."""
    words: list[str] = []
    for word in arguments:
        if word.startswith("--") and len(word) > len("--"):
            if words:
                yield words
            words = [word[2:]]
        elif words:
            words.append(word)
    if words:
        yield words


def _add(values: dict[str, list[tuple[str, ...]]], lines: Iterator[list[str]]) -> None:
    for directive, *arguments in lines:
        values.setdefault(directive.lower(), []).append(tuple(arguments))

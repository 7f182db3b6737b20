"""A command in the part of the shell's language whose meaning is certain: words, quotes, pipes; nothing expands."""

from __future__ import annotations

import re
from typing import NamedTuple

_QUIET = re.compile(r"(?:\d?>>?[ \t]*/dev/null|&>>?[ \t]*/dev/null|<[ \t]*/dev/null|\d?>&[ \t]*[12])(?=[\s;|&]|\Z)")
"""Where output may go: nowhere, or to the other stream."""
_BLANK = re.compile(r"(?:[ \t]|\\\n)+")
_END = re.compile(r"[ \t]*(?:\n|&&|\|\||\|(?!&)|;(?!;))\s*")
_AFTER = re.compile(r"[ \t\n;|&]")
_COMMENT = re.compile(r"#[^\n]*")
_BARE = re.compile(r"[A-Za-z0-9_./:=,@%+~^-][A-Za-z0-9_./:=,@%+~^#-]*|\\\n")
_PATTERN = re.compile(r"[*?\[\]{}]+")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\`]|\\.)*)"', re.DOTALL)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_ASSIGNED = re.compile(r"(\w+)=([\w./:@,%+][\w./:@,%+-]*)?\Z")
_EXPANDS = re.compile(r"\\\$|\$(?!(?:HOME|USER|PWD|HOSTNAME)\b|[\s|/)]|\Z)")
_STRANGE = re.compile(r"[^\t\n\x20-\x7e\xa1-\uffff]|[\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
_INHERITED = {"HOME", "USER", "PWD", "HOSTNAME"}


class Word(NamedTuple):
    """A word of a command.

    Attributes:
        text: what the program is given; a variable of the login stands as it was written.
        plain: it is exactly this; False where a pattern (``*``) may become other words.
    """

    text: str
    plain: bool = True


class NotPlain(Exception):
    """A command says something whose meaning depends on more than its text."""


class PlainShell:
    """Divides a command into the simple commands that a shell would run one after another.

    Args:
        text: the command.

    Raises:
        NotPlain: it holds a substitution, a here-document, a redirection into a file, something that goes on in the
            background, a group, a backslash, a variable that is not set in it, or a character that is not printed.
    """

    def __init__(self, text: str) -> None:
        if _STRANGE.search(text):
            raise NotPlain
        self._text, self._at = text.strip(), 0
        self._set: dict[str, str] = {}
        self.commands: list[list[Word]] = []
        while self._at < len(self._text):
            if words := self._command():
                self.commands.append(words)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found

    def _command(self) -> list[Word]:
        words: list[Word] = []
        while self._at < len(self._text) and not self._take(_END):
            if not (self._take(_BLANK) or self._take(_QUIET) or self._take(_COMMENT)):
                words.append(self._word())
        assigned = [_ASSIGNED.match(word.text) for word in words[words[:1] == [Word("export")] :]]
        if all(assigned):
            self._set |= {found[1]: found[2] or "" for found in assigned if found}
        return words

    def _word(self) -> Word:
        parts: list[str] = []
        plain = True
        begun = self._at
        if _AFTER.match(self._text, begun):  # "&" alone, "|&", ";;"
            raise NotPlain
        while self._at < len(self._text) and not _AFTER.match(self._text, self._at):
            if self._at > begun and self._text[self._at] in "<>":
                break  # what follows is looked at as a redirection
            if found := self._take(_BARE):
                parts.append("" if found[0] == "\\\n" else found[0])
            elif found := self._take(_PATTERN):
                parts.append(found[0])
                plain = False
            elif found := self._take(_SINGLE):
                parts.append(found[1])
            elif found := self._take(_DOUBLE):
                parts.append(self._quoted(found[1]))
            elif found := self._take(_VARIABLE):
                parts.append(self._value(found))
            else:
                raise NotPlain
        return Word("".join(parts), plain)

    def _quoted(self, text: str) -> str:
        said = _VARIABLE.sub(self._value, text)
        if _EXPANDS.search(said):
            raise NotPlain
        return re.sub(r"\\([\"\\`]|\n)", lambda found: found[1].strip("\n"), said)

    def _value(self, found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name in self._set:
            return self._set[name]
        if name in _INHERITED:
            return found[0]
        raise NotPlain

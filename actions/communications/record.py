"""What was sent to whom in an incident, beside the journal: a retry goes by it, also after a runner that died."""

from __future__ import annotations

from pathlib import Path

import msgspec

from actions.channels.settings import Recipient
from actions.communications.answer import Answer
from actions.communications.message import Message
from journal.structs import from_json


class Sent(msgspec.Struct, kw_only=True):
    """One message.

    Attributes:
        id, subject, text: the message.
        asked: the words that a person gave for it.
        until: when the next message was promised, in seconds since 1970: from then on this one is stale.
        whole: whether all who were to be told accepted it.
        answers: what came back, by channel and address.
    """

    id: str
    subject: str
    text: str
    asked: str
    until: float
    whole: bool = False
    answers: dict[str, Answer] = {}

    @property
    def message(self) -> Message:
        """The message."""
        return Message(self.id, self.subject, self.text)

    def has_it(self, one: Recipient) -> bool:
        """Return whether somebody's next hop accepted it."""
        answer = self.answers.get(key(one))
        return answer is not None and answer.came == "accepted"


def key(one: Recipient) -> str:
    """Return what tells a recipient from others."""
    return f"{one.channel} {one.to}".strip()


def last_sent(folder: Path, audience: str) -> Sent | None:
    """Return the last message to an audience; None where there is none, or it cannot be read."""
    try:
        return from_json(_file(folder, audience).read_bytes(), Sent)
    except (OSError, msgspec.DecodeError):
        return None


def keep(folder: Path, audience: str, sent: Sent) -> str:
    """Write down a message; return why it could not be, for a full disk keeps nobody from being told."""
    file = _file(folder, audience)
    fresh = file.with_suffix(".new")
    try:
        file.parent.mkdir(exist_ok=True)
        fresh.write_bytes(msgspec.json.encode(sent))
        fresh.replace(file)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _file(folder: Path, audience: str) -> Path:
    return folder / "messages" / f"{audience}.json"

"""What can be broken in whom a lab's incidents tell. Each is done for real; ``mend`` takes all of it back."""

from __future__ import annotations

from collections.abc import Callable

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.post import program
from cleo_console.lab.post.place import SECOND, Post
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError


def down(post: Post) -> Done:
    """Kill it: mail server and webhook."""
    if post.process() is None:
        raise CleoError("The lab's mail server does not run.", "Mend it: cleo lab break post --how mend.")
    at = utc_now()
    post.end()
    return "the mail server and the webhook were killed", {"at": at}


def mend(post: Post) -> Done:
    """Take back every fault, and start it where it is down."""
    at = utc_now()
    post.faults.unlink(missing_ok=True)
    if post.process():
        post.end()  # what hangs in it goes with it
    post.start()
    return "the mail server and the webhook are as they were", {"at": at}


def _broken(how: str, words: str) -> Callable[[Post], Done]:
    def inject(post: Post) -> Done:
        at = utc_now()
        broken = post.faults.read_text().split() if post.faults.exists() else []
        post.faults.write_text(" ".join(dict.fromkeys([*broken, how])))
        return words, {"at": at}

    return inject


_REFUSES, _HANGS = f"the mail server refuses {SECOND}", "the mail server takes connections and answers nothing"
FAULTS = (
    FaultKind(program.REFUSE_ONE, "have the mail server refuse one of two", _broken(program.REFUSE_ONE, _REFUSES)),
    FaultKind(program.HANG, "have the mail server take connections and hang", _broken(program.HANG, _HANGS)),
    FaultKind(
        program.WEBHOOK_GONE,
        "have the webhook's service be gone (404)",
        _broken(program.WEBHOOK_GONE, "the webhook answers 404: its service is gone"),
    ),
    FaultKind(
        program.WEBHOOK_SAYS_NO,
        "have the webhook say no with a status of 200",
        _broken(program.WEBHOOK_SAYS_NO, "the webhook answers 200, and that it did not take it"),
    ),
    FaultKind("down", "kill mail server and webhook", down),
    FaultKind("mend", "take back what was broken of mail server and webhook", mend),
)
"""Each is done to the lab's `Post`."""

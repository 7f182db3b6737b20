"""The process: ``python -m cleo_console.lab.post.program FOLDER MAIL WEBHOOK``, the last two are ports."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import ClassVar

REFUSED = "second@lab.example"
"""Whom the mail server refuses where it is told to refuse one of two."""
REFUSE_ONE, HANG, WEBHOOK_GONE, WEBHOOK_SAYS_NO = "refuse-one", "hang", "webhook-gone", "webhook-says-no"
_HANG_S = 600.0


class Box:
    """Keeps what came, a file a message, and knows in which ways it is broken.

    Args:
        folder: where the files go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        taken = [int(each.name.partition("-")[0]) for each in folder.glob("[0-9]*-*")]
        self._numbers = itertools.count(max(taken, default=0) + 1)

    def keep(self, kind: str, text: str) -> None:
        """Keep one message, whole or not at all."""
        with self._lock:
            name = f"{next(self._numbers):04}-{kind}"
            new = self._folder / f".{name}"
            new.write_text(text)
            new.rename(self._folder / name)

    def is_broken(self, how: str) -> bool:
        """Whether it is broken in one way."""
        try:
            return how in (self._folder / "faults").read_text().split()
        except OSError:
            return False


class Mail(StreamRequestHandler):
    """One connection of a mail client (RFC 5321, what every client uses of it)."""

    box: ClassVar[Box]

    def handle(self) -> None:
        """Answer until the client leaves."""
        self._say("220 lab.example")
        sender, to = "", list[str]()
        for line in iter(lambda: self.rfile.readline(2000).decode("utf-8", "replace").strip(), ""):
            if self.box.is_broken(HANG):
                time.sleep(_HANG_S)
            verb, _, rest = line.partition(" ")
            address = rest.partition("<")[2].partition(">")[0]
            match verb.upper():
                case "MAIL":
                    sender, to = address, []
                    self._say("250 OK")
                case "RCPT" if self.box.is_broken(REFUSE_ONE) and address == REFUSED:
                    self._say("550 5.1.1 no such mailbox")
                case "RCPT":
                    to.append(address)
                    self._say("250 OK")
                case "DATA":
                    self._take(sender, to)
                case "QUIT":
                    self._say("221 bye")
                    return
                case "EHLO" | "HELO" | "RSET" | "NOOP":
                    self._say("250 lab.example")
                case _:
                    self._say("502 not here")

    def _take(self, sender: str, to: list[str]) -> None:
        if not to:
            self._say("554 no valid recipients")
            return
        self._say("354 go on")
        lines = list(iter(lambda: self.rfile.readline().decode("utf-8", "replace").rstrip("\r\n"), "."))
        text = "\n".join(line.removeprefix(".") for line in lines)
        self.box.keep("mail", f"X-Envelope-From: {sender}\nX-Envelope-To: {', '.join(to)}\n{text}\n")
        self._say("250 queued")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Webhook(BaseHTTPRequestHandler):
    """One connection of who posts to the webhook."""

    box: ClassVar[Box]

    def do_POST(self) -> None:
        """Keep what is posted, or say why not."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        status, answer = 200, '{"ok": true}'
        if self.box.is_broken(WEBHOOK_GONE):
            status, answer = 404, '{"error": "no such service"}'
        elif self.box.is_broken(WEBHOOK_SAYS_NO):
            answer = '{"ok": false, "error": "channel_is_archived"}'
        else:
            self.box.keep("webhook", f"{body}\n")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main(arguments: list[str]) -> None:
    """Serve until somebody ends the process."""
    Mail.box = Webhook.box = Box(Path(arguments[0]))
    web = ThreadingHTTPServer(("127.0.0.1", int(arguments[2])), Webhook)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    _Server(("127.0.0.1", int(arguments[1])), Mail).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])

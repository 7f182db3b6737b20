"""One PostgreSQL server of the inventory, as actions use it: its programs, files and processes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

from actions.context import ActionContext
from actions.outcome import ActionFailed
from actions.systems.postgres.command_lines import program
from actions.systems.postgres.settings import PostgresSettings
from actions.transport import Completed

_WRITE = r"""
set -e
umask 077
set -- "$(readlink -m "$1")" "$2" "$3"
new="$1.cleo-new"
if [ -e "$1" ]; then
    echo "was $(wc -c <"$1") bytes, sha256 $(sha256sum <"$1" | cut -d ' ' -f 1)"
    cp -p "$1" "$new"
fi
cat >"$new"
if [ "$(wc -c <"$new")" -ne "$2" ] || [ "$(sha256sum <"$new" | cut -d ' ' -f 1)" != "$3" ]; then
    rm -f "$new"
    echo "only a part of the text arrived" >&2
    exit 65
fi
sync "$new"
mv -T "$new" "$1"
sync "$(dirname "$1")"
"""
"""Replaces a file whole or not at all, and keeps its owner and permissions; a link stays one. The end of its input
proves nothing: a writer that is killed ends it, too. So length and digest come first."""


_ERROR = re.compile(r"\b(?:ERROR|FATAL|error|fatal)\b")


class Server:
    """One server and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str, settings: PostgresSettings) -> None:
        self.ctx = ctx
        self.name = name
        self.settings = settings
        self.log_from = -1
        """Where its log ended before it was launched, in bytes; -1 where we did not launch it."""

    @property
    def data(self) -> str:
        """Its data directory."""
        return self.settings.data_directory.rstrip("/")

    def program(self, name: str) -> str:
        """Return the path of one of PostgreSQL's programs."""
        return program(self.settings, name)

    def query(
        self,
        argv: Sequence[str],
        timeout_s: float = 30,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """Run a short, read-only program as the server's account; its messages come in English."""
        variables = {"LC_ALL": "C", **(env or {})}
        if stdin is not None:
            transport = self.ctx.transport(self.settings.host)
            return transport.query(argv, timeout_s=timeout_s, user=self.settings.run_as, env=variables, stdin=stdin)
        return self.ctx.query(self.settings.host, argv, timeout_s=timeout_s, user=self.settings.run_as, env=variables)

    def query_ourselves(self, argv: Sequence[str]) -> Completed:
        """Run a short, read-only program as our own account on the server's host."""
        return self.ctx.query(self.settings.host, argv, timeout_s=30, env={"LC_ALL": "C"})

    def run(
        self,
        key: str,
        argv: Sequence[str],
        *,
        timeout_s: float | None = None,
        user: str | None = None,
        on_line: Callable[[str, str], None] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run a program that has effects, as the server's account unless ``user`` says otherwise."""
        return self.ctx.run(
            key,
            self.settings.host,
            argv,
            timeout_s=timeout_s,
            user=self.settings.run_as if user is None else user,
            env={"LC_ALL": "C", **(env or {})},
            on_line=on_line,
        )

    def exists(self, path: str) -> bool:
        """Whether there is anything at ``path``."""
        return self.query(["test", "-e", path]).code == 0

    def read(self, path: str) -> str | None:
        """Return a file's text, or None where there is none.

        Raises:
            ActionFailed: it is there and cannot be read.
        """
        done = self.query(["cat", path])
        if done.code == 0:
            return done.out
        if "No such file" in done.err or "Not a directory" in done.err:
            return None
        raise ActionFailed(f"{path} cannot be read: {last_words(done)}", "Check who may read it.")

    def write(self, path: str, text: str, user: str | None = None) -> None:
        """Replace a file whole, keeping its owner and permissions. Call it only where ``effect`` said True.

        It is written as the server's account, unless ``user`` says otherwise (empty: our own).

        Raises:
            ActionFailed: it cannot be written; what was there still is.
        """
        account = self.settings.run_as if user is None else user
        content = text.encode()
        argv = ["sh", "-c", _WRITE, "sh", path, str(len(content)), hashlib.sha256(content).hexdigest()]
        done = self.ctx.transport(self.settings.host).query(argv, timeout_s=30, user=account, stdin=content)
        if done.code != 0:
            raise ActionFailed(
                f"{path} cannot be written: {last_words(done)}",
                "What was there before still is. Check space and permissions.",
            )
        before = done.out.strip() or "there was none"
        self.ctx.log(f"wrote {path}: {len(content)} bytes, sha256 {argv[-1]} ({before})")

    def remove(self, path: str) -> None:
        """Remove a file that may be there. Call it only where ``effect`` said True."""
        done = self.ctx.transport(self.settings.host).query(["rm", "-f", path], timeout_s=30, user=self.settings.run_as)
        if done.code != 0:
            raise ActionFailed(f"{path} cannot be removed: {last_words(done)}", "Check its permissions.")


def find_server(ctx: ActionContext) -> Server:
    """Return the server that the run is aimed at.

    Raises:
        UnknownTarget: the inventory has no such PostgreSQL.
    """
    return server_of(ctx, ctx.system)


def server_of(ctx: ActionContext, name: str) -> Server:
    """Return a server by its name in the inventory.

    Raises:
        UnknownTarget: the inventory has no such PostgreSQL.
    """
    return Server(ctx, name, ctx.inventory.system(name, PostgresSettings))


def last_words(done: Completed) -> str:
    """Return what a failed program said, for an error's message: its last error, else its last line."""
    if done.code < 0:
        return f"it {done.ending}"
    said = [line.strip() for line in (done.err.strip() or done.out.strip()).splitlines()]
    errors = [line for line in said if _ERROR.search(line)]
    return (errors or said)[-1] if said else f"exit status {done.code}, and it printed nothing"

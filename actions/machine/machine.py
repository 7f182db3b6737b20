"""A machine that a system runs on, as actions use it: programs and files, as the account that the system runs as."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

from actions.context import ActionContext
from actions.outcome import ActionFailed
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


class Machine:
    """One host of the inventory, and the context in which something is done on it.

    Args:
        ctx: the action's context.
        host: the inventory's name of the host.
        run_as: the account that the system runs as there; empty: our own.
    """

    def __init__(self, ctx: ActionContext, host: str, run_as: str = "") -> None:
        self.ctx = ctx
        self.host = host
        self.run_as = run_as

    @property
    def account(self) -> str:
        """Who works there, in words."""
        return self.run_as or "our account"

    def query(
        self,
        argv: Sequence[str],
        timeout_s: float = 30,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """Run a short, read-only program as the system's account; its messages come in English."""
        variables = {"LC_ALL": "C", **(env or {})}
        if stdin is not None:
            transport = self.ctx.transport(self.host)
            return transport.query(argv, timeout_s=timeout_s, user=self.run_as, env=variables, stdin=stdin)
        return self.ctx.query(self.host, argv, timeout_s=timeout_s, user=self.run_as, env=variables)

    def query_ourselves(self, argv: Sequence[str]) -> Completed:
        """Run a short, read-only program as our own account on the host."""
        return self.ctx.query(self.host, argv, timeout_s=30, env={"LC_ALL": "C"})

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
        """Run a program that has effects, as the system's account unless ``user`` says otherwise."""
        return self.ctx.run(
            key,
            self.host,
            argv,
            timeout_s=timeout_s,
            user=self.run_as if user is None else user,
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

        It is written as the system's account, unless ``user`` says otherwise (empty: our own).

        Raises:
            ActionFailed: it cannot be written; what was there still is.
        """
        account = self.run_as if user is None else user
        content = text.encode()
        argv = ["sh", "-c", _WRITE, "sh", path, str(len(content)), hashlib.sha256(content).hexdigest()]
        done = self.ctx.transport(self.host).query(argv, timeout_s=30, user=account, stdin=content)
        if done.code != 0:
            raise ActionFailed(
                f"{path} cannot be written: {last_words(done)}",
                "What was there before still is. Check space and permissions.",
            )
        before = done.out.strip() or "there was none"
        self.ctx.log(f"wrote {path}: {len(content)} bytes, sha256 {argv[-1]} ({before})")

    def remove(self, path: str) -> None:
        """Remove a file that may be there. Call it only where ``effect`` said True."""
        done = self.ctx.transport(self.host).query(["rm", "-f", path], timeout_s=30, user=self.run_as)
        if done.code != 0:
            raise ActionFailed(f"{path} cannot be removed: {last_words(done)}", "Check its permissions.")


def last_words(done: Completed) -> str:
    """Return what a failed program said, for an error's message: its last error, else its last line."""
    if done.code < 0:
        return f"it {done.ending}"
    said = [line.strip() for line in (done.err.strip() or done.out.strip()).splitlines()]
    errors = [line for line in said if _ERROR.search(line)]
    return (errors or said)[-1] if said else f"exit status {done.code}, and it printed nothing"

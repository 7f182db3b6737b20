"""What the server had of each user before this incident changed it: a password is changed once, and proven so."""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

import msgspec

from actions.context import ActionContext
from actions.kept_record import keep_record, load_record


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """Keyed digests of what the server had, by user; the key is of this incident, and nothing can be told from them."""

    key: str
    users: dict[str, str] = {}

    def tells(self, user: str, verifier: str) -> bool | None:
        """Whether that is what the server had before; None: this incident has not changed that user."""
        kept = self.users.get(user)
        return None if kept is None else hmac.compare_digest(kept, self._digest(verifier))

    def with_user(self, user: str, verifier: str) -> Before:
        """Return it with one more user; what was first written down stays."""
        return self if user in self.users else Before(key=self.key, users={**self.users, user: self._digest(verifier)})

    def _digest(self, verifier: str) -> str:
        return hmac.digest(bytes.fromhex(self.key), verifier.encode(), "sha256").hex()


def load_before(ctx: ActionContext) -> Before:
    """Return what is written down of the run's system.

    Raises:
        ActionFailed: it cannot be read.
    """
    found = load_record(_path(ctx), Before, hint="Move it away; then each password is taken as not changed yet.")
    return found or Before(key=secrets.token_hex(32))


def keep_before(ctx: ActionContext, before: Before) -> None:
    """Write it down. Call it only where ``effect`` said True, before anything is changed.

    Raises:
        ActionFailed: the disk does not take it; nothing was changed.
    """
    keep_record(_path(ctx), before, left_behind="No password was changed.")


def _path(ctx: ActionContext) -> Path:
    return ctx.files / f"credentials-{ctx.system}.json"

"""One toy store of the inventory, as an action meets it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure
from actions.transport import Completed
from cleo_toy.client import ask
from cleo_toy.settings import ToySettings
from journal.events.types import Identity

PROGRAM = str(Path(__file__).with_name("store.py"))
"""The store's own program; a real one would be installed on its host."""

RESTORE = Cure(words="Restore it from its newest sound copy.", action="toy.restore", cost="what was written since")
"""What helps where its data is lost or damaged."""


class Toy:
    """A store, and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str) -> None:
        self.ctx = ctx
        self.name = name
        self.settings = ctx.inventory.system(name, ToySettings)

    def argv(self, what: str, *more: str) -> list[str]:
        """Return the command line of one of the store's programs."""
        return [self.settings.python, "-IS", PROGRAM, what, self.settings.folder, *more]

    def look(self, timeout_s: float = 30) -> dict[str, Any]:
        """Return what lies on the host and who serves it: a look at files and locks, not at what answers.

        Raises:
            ActionFailed: nobody can look.
        """
        seen: dict[str, Any] = self._read(self.argv("look"), timeout_s)
        return seen

    def copies(self, timeout_s: float = 30) -> list[dict[str, Any]]:
        """Return the copies, oldest first; ``error`` says what is wrong with one.

        Raises:
            ActionFailed: nobody can look.
        """
        found: list[dict[str, Any]] = self._read(self.argv("copies", self.settings.copies), timeout_s)
        return found

    def run(self, key: str, *words: str) -> Completed:
        """Run one of the store's programs that has effects.

        Raises:
            ActionFailed: it failed.
        """
        done = self.ctx.run(
            key, self.settings.host, self.argv(*words), timeout_s=60, env=self.settings.environment or None
        )
        if done.code:
            raise ActionFailed(f"{words[0]} {self.name} failed: {done.err.strip()}", f"Look at {self.settings.folder}.")
        return done

    def ask(self, what: str, deadline_s: float = 5.0, **more: str) -> dict[str, Any]:
        """Return the answer of our store, and of no other that has its port.

        Raises:
            CannotAsk: there is no answer.
            ActionFailed: another one answers.
        """
        status = ask(self.settings, "status", deadline_s)
        require_ours(status, self.look(deadline_s))
        return status if what == "status" else ask(self.settings, what, deadline_s, **more)

    def _read(self, argv: Sequence[str], timeout_s: float) -> Any:
        done = self.ctx.query(self.settings.host, argv, timeout_s=timeout_s)
        if done.code:
            raise ActionFailed(f"{self.name} cannot be looked at: {done.err.strip()}", "Is its folder there?")
        return json.loads(done.out)


def require_ours(status: dict[str, Any], seen: dict[str, Any]) -> None:
    """Compare who answers with who serves our folder.

    Raises:
        ActionFailed: it is another.
    """
    if status.get("pid") != seen["pid"] or status.get("id") != seen.get("id", status.get("id")):
        raise ActionFailed(
            f"another store answers at this port: process {status.get('pid')}, and ours is {seen['pid'] or 'down'}",
            "End the other one, or correct the port in the inventory.",
        )


def find_toy(ctx: ActionContext) -> Toy:
    """Return the store that the run is aimed at."""
    return Toy(ctx, ctx.system)


def identity(ctx: ActionContext) -> list[Identity]:
    """Return what tells the store that the run is aimed at from every other."""
    return identity_of(find_toy(ctx))


def identity_of(toy: Toy) -> list[Identity]:
    """Return what a person types to confirm, host, machine id, folder, copies, and the store's own id."""
    host = toy.ctx.transport(toy.settings.host).host_identity()
    copies = [copy["id"] for copy in toy.copies() if not copy["error"]]
    own, last = toy.look().get("id", ""), copies[-1] if copies else ""
    known = "reported" if own else "last known" if last else "unknown"
    return [
        _reported("confirm", f"{toy.name}@{host.get('hostname', toy.settings.host)}"),
        _reported("host", host.get("hostname", "")),
        _reported("machine id", host.get("machine_id", "")),
        _reported("data directory", toy.settings.place()),
        _reported("repository", toy.settings.copies),
        Identity(name="store", value=own or last or "unknown", known=known),  # type: ignore[arg-type]
    ]


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value or "unknown", known="reported" if value else "unknown")

"""One pooler of the inventory, as an action meets it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import NamedTuple

from actions.context import ActionContext
from actions.machine.machine import Machine, last_words
from actions.outcome import ActionFailed, Cure
from actions.systems.pooler.commands import admin_argv, look_argv
from actions.systems.pooler.config_file import Entry, parse
from actions.systems.pooler.seen import Seen, read
from actions.systems.pooler.settings import PoolerSettings
from actions.transport import Completed
from journal.events.types import Identity

_LOOK_S = 10.0
REPOINT = Cure(words="Lead it to the primary.", action="pooler.repoint")
RESUME = Cure(words="Let its clients go on.", action="pooler.resume")


class Files(NamedTuple):
    """The configuration: each file's text by its path, and every database in order."""

    texts: Mapping[str, str]
    entries: list[Entry]

    def of(self, name: str) -> list[Entry]:
        """Return where a database stands."""
        return [entry for entry in self.entries if entry.name == name]


class Pooler(Machine):
    """A pooler, and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str) -> None:
        self.settings = ctx.inventory.system(name, PoolerSettings)
        super().__init__(ctx, self.settings.host, self.settings.run_as)
        self.name = name

    @property
    def secret_env(self) -> dict[str, str]:
        """What psql wants of a password."""
        password = self.settings.password
        return {"PGPASSWORD": self.ctx.secret(password.read())} if password else {}

    def look(self, timeout_s: float = _LOOK_S) -> Seen:
        """Return how it runs now.

        Raises:
            ActionFailed: it does not answer, or something else does.
        """
        done = self.query(look_argv(self.settings, timeout_s), timeout_s=timeout_s + 5, env=self.secret_env)
        return seen_in(done, self.settings, self.name)

    def files(self) -> Files:
        """Return its configuration, with what that includes.

        Raises:
            ActionFailed: a file is not there, cannot be read, or is included by a name that only PgBouncer can follow.
        """
        texts, entries, left = dict[str, str](), list[Entry](), [self.settings.config]
        while left:
            path = left.pop(0)
            if path in texts:
                continue
            text = self.read(path)
            if text is None:
                raise ActionFailed(
                    f"{self.name}'s configuration {path} is not there.", "Correct config: in the inventory."
                )
            texts[path] = text
            found = parse(path, text)
            entries += found.entries
            left += [self._whole(each, path) for each in found.includes]
        return Files(texts, entries)

    def _whole(self, included: str, by: str) -> str:
        if posixpath.isabs(included):
            return included
        raise ActionFailed(
            f"{by} includes {included}, which counts from wherever PgBouncer was started.",
            "Write the whole path into the %include line.",
        )

    def admin(self, command: str) -> Completed:
        """Give it one command, also where somebody asked the action to stop: clients may be waiting."""
        transport = self.ctx.transport(self.host)
        env = {"LC_ALL": "C", "PGCONNECT_TIMEOUT": "5", **self.secret_env}
        return transport.query(admin_argv(self.settings, command), timeout_s=15, user=self.run_as, env=env)


def seen_in(done: Completed, settings: PoolerSettings, name: str) -> Seen:
    """Return what a look saw.

    Raises:
        ActionFailed: PgBouncer did not answer, or something else did.
    """
    if done.code:
        raise ActionFailed(
            f"{name} does not answer at {settings.place()}: {last_words(done)}",
            "Start PgBouncer on its host, or correct socket, port, admin and run_as in the inventory.",
        )
    try:
        return read(done.out)
    except (ValueError, KeyError) as error:
        raise ActionFailed(
            f"What answers at {settings.place()} is no PgBouncer that can be read: {error}", "Correct socket and port."
        ) from error


def find_pooler(ctx: ActionContext) -> Pooler:
    """Return the pooler that the run is aimed at."""
    return Pooler(ctx, ctx.system)


def identity(ctx: ActionContext) -> list[Identity]:
    """Return what a person types to confirm, host, machine id, and the pooler that is changed."""
    found = find_pooler(ctx)
    host = ctx.transport(found.settings.host).host_identity()
    return [
        _reported("confirm", f"{found.name}@{host.get('hostname', found.settings.host)}"),
        _reported("host", host.get("hostname", "")),
        _reported("machine id", host.get("machine_id", "")),
        _reported("pooler", found.settings.place()),
    ]


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value or "unknown", known="reported" if value else "unknown")

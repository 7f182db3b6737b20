"""One load balancer of the inventory, as an action meets it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Cure
from actions.systems.load_balancer import record as records
from actions.systems.load_balancer.programs import text_of
from actions.systems.load_balancer.record import Record, Setting, Stage, differences, settings_of
from actions.systems.load_balancer.seen import LOOK, Seen, Server, read
from actions.systems.load_balancer.settings import LoadBalancerSettings
from actions.transport import Completed, FileMissing
from journal.events.types import Identity

_API_S = 10.0
_BETWEEN_S = 0.2
"""Seconds between two looks."""
VERIFY = Cure(words="See what it runs with.", action="load_balancer.verify")
PUT_BACK = Cure(words="Put back what was set before.", action="load_balancer.put_back")


class Balancer:
    """A load balancer, and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str) -> None:
        self.ctx = ctx
        self.name = name
        self.settings = ctx.inventory.system(name, LoadBalancerSettings)

    def pool(self, site: str) -> list[str]:
        """Return the names of a site's servers.

        Raises:
            ActionFailed: the inventory names no pool of that site.
        """
        if site not in self.settings.pools:
            raise ActionFailed(
                f"{self.name} has no pool of the site {site}; it has: {', '.join(self.settings.pools)}.",
                "Name the site's servers in the inventory (pools).",
            )
        return [server.name for server in self.settings.pools[site]]

    def others(self, site: str) -> list[str]:
        """Return the names of all other sites' servers."""
        return [server.name for name, pool in self.settings.pools.items() if name != site for server in pool]

    def look(self, timeout_s: float = _API_S) -> Seen:
        """Return what HAProxy says of its servers now.

        Raises:
            ActionFailed: it does not answer, or another one does.
        """
        settings = self.settings
        argv = look_argv(settings, timeout_s)
        done = self.ctx.query(settings.host, argv, timeout_s=timeout_s + 5, user=settings.run_as)
        return seen_in(done, settings, self.name)

    def require(self, seen: Seen, names: Iterable[str]) -> None:
        """Refuse where HAProxy does not have these servers.

        Raises:
            ActionFailed: it has not; a runtime API cannot add them.
        """
        if missing := [name for name in names if name not in seen.servers]:
            backend = self.settings.backend
            raise ActionFailed(
                f"HAProxy's backend {backend} has no server {', '.join(missing)}.",
                f"Add it to {self.settings.config} (disabled), then run load_balancer.reload.",
            )

    def set(self, key: str, seen: Seen, wanted: Mapping[str, Setting], target: str, stage: Stage) -> Seen:
        """Set servers as wanted, write down what is wanted and what was, have a reload keep it, and see that it is so.

        Args:
            key: names the program within the run.
            seen: what is now.
            wanted: the servers that change.
            target: the site that users are moved to.
            stage: how far that is then.

        Raises:
            ActionFailed: HAProxy refused something, or runs otherwise than it was told.
        """
        now = settings_of(seen)
        whole = self.settled({**now, **wanted})
        self.require_unchanged(seen)
        self.write_record(now, whole, target, stage, seen)
        self.apply(key, now, whole, seen)
        after = self.look()
        if wrong := differences(settings_of(after), whole):
            raise ActionFailed(
                f"{self.name} does not run as it was told: {'; '.join(wrong)}.",
                left_behind="Some servers are set.",
                cures=[VERIFY, PUT_BACK],
            )
        return after

    def require_some_left(self, left: Sequence[str]) -> None:
        """Refuse to take out all servers, where nobody would answer users then; HAProxy does."""

    def settled(self, wanted: dict[str, Setting]) -> dict[str, Setting]:
        """Return what servers are set to where these settings are wanted; HAProxy takes any."""
        return wanted

    def require_unchanged(self, seen: Seen) -> None:  # HAProxy is told server by server: nothing else is overwritten
        """Refuse where somebody else changed what is about to be overwritten as a whole."""

    def apply(self, key: str, now: Mapping[str, Setting], wanted: Mapping[str, Setting], seen: Seen) -> None:
        """Bring the servers from what is to what is wanted.

        Raises:
            ActionFailed: something was refused.
        """
        self.send(key, records.commands(self.settings.backend, now, wanted))

    def send(self, key: str, lines: Sequence[str]) -> None:
        """Give HAProxy commands that set something, and save its state for a reload.

        Raises:
            ActionFailed: it refused one; those before it were carried out.
        """
        settings = self.settings
        for line in lines:
            self.ctx.log(line)
        argv = runtime_argv(settings, lines, _API_S, save=settings.state_file)
        done = self.ctx.run(key, settings.host, argv, timeout_s=_API_S + 20, user=settings.run_as)
        if done.code:
            raise ActionFailed(
                f"{self.name}: {_last(done)}.",
                left_behind="What was set before that stays set.",
                cures=[VERIFY, PUT_BACK],
            )

    @property
    def record_file(self) -> str:
        """Where the record lies."""
        return f"{self.settings.state_file}.cleo"

    def record(self) -> Record | None:
        """Return what was done last; None where nothing was.

        Raises:
            ActionFailed: the record cannot be read.
        """
        try:
            data = self.ctx.transport(self.settings.host).read_file(self.record_file)
        except FileMissing:
            return None
        return records.parse(data, self.record_file)

    def write_record(
        self, now: Mapping[str, Setting], wanted: Mapping[str, Setting], target: str, stage: Stage, seen: Seen
    ) -> None:
        """Write down what is wanted, and what was before this incident's first change: into journal and record."""
        found, me = self.record(), self.ctx.incident.id
        ours = found if found and found.incident == me and found.stage != "put back" else None
        before, actions = (ours.before, ours.actions) if ours else (now, self.actions_in(seen))
        if ours is None:
            self.ctx.log("before: " + "; ".join(f"{name} {one}" for name, one in now.items()))
        self.keep(
            Record(incident=me, target=target, stage=stage, before=before, wanted=wanted, was=now, actions=actions)
        )

    def actions_in(self, seen: Seen) -> Sequence[Mapping[str, Any]]:
        """Return what is kept beside the servers' settings to be put back: of HAProxy nothing."""
        return ()

    def keep(self, record: Record) -> None:
        """Keep a record where the next run finds it."""
        self.ctx.transport(self.settings.host).write_file(self.record_file, msgspec.json.encode(record), mode=0o644)

    def target(self) -> str:
        """Return the site that users are moved to in this incident.

        Raises:
            ActionFailed: its pool was not set yet.
        """
        found = self.record()
        if found is None or found.incident != self.ctx.incident.id or found.stage == "put back":
            raise ActionFailed(
                f"{self.name}'s pools were not updated in this incident.",
                "First load_balancer.update, with --dr-site where the DR site takes over.",
            )
        return found.target

    def wait_healthy(self, names: Sequence[str], deadline_s: float) -> list[Server]:
        """Wait until all of these passed a check; return those that did not by the deadline."""
        end = time.monotonic() + deadline_s
        while True:
            missing = [server for server in self.look().of(names) if not server.healthy]
            if not missing or time.monotonic() > end:
                return missing
            self.ctx.progress(Progress(text=f"waits for a check of {', '.join(server.name for server in missing)}"))
            self.pause()

    def identity(self) -> list[Identity]:
        """Return what a person types to confirm, host, machine id, and the backend that is changed."""
        host = self.ctx.transport(self.settings.host).host_identity()
        return [
            reported("confirm", f"{self.name}@{host.get('hostname', self.settings.host)}"),
            reported("host", host.get("hostname", "")),
            reported("machine id", host.get("machine_id", "")),
            reported("pools", self.settings.place()),
        ]

    def pause(self) -> None:
        """Wait between two looks."""
        self.ctx.check_cancelled()
        time.sleep(_BETWEEN_S)

    def try_servers(self, names: Sequence[str], each: int, timeout_s: float = 5.0) -> dict[str, list[dict[str, Any]]]:
        """Send requests through the frontend, each asking for one server; return what came back of each.

        Raises:
            ActionFailed: nothing could be sent from the host.
        """
        settings = self.settings
        if settings.leads_to:
            raise ActionFailed(
                f"{self.name} is in front of a database: no request can be sent through it.",
                cures=[Cure(words="Lead it to the primary instead.", action="load_balancer.repoint")],
            )
        order = {
            "frontend": settings.frontend,
            "path": settings.ready,
            "ask_for": settings.ask_for,
            "served_by": settings.served_by,
            "host_header": settings.host_header,
            "servers": list(names),
            "each": each,
            "timeout_s": timeout_s,
        }
        argv = [settings.python, "-IS", "-c", text_of("send_requests"), json.dumps(order)]
        limit_s = timeout_s * each * max(len(names), 1) + 10
        done = self.ctx.query(settings.host, argv, timeout_s=limit_s, user=settings.run_as)
        if done.code:
            raise ActionFailed(f"No request could be sent from {settings.host}: {_last(done)}.", "Is python3 there?")
        found: dict[str, list[dict[str, Any]]] = json.loads(done.out)
        return found


def runtime_argv(
    settings: LoadBalancerSettings, lines: Sequence[str], timeout_s: float, *, save: str = ""
) -> list[str]:
    """Return the command line that gives HAProxy commands on its host."""
    order = {"socket": settings.socket, "commands": list(lines), "timeout_s": timeout_s, "save": save}
    return [settings.python, "-IS", "-c", text_of("runtime"), json.dumps(order)]


def look_argv(settings: LoadBalancerSettings, timeout_s: float) -> list[str]:
    """Return the command line of a look."""
    return runtime_argv(settings, LOOK, timeout_s)


def seen_in(done: Completed, settings: LoadBalancerSettings, name: str) -> Seen:
    """Return what a look saw.

    Raises:
        ActionFailed: HAProxy did not answer, or another one did.
    """
    if done.code:
        raise ActionFailed(
            f"{name} does not answer: {_last(done)}", "Start HAProxy on its host, or correct its socket."
        )
    return read(json.loads(done.out), settings.backend)


def reported(name: str, value: str) -> Identity:
    """Return a part of what is acted on, or that it is not known."""
    return Identity(name=name, value=value or "unknown", known="reported" if value else "unknown")


def _last(done: Completed) -> str:
    said = done.err.strip() or done.out.strip()
    return said.splitlines()[-1] if said else done.ending

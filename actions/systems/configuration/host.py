"""The configuration of one host of the inventory, as an action meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, GateClosed
from actions.systems.configuration.settings import ConfigurationSettings
from actions.transport import Completed, LocalHost
from journal.events.types import Identity
from journal.incident.recovery_point import RecoveryPoint

PROGRAMS = "actions.systems.configuration.programs"
GIT_S = 60.0
"""Seconds that one call of git may take."""
LOOK_S = 300.0
RESTORE = Cure(
    words="Restore it from Git; what lies there is kept.",
    action="configuration.restore",
    cost="edits that no commit holds come out of use",
)


class Configuration:
    """What runs on a host, and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str) -> None:
        self.ctx = ctx
        self.name = name
        self.settings = ctx.inventory.system(name, ConfigurationSettings)

    @property
    def place(self) -> str:
        """Its directory."""
        return self.settings.place()

    def look(self, point: str = "", *, show: bool = False, timeout_s: float = LOOK_S) -> dict[str, Any]:
        """Return what the remote has and what of it runs (see `programs.look`).

        Args:
            point: which commit to compare with (see `programs.history.choose`); empty: the branch's head.
            show: also log how they differ.
            timeout_s: seconds for all of it.

        Raises:
            ActionFailed: nobody can look.
        """
        argv = look_argv(self.settings, self.local, point, show=show, deadline_s=min(GIT_S, timeout_s))
        settings = self.settings
        env = {"LC_ALL": "C", **settings.environment}
        done = self.ctx.query(settings.host, argv, timeout_s=timeout_s, user=settings.run_as, env=env)
        if done.code:
            raise ActionFailed(f"{self.name} cannot be looked at: {last_words(done)}", "See what it says.")
        *lines, last = done.out.strip().splitlines()
        for line in lines:
            self.ctx.log(line)
        found: dict[str, Any] = json.loads(last)
        return found

    def look_well(self, point: str, *, show: bool = False) -> dict[str, Any]:
        """Return the same where the right repository was seen to have the commit.

        Raises:
            ActionFailed: another repository answers, or none and nothing is known of it, or it has no such commit.
        """
        seen = self.look(point, show=show)
        if why := seen["stranger"]:
            raise ActionFailed(f"{self.name}: {why}.", "Correct the remote in the inventory; nothing was touched.")
        if why := seen["wrong"]:
            unreachable = f" ({seen['unreachable']})" if seen["unreachable"] else ""
            choose = Cure(words="Choose a recovery point that a commit leads to.", decision="recovery_point")
            raise ActionFailed(f"{self.name}: {why}{unreachable}.", cures=[choose])
        return seen

    def run(self, key: str, program: str, *words: str) -> Completed:
        """Run one of our programs that has effects."""
        settings = self.settings
        argv = [python_of(settings, self.local), "-P", "-m", f"{PROGRAMS}.{program}", *words]
        return self.ctx.run(key, settings.host, argv, user=settings.run_as, env={"LC_ALL": "C", **settings.environment})

    @property
    def local(self) -> bool:
        """Whether its host is this machine."""
        return isinstance(self.ctx.inventory.host(self.settings.host), LocalHost)

    def point(self, commit: str) -> str:
        """Return which commit a restore leads to, as `programs.history.choose` takes it.

        Raises:
            GateClosed: the recovery point says nothing of this system.
        """
        if commit:
            return commit
        decided = self.ctx.incident.recovery_point or RecoveryPoint(latest=True)
        own = decided.of(self.name)
        if own is None:
            raise GateClosed("recovery-point", f"The recovery point says nothing of {self.name}.", yields="never")
        return "latest" if own.latest else own.instant.isoformat() if own.instant else own.value


def look_argv(
    settings: ConfigurationSettings, local: bool, point: str = "", *, show: bool = False, deadline_s: float = GIT_S
) -> list[str]:
    """Return the command line that looks at a configuration; ``local``: whether its host is this machine."""
    words = options(settings, deadline_s) | {"point": point, "show": show, "signers": settings.allowed_signers}
    return [python_of(settings, local), "-P", "-m", f"{PROGRAMS}.look", json.dumps(words)]


def options(settings: ConfigurationSettings, deadline_s: float = GIT_S) -> dict[str, Any]:
    """Return what all programs are told."""
    return {
        "directory": settings.place(),
        "remote": settings.remote,
        "branch": settings.branch,
        "root": settings.root,
        "paths": settings.paths,
        "mirror": settings.mirror,
        "deadline_s": deadline_s,
    }


def python_of(settings: ConfigurationSettings, local: bool) -> str:
    """Return the Python that has Cleo on the host."""
    return settings.python or (sys.executable if local else "python3")


def doubts(seen: Mapping[str, Any]) -> list[Finding]:
    """Return what is to be said of the history, whatever is done with it."""
    said = [_warning("history", text) for text in seen.get("said", ())]
    said += [
        _warning(f"commit {commit[:12]}", "was the branch's head, and somebody pushed over it; the mirror keeps it")
        for commit in seen.get("forced", ())
    ]
    if seen["unreachable"]:
        said.append(_warning("remote", f"does not answer: {seen['unreachable']}; what was fetched last counts"))
    return said


def _warning(about: str, text: str) -> Finding:
    return Finding(severity="warning", about=about, text=text, cure="Ask who pushed there.")


def of_kind(seen: Mapping[str, Any], *kinds: str) -> list[str]:
    """Return the paths that differ in one of these ways."""
    return [each["path"] for each in seen["differ"] if each["kind"] in kinds]


def named(paths: Sequence[str]) -> str:
    """Return the first of some paths, in words."""
    return f"{', '.join(paths[:3])}{', …' if len(paths) > 3 else ''}"


def last_words(done: Completed) -> str:
    """Return what a program that failed said last."""
    said = (done.err.strip() or done.out.strip()).splitlines()
    return said[-1].strip() if said else done.ending


def find_configuration(ctx: ActionContext) -> Configuration:
    """Return the configuration that the run is aimed at."""
    return Configuration(ctx, ctx.system)


def identity(ctx: ActionContext) -> list[Identity]:
    """Return what a person types to confirm, host, machine id, directory and repository."""
    found = find_configuration(ctx)
    host = ctx.transport(found.settings.host).host_identity()
    return [
        _reported("confirm", f"{found.name}@{host.get('hostname', found.settings.host)}"),
        _reported("host", host.get("hostname", "")),
        _reported("machine id", host.get("machine_id", "")),
        _reported("data directory", found.place),
        _reported("repository", f"{found.settings.remote} {found.settings.branch}"),
    ]


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value or "unknown", known="reported" if value else "unknown")

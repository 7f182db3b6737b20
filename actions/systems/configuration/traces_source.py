"""Looks through a configuration for an intruder's traces: what runs, and what Git had at any moment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from actions.backups.engine import BackupSet
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.intrusion.traces import Holding, NothingRestored, Thing
from actions.outcome import ActionFailed
from actions.systems.configuration.host import (
    LOOK_S,
    PROGRAMS,
    Configuration,
    find_configuration,
    identity,
    last_words,
    options,
    python_of,
)
from actions.systems.configuration.settings import ConfigurationSettings
from journal.events.types import Identity

_REACHES_BACK = timedelta(days=14)
"""Half of those who break in are noticed within eleven days (M-Trends 2025): older changes count as the house's."""


class ConfigurationTraces(NothingRestored):
    """One configuration (`actions.intrusion.traces.OwnStates`): nothing is restored, Git shows what a commit has."""

    looked_for = (
        "files that can be run, or let somebody in by their names; links",
        "lines that run or load something, open a door or lead elsewhere",
        "what runs and no commit holds",
        "commits that were pushed over, or are dated before the one that they follow",
    )
    not_looked_for = (
        "what else files say",
        "files outside of the folders that the inventory names",
        "whether a commit's date is true (by that goes what nobody looked at then)",
        "the Git server itself",
    )

    reaches_back = _REACHES_BACK

    def now(self, ctx: ActionContext) -> Holding:
        """Return what runs."""
        found = find_configuration(ctx)
        seen = found.look_well("latest")
        far = [f"the remote: {seen['unreachable']}; what was fetched last counts"] if seen["unreachable"] else []
        live = _asked(found, "live")
        return Holding(things=_things(live), unseen=[*far, *live["unseen"]])

    def states(self, ctx: ActionContext) -> Sequence[BackupSet]:
        """Return the branch's commits, the oldest first, each as of the date that it carries."""
        found = find_configuration(ctx)
        found.look_well("latest")
        commits: list[tuple[str, str]] = _asked(found, "states")
        return [
            BackupSet(label=_label(commit), kind="commit", ended_at=moment, consistent_at=moment)
            for commit, at in commits
            if (moment := datetime.fromisoformat(at))
        ]

    def at(self, ctx: ActionContext, point: datetime, backup: str = "") -> Holding:
        """Return what the commit has that a restore would take."""
        seen = _asked(find_configuration(ctx), point.isoformat())
        return Holding(
            things=_things(seen),
            backup=_label(seen["commit"]),
            since=min(point, datetime.fromisoformat(seen["at"])),
            until=datetime.fromisoformat(seen["until"]),
        )

    def place(self, ctx: ActionContext) -> str:
        """Return the mirror: nothing is restored."""
        return f"{find_configuration(ctx).settings.mirror} (Git shows it, nothing is restored)"

    def target(self, ctx: ActionContext) -> Sequence[Identity]:
        """Return what tells the configuration from every other."""
        return identity(ctx)

    def by_hand(self, known: ByHand) -> Sequence[CommandLine]:
        """Return what shows two commits, and what runs, side by side."""
        settings = known.settings(ConfigurationSettings)
        git, host, user = ["git", "--git-dir", settings.mirror], settings.host, settings.run_as
        words = "what runs; commits by: log --first-parent"
        return [
            CommandLine(argv=[*git, "diff", "OLDEST", "NEWEST", "--", *settings.paths], host=host, user=user),
            CommandLine(
                argv=[*git, "--work-tree", settings.place(), "diff", "NEWEST", "--", *settings.paths],
                what=words,
                host=host,
                user=user,
            ),
        ]


def _label(commit: str) -> str:
    return commit[:12]


def _things(seen: Mapping[str, Any]) -> dict[str, Thing]:
    found: Mapping[str, tuple[str, str, str]] = seen["things"]
    return {name: Thing(what=what, digest=said, suspect=suspect) for name, (what, said, suspect) in found.items()}


def _asked(found: Configuration, asked: str) -> Any:
    """Return what the program says of what runs, of the states, or of an instant.

    Raises:
        ActionFailed: nobody can look.
    """
    settings = found.settings
    words = json.dumps(options(settings))
    argv = [python_of(settings, found.local), "-P", "-m", f"{PROGRAMS}.traces", words, asked]
    env = {"LC_ALL": "C", **settings.environment}
    done = found.ctx.query(settings.host, argv, timeout_s=LOOK_S, user=settings.run_as, env=env)
    if done.code:
        raise ActionFailed(f"{found.name} cannot be looked through: {last_words(done)}.")
    return json.loads(done.out.strip().splitlines()[-1])


def source() -> ConfigurationTraces:
    """Return how a configuration is looked through."""
    return ConfigurationTraces()

"""A configuration's health: whether the remote answers, and whether what runs is what was pushed last."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from actions.health import Health, silent
from actions.systems.configuration.host import last_words, look_argv
from actions.systems.configuration.settings import ConfigurationSettings
from actions.transport import DeadlineExceeded, NothingStarted, Transport, TransportLost
from journal.events.measured import Measured
from journal.wording.counting import count

_GIT = 0.6
"""Of the deadline: for one call of git."""


def probe(system: str, settings: ConfigurationSettings, host: Transport, *, deadline_s: float) -> Health:
    """Return the configuration's health.

    Args:
        system: its name in the inventory.
        settings: what the inventory says of it.
        host: the way to its host.
        deadline_s: seconds for all of it.
    """
    argv = look_argv(settings, host.name == "local", deadline_s=deadline_s * _GIT)
    env = {"LC_ALL": "C", **settings.environment}
    try:
        done = host.query(argv, timeout_s=deadline_s, user=settings.run_as, env=env)
    except DeadlineExceeded as error:
        return silent(error.message, {})
    except (NothingStarted, TransportLost) as error:
        return Health(status="not measured", detail=f"its host cannot be asked: {error.message}")
    if done.code:
        return Health(status="not measured", detail=f"nobody can look at it: {last_words(done)}")
    return _judge(settings, json.loads(done.out.strip().splitlines()[-1]))


def _judge(settings: ConfigurationSettings, seen: Mapping[str, Any]) -> Health:
    if seen["stranger"]:
        return Health(status="not measured", detail=str(seen["stranger"]))
    if not seen["there"]:
        return Health(status="down", detail=f"{settings.place()} is missing")
    if seen["wrong"]:
        why = f"{seen['wrong']}; {seen['unreachable']}" if seen["unreachable"] else str(seen["wrong"])
        return Health(status="not measured", detail=why)
    differ, head = seen["differ"], seen["head"]
    troubles = [f"the remote does not answer: {seen['unreachable']}"] if seen["unreachable"] else []
    troubles += [f"{count(len(differ), 'file')} not as in the last commit pushed"] if differ else []
    troubles += [f"somebody pushed over {seen['forced'][-1][:12]}"] if seen["forced"] else []
    figures = [f"{count(seen['files'], 'file')}, commit {head['id'][:12]} of {head['at'][:16].replace('T', ' ')} UTC"]
    return Health(
        status="degraded" if troubles else "up",
        detail="; ".join([*troubles, *figures]),
        facts=measured(seen).facts(),
    )


def measured(seen: Mapping[str, Any]) -> Measured:
    """Return what clocks and RPO need: an edit that no pushed commit holds is at risk since it was made."""
    at, last = datetime.fromisoformat(seen["head"]["at"]), seen["head"]["id"][:12]
    if seen["unreachable"]:
        return Measured(newest_commit_at=at, exposure_by="the remote does not answer")
    edits = [each for each in seen["differ"] if each["kind"] in ("changed", "extra", "kind") and not each["held"]]
    if not edits:
        return Measured(newest_commit_at=at, exposure_s=0, exposure_by=f"all of it is in commits pushed, {last} last")
    first = min(edits, key=lambda each: float(each["mtime"]))
    exposure_s = max(time.time() - first["mtime"], 0.0)
    by = f"{first['path']} is in no commit pushed{f', nor are {len(edits) - 1} more' if edits[1:] else ''}"
    return Measured(newest_commit_at=at, exposure_s=exposure_s, exposure_by=by)

"""A toy store's health."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from actions.health import Health, silent
from actions.outcome import ActionFailed
from actions.transport import DeadlineExceeded, NothingStarted, Transport, TransportLost
from cleo_toy.client import CannotAsk, ask
from cleo_toy.settings import ToySettings
from cleo_toy.toy import PROGRAM, require_ours


def probe(system: str, settings: ToySettings, host: Transport, *, deadline_s: float) -> Health:
    """Return the store's health; half of the time is for the store, half for its host.

    Args:
        system: its name in the inventory.
        settings: the store.
        host: the way to its host.
        deadline_s: seconds for all of it.
    """
    end = time.monotonic() + deadline_s
    try:
        status = ask(settings, "status", deadline_s / 2)
        require_ours(status, _seen(settings, host, "look", end))
        return _judge(status, _seen(settings, host, "copies", end, settings.copies))
    except CannotAsk as error:
        if error.why == "timeout":
            return silent(error.message, {})
        unknown = error.why == "unusable"
        facts = {"reason": error.why}
        return Health(status="not measured" if unknown else "down", detail=error.message, facts=facts)
    except ActionFailed as error:
        return Health(status="not measured", detail=error.message)
    except DeadlineExceeded as error:
        return silent(error.message, {})
    except (NothingStarted, TransportLost) as error:
        return Health(status="not measured", detail=f"its host cannot be asked: {error.message}")


def _seen(settings: ToySettings, host: Transport, what: str, end: float, *more: str) -> Any:
    argv = [settings.python, "-IS", PROGRAM, what, settings.folder, *more]
    done = host.query(argv, timeout_s=max(end - time.monotonic(), 0.1))
    if done.code:
        raise ActionFailed(f"its host says: {done.err.strip()}")
    return json.loads(done.out)


def _judge(status: dict[str, Any], copies: list[dict[str, Any]]) -> Health:
    ended = [datetime.fromisoformat(copy["ended"]) for copy in copies if not copy["error"]]
    age_s = (datetime.now(UTC) - ended[-1]).total_seconds() if ended else None
    newest = datetime.fromisoformat(status["newest"]) if status["newest"] else None
    exposed = newest and (not ended or newest > ended[-1])
    facts: dict[str, Any] = {"serial": status["serial"], "backup_age_s": age_s, "newest_commit_at": status["newest"]}
    facts["exposure_s"] = age_s if exposed else 0.0
    troubles = ["its file is gone"] if status["file_gone"] else []
    troubles += ["there is no copy"] if not ended else []
    figures = [f"serial {status['serial']}", "read-only" if status["read_only"] else "takes writes"]
    return Health(
        status="degraded" if troubles else "up",
        detail="; ".join([*troubles, *figures]),
        facts={name: value for name, value in facts.items() if value not in (None, "")},
    )

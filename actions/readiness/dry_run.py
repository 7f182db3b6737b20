"""An action's dry run as a look on an ordinary day: the same code, which announces its effects and has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actions.action import Action
from actions.context import ActionContext
from actions.outcome import ActionFailed
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding

_BY_HAND = "See its dry run: cleo run {} --dry-run"


def dry_run(ctx: ActionContext, action: Action, params: Mapping[str, Any]) -> Iterator[ReadyFinding]:
    """Yield what a dry run comes to.

    Args:
        ctx: a context that reads, with the system.
        action: the action.
        params: what the plan gives it.
    """
    name = action.spec.name
    about = about_action(name, params, ctx.system)
    try:
        outcome = action.function(ctx, **params)
    except ActionFailed as error:
        cure = error.hint or next((one.words for one in error.cures), "") or _BY_HAND.format(name)
        yield ReadyFinding(about=about, state="wrong", words=error.message, cure=cure)
        return
    except CleoError as error:  # a host or a server that does not answer: nothing is proven
        yield ReadyFinding(about=about, state="not measured", words=error.message, cure=error.hint)
        return
    yield ReadyFinding(about=about, state="ok" if outcome.ok else "wrong", words=f"its dry run: {outcome.summary}")
    for finding in outcome.findings:
        if finding.severity != "note":
            cure = finding.cure or _BY_HAND.format(name)
            yield ReadyFinding(about=about, state="wrong", words=str(finding), cure=cure, stops=False)


def about_action(name: str, params: Mapping[str, Any], system: str) -> str:
    """Return what a look at an action is called, with the parameters that the plan gives it."""
    said = " ".join([name, *(f"{key}={value}" for key, value in params.items())])
    return f"{said} at {system}" if system else said

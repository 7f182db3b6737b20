"""``@action``: how a function becomes something that plan, console and command line can ask for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, get_type_hints

from actions.outcome import Outcome
from journal.plan.action_spec import ActionSpec, Param

if TYPE_CHECKING:
    from actions.by_hand import ByHandFunction
    from actions.context import ActionContext
    from actions.gate import LiveGate
    from journal.events.types import Identity

ActionFunction = Callable[..., Outcome]
TargetFunction = Callable[["ActionContext"], "Sequence[Identity]"]

_TYPES = {str: "str", int: "int", float: "float", bool: "bool"}


class Action:
    """A registered action.

    Attributes:
        spec: what plan, console and command line see.
        function: what does it: ``function(ctx, **params) -> Outcome``.
        target: tells what it acts on, without any effect; journalled before the first effect, shown at the interlock.
        live: the gates that ask the system, by name: before the dry run, before the start, and again at each effect.
        by_hand: tells its shell commands (see `actions.by_hand`); None: it does what no single command does.
        ready: what it needs beforehand beside what its type looks at, an `actions.readiness.ready.ActionReady` as
            ``"module:function"``; empty: nothing.
        unready: why no look beforehand is possible, in words; empty: one is.
    """

    def __init__(
        self,
        spec: ActionSpec,
        function: ActionFunction,
        target: TargetFunction | None = None,
        live: Mapping[str, LiveGate] | None = None,
        by_hand: ByHandFunction | None = None,
        ready: str = "",
        unready: str = "",
    ) -> None:
        self.spec = spec
        self.function = function
        self.target = target
        self.live = dict(live or {})
        self.by_hand = by_hand
        self.ready, self.unready = ready, unready


def _params(function: ActionFunction, help_texts: dict[str, str]) -> list[Param]:
    hints = get_type_hints(function, include_extras=False, localns={"ActionContext": object, "Outcome": Outcome})
    params = []
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        required = parameter.default is inspect.Parameter.empty
        params.append(
            Param(
                name=name,
                type=_TYPES[hints[name]],  # type: ignore[arg-type]
                default=None if required else parameter.default,
                required=required,
                help=help_texts.get(name, ""),
            )
        )
    return params


def action(
    name: str,
    *,
    script: str = "",
    destructive: bool = False,
    probe: str = "",
    resumable: bool = False,
    gates: tuple[str, ...] = (),
    live: Mapping[str, LiveGate] | None = None,
    touches: tuple[str, ...] = (),
    undone_by: str = "",
    target: TargetFunction | None = None,
    params: dict[str, str] | None = None,
    by_hand: ByHandFunction | None = None,
    ready: str = "",
    unready: str = "",
) -> Callable[[ActionFunction], Action]:
    """Turn a function ``(ctx, *, typed keyword parameters) -> Outcome`` into an action.

    Args:
        name: ``<system>.<verb>``; the first line of the function's docstring is its title.
        script: the written plan's name for it.
        destructive: whether the interlock asks before it starts.
        probe: name of the read-only action that tells what state an unfinished run left.
        resumable: whether a new runner may enter it again (its programs go through ``ctx.run``).
        gates: safety gates that guard it beside those that guard everything, and are told from the incident alone.
        live: safety gates that ask the system at the moment of each effect, by name.
        touches: what it changes (see ``ActionSpec.touches``).
        undone_by: the action that takes back what it leaves in force.
        target: tells what it acts on.
        params: one line of help for each parameter.
        by_hand: tells its shell commands, made by the functions that it makes its own with.
        ready: looks at what it needs on an ordinary day (see `Action`).
        unready: why nobody can look at that.
    """

    def wrap(function: ActionFunction) -> Action:
        title = (inspect.getdoc(function) or name).splitlines()[0].rstrip(".")
        spec = ActionSpec(
            name=name,
            title=title,
            script=script,
            system=name.split(".")[0],
            params=_params(function, params or {}),
            destructive=destructive,
            probe=probe,
            resumable=resumable,
            gates=(*gates, *(live or {})),
            touches=touches,
            undone_by=undone_by,
        )
        return Action(spec, function, target, live, by_hand, ready, unready)

    return wrap

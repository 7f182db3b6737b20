"""The parameters of a step's action in line mode: asked for one by one, then the step runs with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cleo_console.plain.conversation import Conversation
from cleo_console.plain.questions import answer
from cleo_console.plain.runs import run_step
from journal.incident.backup_catalogue import catalogue_of
from journal.incident.cures import cure_params
from journal.incident.instances import instances, left
from journal.plan.action_spec import Param
from journal.plan.model import Step
from journal.plan.param_values import NotAValue, read_value, shown

_EMPTY = "-"
"""The answer that empties a parameter; an empty one keeps what it is."""


def run_with(conversation: Conversation, step: Step) -> None:
    """Ask for each parameter of the step's action, and run the step with them."""
    incident, spec = conversation.incident, conversation.session.catalogue[step.action]
    at = left(incident, step) or instances(incident, step)
    backups = [label for name in at for label in catalogue_of(incident, name).ended]
    filled = cure_params(incident, step)
    found = dict[str, Any]()
    for param in spec.params:
        planned = step.params.get(param.name, param.default)
        value = _value(conversation, param, filled.get(param.name, planned), backups if param.name == "backup" else ())
        if value != planned:
            found[param.name] = value
    run_step(conversation, step, found)


def _value(conversation: Conversation, param: Param, begin: Any, known: Iterable[str]) -> Any:
    """Ask for one parameter until the answer is a value."""
    kind = {"bool": "yes or no", "str": ""}.get(param.type, "number")
    said = ": ".join(words for words in (param.name, kind, param.help) if words)
    there = ", ".join(known)
    conversation.say(said + (f" (there are: {there})" if there else ""))
    now = shown(begin)
    enter = f"enter keeps {now}; {_EMPTY} empties it" if now else "enter leaves it empty"
    while True:
        typed = answer(conversation, f"{param.name} ({enter}; . goes back):") or now
        try:
            return read_value(param, "" if typed == _EMPTY else typed)
        except NotAValue as error:
            conversation.say(error.message)

"""The parameters of an action, edited before it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from journal.plan.action_spec import Param
from journal.plan.param_values import NotAValue, read_value, shown
from journal.wording.sanitize import sanitize
from screens.dialogs.dialog import Dialog
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet


class ParametersDialog(Dialog[Mapping[str, Any]]):
    """Gives what differs from the plan. A destructive step still asks for a dry run and its target after this.

    Args:
        title: the step.
        kind: the incident's kind.
        params: the action's parameters.
        planned: what the plan gives the step.
        filled: what the fields begin with, by name, where that differs from the plan: what is known to help.
        known: values that are known to exist, by the parameter's name.
    """

    CONFIRM = "Run with these (enter)"

    def __init__(
        self,
        title: str,
        kind: str,
        params: Iterable[Param],
        planned: Mapping[str, Any],
        filled: Mapping[str, Any],
        known: Mapping[str, Iterable[str]],
    ) -> None:
        super().__init__(title, kind)
        self._params = list(params)
        self._planned = {param.name: planned.get(param.name, param.default) for param in self._params}
        self._filled = {**self._planned, **filled}
        self._known = known

    def body(self) -> Iterable[Widget]:
        """Yield a field for each parameter, with what it means and what is known to exist."""
        for param in self._params:
            kind = {"bool": "yes or no", "str": ""}.get(param.type, "number")
            said = ": ".join(words for words in (kind, param.help) if words)
            there = ", ".join(self._known.get(param.name, ()))
            yield Quiet(
                Content.assemble(
                    (param.name, "bold"), f"  {sanitize(said)}", f"  (there are: {there})" if there else ""
                ),
                classes="label",
            )
            yield Field(shown(self._filled[param.name]), id=f"param-{param.name}")

    def on_mount(self) -> None:
        """Begin in the first field."""
        self.query(Input).first().focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Give what differs from the plan, or say what is no value."""
        found = dict[str, Any]()
        for param in self._params:
            try:
                value = read_value(param, self.query_one(f"#param-{param.name}", Input).value)
            except NotAValue as error:
                self.complain_at(f"param-{param.name}", f"{error.message} {error.hint}".strip())
                return
            if value != self._planned[param.name]:
                found[param.name] = value
        self.dismiss(found)

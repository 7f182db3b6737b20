"""Declaring an incident. The two times are shown as UTC instants before they count."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from textual import work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Select

from journal.commands.declare import Declaration
from journal.commands.offer import Offer
from journal.errors import CleoError
from journal.events.types import Kind
from journal.plan.model import Plan
from journal.wording.instants import utc
from journal.wording.sanitize import sanitize
from screens.app_services import AppServices
from screens.dialogs.dialog import Dialog
from screens.guidance.times import NotATime, instant
from screens.live.clocked import clock_of
from screens.widgets.echo import Echo
from screens.widgets.field import Field
from screens.widgets.kind_badge import kind_badge
from screens.widgets.quiet import Quiet

_TIMES = {"began": "when it began", "discovered": "when it was discovered"}
_WRONG_TIME = "Correct the time above."
"""The complaint; what is wrong with the time stands below its field already."""


class DeclareScreen(Dialog[str]):
    """A form. Its answer is the new incident's id, once the incident is on the disk.

    Args:
        services: what the program does for its screens.
        offer: the alert that it begins with; None: nothing. All of it can be changed before it counts.
    """

    CSS_PATH = ["../dialogs/dialog.tcss", "declare.tcss"]
    CONFIRM = "Declare (ctrl+s)"
    BINDINGS = [("ctrl+s", "declare", "Declare")]

    def __init__(self, services: AppServices, offer: Offer | None = None) -> None:
        super().__init__("Declare an incident")
        self.services, self._offered = services, offer
        self._busy = False
        self._declared = ""

    def body(self) -> Iterable[Widget]:
        """Yield the fields; the choices come when plan and inventory were read."""
        yield Quiet(id="inventory")
        yield Quiet("what broke, in a few words", classes="label")
        yield Field(sanitize(self._offered.title) if self._offered else "", id="title-field")
        for name, label in (("scenario", "scenario"), ("severity", "severity"), ("kind", "kind, fixed from now on")):
            yield Quiet(label, classes="label")
            yield Select[str]([], id=name, prompt="choose one (enter opens the list)", compact=True)
        for name, label in _TIMES.items():
            yield Quiet(f"{label}: now, 14:05, 10 min ago, 2026-11-22T14:05Z", classes="label")
            yield Field(self._since() if name == "began" else "", id=name, placeholder="now")
            yield Echo(id=f"{name}-echo")

    def _since(self) -> str:
        """Return when the alert began, as a person would type it; empty: not told."""
        began_at = self._offered.began_at if self._offered else None
        return f"{began_at:%Y-%m-%dT%H:%M:%SZ}" if began_at else ""

    def on_mount(self) -> None:
        """Begin with the title; read plan and inventory, in a thread."""
        self.query_one("#title-field").focus()
        for name in _TIMES:
            self._echo(name)
        self._read()

    @work
    async def _read(self) -> None:
        try:
            plan = await asyncio.to_thread(self.services.plan)
            kinds = list(await asyncio.to_thread(self.services.kinds))
            inventory = await asyncio.to_thread(self.services.inventory_name)
        except CleoError as error:
            self.complain(str(error))
            return
        self._offer(plan, kinds)
        words = (
            f"inventory: {sanitize(inventory)}"
            if inventory
            else "no inventory: nothing can be run, only ticked by hand"
        )
        told = f"from an alert: {self._offered.source}, {utc(self._offered.told_at)}; " if self._offered else ""
        self.query_one("#inventory", Quiet).show(told + words)

    def _offer(self, plan: Plan, kinds: list[Kind]) -> None:
        scenarios = [(Content(sanitize(s.title)), name) for name, s in plan.scenarios.items()]
        self._select("scenario").set_options(scenarios)
        step = plan.decision("severity")
        options = step.decision.options if step and step.decision else {}
        named = [(Content(sanitize(option.title)), name) for name, option in options.items()]
        known = [(Content(name), name) for name in sorted({s.severity for s in plan.scenarios.values()})]
        self._select("severity").set_options(named or known)
        badges = [(kind_badge(kind, colour=not self.app.no_color), str(kind)) for kind in kinds]
        self._select("kind").set_options(badges)
        self._plan = plan
        if len(kinds) == 1:
            self._select("kind").value = str(kinds[0])
        if self._offered and self._offered.scenario in plan.scenarios:
            self._select("scenario").value = self._offered.scenario

    def _select(self, name: str) -> Select[str]:
        return self.query_one(f"#{name}", Select)

    def on_select_changed(self, event: Select.Changed) -> None:
        """A scenario suggests its severity, until one was chosen."""
        event.stop()
        if event.select.id == "scenario" and isinstance(event.value, str):
            severity = self._select("severity")
            if severity.is_blank():
                severity.value = self._plan.scenarios[event.value].severity

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the UTC instant that a time stands for."""
        if event.input.id in _TIMES:
            self._echo(event.input.id)
            if self.query_one("#complaint", Quiet).text == _WRONG_TIME:
                self.complain("")

    def _echo(self, name: str) -> None:
        self.query_one(f"#{name}-echo", Echo).follow(self.query_one(f"#{name}", Input).value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field."""
        event.stop()
        self.focus_next()

    def action_declare(self) -> None:
        """Declare."""
        self.confirm()

    def confirm(self) -> None:
        """Declare, in a thread; complain of what is missing."""
        if self._busy:
            return
        missing = [name for name in ("scenario", "severity", "kind") if self._select(name).is_blank()]
        title = self.query_one("#title-field", Input).value.strip()
        if not title or missing:
            self.complain(f"Still to fill in: {', '.join([*([] if title else ['what broke']), *missing])}.")
            return
        times = self._times()
        if times:
            self._declare(self._declaration(title, *times))

    def _times(self) -> tuple[datetime, datetime] | None:
        """Return both times as of now, not of when the form opened; or complain, and go to the field that is wrong."""
        now = clock_of(self)()
        times = []
        for name in _TIMES:
            field = self.query_one(f"#{name}", Input)
            try:
                times.append(instant(field.value, now))
            except NotATime:
                field.focus()
                self.complain(_WRONG_TIME)
                return None
        return times[0], times[1]

    def _declaration(self, title: str, began: datetime, discovered: datetime) -> Declaration:
        scenario, severity, kind = (str(self._select(name).value) for name in ("scenario", "severity", "kind"))
        return Declaration(
            title=title,
            scenario=scenario,
            severity=severity,
            kind=Kind(kind),
            began_at=began,
            discovered_at=discovered,
        )

    @work
    async def _declare(self, declaration: Declaration) -> None:
        self._set_busy(True)
        self.query_one("#complaint", Quiet).show("declaring…")
        try:
            self._declared = await asyncio.to_thread(self.services.declare, declaration)
            if self._offered:
                await asyncio.to_thread(self.services.answered, self._offered)
        except CleoError as error:
            self.complain(str(error))
            self._set_busy(False)
        self._answer()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        for name in ("confirm", "cancel"):
            self.query_one(f"#{name}", Button).disabled = busy

    def _answer(self) -> None:
        """Answer with the id if this is the screen on top: a dismissal would close whichever is."""
        if self._declared and self.app.screen is self:
            self.dismiss(self._declared)

    def on_screen_resume(self) -> None:
        """Answer with the id that had to wait until the screen above was closed."""
        self._answer()

    def action_leave(self) -> None:
        """Leave, but not while it is being declared: the thread cannot be stopped, and the incident will exist."""
        if not self._busy:
            super().action_leave()

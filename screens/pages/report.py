"""The report as it would be now, and what people write into it; also after the incident was closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, cast, get_args

from textual.binding import Binding
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from journal.commands.review import ReviewCommands
from journal.events.types import ReportField
from journal.store.chain import short_head
from journal.wording.counting import count
from journal.wording.sanitize import sanitize
from screens.lazy import push
from screens.live.lifetime import is_open
from screens.pages.page import FullScreen
from screens.pages.report_preview import Preview, preview
from screens.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from screens.dialogs.report_dialogs import Item

_NEW, _SIGN = "new", "sign"


class ReportScreen(FullScreen):
    """What can be written on the left, the report on the right; one below the other on a narrow screen."""

    CSS_PATH = ["page.tcss", "report.tcss"]
    HEADING = "Report"
    NAME = "report"
    AUTO_FOCUS = "#parts"
    BINDINGS = [
        Binding("enter", "write", "write", tooltip="write the part at the cursor, or sign"),
        Binding("x", "drop", "drop item", tooltip="take the action item at the cursor back"),
        Binding("tab", "other_pane", "read or write", tooltip="go to the report, or back to its parts"),
        Binding("r", "renew", "renew", tooltip="build the report anew, with what was written since"),
    ]
    _preview: Preview | None = None
    _building = False
    _once_more = False
    _width = 0

    def body(self) -> Iterable[Widget]:
        """Yield the parts and the report."""
        with Container(id="panes"):
            yield OptionList(id="parts", markup=False)
            yield LinesView(id="preview")

    def remark(self) -> Content | str:
        """Say how old the report is."""
        if self._preview is None or self._building:
            return Content.assemble(("building…", "bold $text-accent"))
        newer = self.incident.seq - self._preview.seq
        if not newer:
            return "up to date"
        return Content.assemble((f"{count(newer, 'event')} newer: r renews", "$text-warning"))

    def key_words(self) -> Mapping[str, str]:
        """Say what enter does, which the list of parts takes."""
        return {**super().key_words(), "select": "write"}

    def refresh_body(self) -> None:
        """Show which parts are written, and build the report when there is none for this width."""
        self._show_parts()
        width = self.query_one(LinesView).scrollable_content_region.width
        if width and width != self._width and not self._building:
            self._build()

    def _show_parts(self) -> None:
        parts = self.query_one_optional("#parts", OptionList)
        if parts is None:  # the page is being closed
            return
        shown = parts.options
        wanted = self._parts()
        if [(option.id, option.prompt) for option in shown] == [(option.id, option.prompt) for option in wanted]:
            return
        at = parts.highlighted or 0
        parts.set_options(wanted)
        parts.highlighted = min(at, len(wanted) - 1)

    def _parts(self) -> list[Option]:
        review = self.incident.review
        written = {name for name, field in review.fields.items() if field.text}
        parts = [
            Option(f"{'✓' if name in written else '○'} {name.capitalize()}", id=f"field:{name}")
            for name in get_args(ReportField)
        ]
        for item in review.action_items.values():
            missing = "" if item.owner and item.due else "  no owner or day yet"
            missing = "  done" if item.done_at else missing
            parts.append(Option(f"✓ {item.id} {sanitize(item.text)}{missing}", id=f"item:{item.id}"))
        parts.append(Option("+ New action item", id=_NEW))
        return [*parts, Option(f"+ Sign off ({count(len(review.signatures), 'signature')})", id=_SIGN)]

    def _build(self) -> None:
        """Build the report in the lookup's thread."""
        self._building, self._width = True, self.query_one(LinesView).scrollable_content_region.width
        width = self._width
        self.lookup.ask(lambda reader: preview(reader.path, max(20, width)), self._built)

    def _built(self, found: Preview) -> None:
        self._building, self._preview = False, found
        self.query_one(LinesView).show(found.lines)
        if self._once_more:
            self.action_renew()
        self.news()

    def not_found(self) -> None:
        """The journal could not be read: say so, and let it be tried again."""
        self._building = self._once_more = False

    @property
    def _part(self) -> str:
        parts = self.query_one_optional("#parts", OptionList)  # keys are checked before it is mounted, and after
        option = parts.highlighted_option if parts else None
        return (option.id or "") if option else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say whether a key applies: only action items can be dropped."""
        return self.is_mounted and self._part.startswith("item:") if action == "drop" else True

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Other keys may apply."""
        event.stop()
        self.show_keys()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter writes."""
        event.stop()
        self.action_write()

    def action_write(self) -> None:
        """Write the part at the cursor."""
        what, _, name = self._part.partition(":")
        {"field": self._write_field, "item": self._write_item, _NEW: self._write_item, _SIGN: self._sign}[what](name)

    def _write(self, what: str, call: Callable[[ReviewCommands], object]) -> None:
        """Write, and build the report anew with it."""
        self.session.review(what, call, lambda _: self.action_renew() if is_open(self) else None)

    def _write_field(self, name: str) -> None:
        known = self.incident.review.fields.get(name)
        facts = self._preview.facts.get(name, []) if self._preview else []

        def written(text: str) -> None:
            self._write(name, lambda commands: commands.write_field(cast(ReportField, name), text))

        before, heading = known.text if known else "", name.capitalize()
        push(self.app, "report field", heading, self.incident.kind, before, facts, then=written)

    def _write_item(self, item_id: str) -> None:
        known = self.incident.review.action_items.get(item_id)
        before = (known.text, known.owner, known.due) if known else ("", "", "")

        def written(item: Item) -> None:
            self._write("action item", lambda commands: commands.write_action_item(*item, item_id=item_id))

        heading = f"Action item {item_id}" if item_id else "New action item"
        push(self.app, "action item", heading, self.incident.kind, before, then=written)

    def _sign(self, _: str) -> None:
        head, kind = short_head(self.incident.head), self.incident.kind
        text = f"You sign the report of {self.incident.id} up to the head {head}, as {self.session.actor}."
        label, required = "as what you sign: incident commander, system owner…", "A signature wants a role."
        push(
            self.app,
            "words",
            "Sign off",
            kind,
            label=label,
            required=required,
            text=text,
            confirm="Sign",
            then=lambda role: self._write("sign off", lambda commands: commands.sign_off(role)),
        )

    def action_drop(self) -> None:
        """Take the action item at the cursor back."""
        item_id = self._part.partition(":")[2]
        self._write(f"drop {item_id}", lambda commands: commands.drop_action_item(item_id))

    def action_renew(self) -> None:
        """Build the report anew; while one is being built, once more after it: that may be too old already."""
        self._once_more = self._building
        if not self._building:
            self._build()
            self.news()

    def action_other_pane(self) -> None:
        """Go to the report, or back to its parts."""
        reading = not self.query_one(LinesView).has_focus
        self.set_class(reading, "-reading")
        self.query_one("#preview" if reading else "#parts").focus()

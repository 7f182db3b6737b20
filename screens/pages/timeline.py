"""Everything that happened, in words: search, filters, late entries. Read from the journal as it is scrolled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from journal.report.evidence import Entry
from journal.report.timeline import EntryBuilder
from journal.wording.counting import count
from journal.wording.instants import offset, utc
from journal.wording.sanitize import sanitize
from screens.lazy import push
from screens.live.session import Session
from screens.pages.page import FullScreen
from screens.pages.timeline_entries import KINDS, Filter, Found, look_ahead, look_back, read_entries
from screens.widgets.entry_view import EntryView
from screens.widgets.field import Field
from screens.widgets.paged_view import PagedView
from screens.widgets.quiet import Quiet

if TYPE_CHECKING:
    from screens.dialogs.text_dialogs import LateNote


class TimelineScreen(FullScreen):
    """All entries in the order in which they were written, or those that are looked for.

    Args:
        session: the incident.
    """

    CSS_PATH = ["page.tcss", "timeline.tcss"]
    HEADING = "Timeline"
    NAME = "timeline"
    AUTO_FOCUS = "#entries"
    BINDINGS = [
        Binding("slash", "search", "find", key_display="/", tooltip="only entries with these words; empty for all"),
        Binding("k", "kind", "kind", tooltip="only runs, decisions, notes, health or people; again: the next kind"),
        Binding("s", "same('step')", "step", tooltip="only this entry's step; again: all"),
        Binding("a", "same('actor')", "by whom", tooltip="only what this entry's actor wrote; again: all"),
        Binding("f", "follow", "follow", tooltip="go to the last entry and follow, or stop following"),
        Binding("l", "late", "late entry", tooltip="write down what happened earlier, with its own time"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._entry_builder = EntryBuilder(self.incident)
        self._wanted = Filter()
        self._hits: list[int] = []
        self._before = self._until = 0

    def body(self) -> Iterable[Widget]:
        """Yield what is looked for, the entries, the one at the mark."""
        yield Quiet(id="wanted")
        yield Field(id="search", placeholder="words to look for; enter looks, esc shows all", classes="-empty")
        yield EntryView(id="entries")
        yield Quiet(id="one")

    @property
    def _view(self) -> EntryView:
        return self.query_one(EntryView)

    def refresh_body(self) -> None:
        """Take in what was written since."""
        seq = self.incident.seq
        if self._wanted == Filter():
            self._show(range(1, seq + 1))
        elif self._until < seq:
            after, self._until, wanted = self._until, seq, self._wanted
            self.lookup.ask(
                lambda reader: look_ahead(reader, self._entry_builder, wanted, after, seq),
                lambda new: self._add(wanted, new),
            )
        self._say_wanted()

    def _show(self, keys: Sequence[int]) -> None:
        if len(keys) != len(self._view.keys) or self._view.keys[:1] != keys[:1]:
            self._view.show_keys(keys)
            self._view.settle()

    def on_paged_view_wanted(self, event: PagedView.Wanted) -> None:
        """Fetch the entries that scrolling has come near to."""
        self.lookup.ask(lambda reader: read_entries(reader, self._entry_builder, event.keys), self._take)

    def _take(self, entries: dict[int, Entry]) -> None:
        self._view.take(entries)
        if self._view.marked in entries:
            self._show_one()

    def not_found(self) -> None:
        """The journal could not be read: ask again when it is drawn again."""
        self._view.forget_asked()

    def _look_for(self, wanted: Filter) -> None:
        """Look anew, from the end backwards: what was last is wanted most."""
        self._wanted, self._hits = wanted, []
        self._until = self.incident.seq
        if wanted == Filter():
            self._before = 0
            self.refresh_body()
            return
        self._before = self._until + 1
        self._view.following = True
        self._view.show_keys([])
        self._show_one()
        self._look_further(wanted)

    def _look_further(self, wanted: Filter) -> None:
        before = self._before
        self._say_wanted()
        self.lookup.ask(
            lambda reader: look_back(reader, self._entry_builder, wanted, before),
            lambda found: self._found(wanted, found),
        )

    def _found(self, wanted: Filter, found: Found) -> None:
        if wanted is not self._wanted:
            return
        self._before = found.before
        self._view.take(found.entries)
        self._hits = [*sorted(found.entries), *self._hits]
        self._show(self._hits)
        if found.before:
            self._look_further(wanted)
        else:
            self._say_wanted()

    def _add(self, wanted: Filter, entries: dict[int, Entry]) -> None:
        if wanted is self._wanted and entries:
            self._view.take(entries)
            self._hits = [*self._hits, *sorted(entries)]
            self._show(self._hits)
            self._say_wanted()

    def _say_wanted(self) -> None:
        """Say what is shown, and how much of it there is."""
        wanted, seq = self._wanted, self.incident.seq
        follow = "following" if self._view.following else "not following; f follows"
        if wanted == Filter():
            words = f"all {count(seq, 'event')}, in the order in which they were written · times are UTC · {follow}"
            self.query_one("#wanted", Quiet).show(Content.assemble((words, "$quiet")))
            return
        step = self.incident.plan.numbers.get(wanted.step, wanted.step)
        parts = [wanted.kind, f"step {step}" if step else "", f"by {wanted.actor}" if wanted.actor else ""]
        parts.append(f"“{wanted.text}”" if wanted.text else "")
        looking = f", looking further, {100 * (seq - self._before) // max(1, seq)} %" if self._before else ""
        found = f"{len(self._hits)} of {count(seq, 'event')}{looking}"
        only = sanitize(" · ".join(part for part in parts if part))
        self.query_one("#wanted", Quiet).show(
            Content.assemble(
                ("only ", "$quiet"), (only, "bold $text-accent"), (f"   {found}   esc shows all", "$quiet")
            )
        )

    def on_entry_view_marked(self, event: EntryView.Marked) -> None:
        """Another entry has the mark: show it in full."""
        self._show_one()
        self._say_wanted()

    def _show_one(self) -> None:
        entry = self._view.marked_entry if self._view.keys else None
        self.query_one("#one", Quiet).show(_in_full(entry) if entry else "")

    def action_search(self) -> None:
        """Ask for words."""
        field = self.query_one("#search", Input)
        field.remove_class("-empty")
        field.value = self._wanted.text
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look for the words."""
        event.stop()
        self._end_search(event.value.strip())

    def _end_search(self, text: str) -> None:
        self.query_one("#search").add_class("-empty")
        self._view.focus()
        if text != self._wanted.text:
            self._look_for(replace(self._wanted, text=text))

    def action_back(self) -> None:
        """Show all again; where all is shown, go back."""
        if self.query_one("#search").has_focus:
            self._end_search(self._wanted.text)
        elif self._wanted != Filter():
            self._look_for(Filter())
        else:
            super().action_back()

    def action_kind(self) -> None:
        """Go to the next kind of event; after the last one all are shown."""
        kinds = ["", *KINDS]
        self._look_for(replace(self._wanted, kind=kinds[(kinds.index(self._wanted.kind) + 1) % len(kinds)]))

    def action_same(self, what: str) -> None:
        """Show only what has the same step or actor as the entry at the mark; again: all."""
        entry = self._view.marked_entry
        if what == "step":
            step = "" if self._wanted.step or not entry else entry.step.id
            self._look_for(replace(self._wanted, step=step))
        else:
            self._look_for(replace(self._wanted, actor="" if self._wanted.actor or not entry else entry.actor))

    def action_follow(self) -> None:
        """Follow the end, or stop."""
        if self._view.following:
            self._view.following = False
        else:
            self._view.action_last()
        self._say_wanted()

    def action_late(self) -> None:
        """Write down what happened earlier."""
        entry = self._view.marked_entry
        step = entry.step.id if entry else ""

        def written(note: LateNote) -> None:
            self.session.write("late entry", lambda commands: commands.note(note.text, step, note.happened_at))

        push(self.app, "late entry", "Late entry", self.incident.kind, then=written)


def _in_full(entry: Entry) -> Content:
    """Return an entry with everything that is known of it."""
    when: list[str | tuple[str, str]] = [(utc(entry.at), "bold"), f"  {offset(entry.offset_s)}"]
    if entry.late:
        when = [("happened ", "$text-warning"), *when, (f"   written {utc(entry.written_at)}", "$text-warning")]
    who = (f"   {sanitize(entry.actor)}, entry {entry.seq}", "$quiet")
    step = f"{entry.step.number} {sanitize(entry.step.title)}\n" if entry.step.id else ""
    return Content.assemble(*when, who, "\n", (step, "$quiet"), sanitize(entry.text))

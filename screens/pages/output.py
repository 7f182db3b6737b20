"""A run's output on the whole screen, live: all of it, with search, follow and copy."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from journal.wording.counting import count
from journal.wording.sanitize import sanitize
from screens.dialogs.run_watch import run_words
from screens.live.session import Session
from screens.pages.output_lines import Copied, Looked, copy_out, holds, look_back, read_lines
from screens.pages.page import FullScreen
from screens.widgets.field import Field
from screens.widgets.log_view import LogView
from screens.widgets.paged_view import PagedView
from screens.widgets.quiet import Quiet


class OutputScreen(FullScreen):
    """Follows the end until it is scrolled away from it.

    Args:
        session: the incident.
        run_id: the run.
    """

    CSS_PATH = ["page.tcss", "output.tcss"]
    HEADING = "Output"
    NAME = "output"
    AUTO_FOCUS = "#lines"
    BINDINGS = [
        Binding("slash", "search", "find", key_display="/", tooltip="find words in all that it printed"),
        Binding("n", "found(1)", "next", tooltip="the next line found"),
        Binding("N", "found(-1)", "previous", tooltip="the line found before"),
        Binding("f", "follow", "follow", tooltip="go to the end and follow, or stop following"),
        Binding("y", "copy", "copy out", tooltip="write it (or only what was found) to a file, and to the clipboard"),
        Binding("o", "back", "back", show=False),
    ]

    def __init__(self, session: Session, run_id: int) -> None:
        super().__init__(session)
        self._run_id = run_id
        self._last = 0
        self._hits: list[int] = []
        self._before = 0
        self._copy = ""

    def body(self) -> Iterable[Widget]:
        """Yield the run, the lines, the search."""
        yield Quiet(id="run")
        yield Quiet(id="where")
        yield LogView(id="lines")
        yield Field(id="search", placeholder="words to find; enter finds, empty for none", classes="-empty")

    def on_mount(self) -> None:
        """Follow the run."""
        self.session.watch("screen", self._run_id)
        self.watch(self._view, "following", lambda: self._say_where(), init=False)

    def on_unmount(self) -> None:
        """Stop following."""
        self.session.watch("screen", 0)

    @property
    def _view(self) -> LogView:
        return self.query_one(LogView)

    def _say_where(self) -> None:
        """Say in the title which lines are shown."""
        follow = "following" if self._view.following else "not following; f follows"
        words = f"  “{sanitize(self._view.words)}”: {self._found_words()}" if self._view.words else ""
        where = Content.assemble((f"{count(self._last, 'line')} · {follow}", "$quiet"), (words, "bold"))
        self.query_one("#where", Quiet).show(where)

    def _found_words(self) -> str:
        place = bisect_right(self._hits, self._view.marked) if self._view.marked in self._hits else 0
        more = ", looking further" if self._before else ""
        return f"{place} of {count(len(self._hits), 'line')}{more}" if self._hits else f"nowhere{more}"

    def refresh_body(self) -> None:
        """Take in what was printed since; what has come with the news need not be fetched."""
        run = self.session.run(self._run_id)
        copied = (f"\n{sanitize(self._copy)}" if self._copy else "", "$text-success")
        self.query_one("#run", Quiet).show(Content.assemble(run_words(run) if run else "", copied))
        tail = self.session.tails.get(self._run_id)
        if tail and tail[-1].n != self._last:
            self._find_new([line.n for line in tail if line.n > self._last and holds(line, self._view.words)])
            self._last = tail[-1].n
            self._view.take({line.n: line for line in tail})
            self._view.show_keys(range(1, self._last + 1))
        self._say_where()

    def _find_new(self, numbers: list[int]) -> None:
        if self._view.words:
            self._hits += numbers

    def on_paged_view_wanted(self, event: PagedView.Wanted) -> None:
        """Fetch the lines that scrolling has come near to."""
        self.lookup.ask(lambda reader: read_lines(reader, self._run_id, event.keys), self._view.take)

    def not_found(self) -> None:
        """The journal could not be read: ask again when it is drawn again."""
        self._view.forget_asked()

    def action_search(self) -> None:
        """Ask for words."""
        field = self.query_one("#search", Input)
        field.remove_class("-empty")
        field.value = self._view.words
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Find the words, from the end backwards."""
        event.stop()
        self._end_search()
        self._view.words, self._view.marked, self._hits = event.value.strip(), 0, []
        self._view.refresh()
        self._before = self._last + 1 if self._view.words else 0
        if self._view.words:
            self._look_further(self._view.words)
        self.news()

    def _end_search(self) -> None:
        self.query_one("#search").add_class("-empty")
        self._view.focus()

    def _look_further(self, words: str) -> None:
        before = self._before
        self.lookup.ask(
            lambda reader: look_back(reader, self._run_id, words, before), lambda looked: self._looked(words, looked)
        )

    def _looked(self, words: str, looked: Looked) -> None:
        if words != self._view.words:
            return
        self._before = looked.before
        self._hits = [*looked.found, *self._hits]
        if looked.found and not self._view.marked:
            self._go_to(looked.found[-1])
        if looked.before:
            self._look_further(words)
        self.news()

    def _go_to(self, line: int) -> None:
        self._view.following = False
        self._view.mark(line)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say whether a key applies: to the next one found, only where something was."""
        return bool(self._hits) if action == "found" else True

    def action_found(self, step: int) -> None:
        """Go to the next line found, or the one before; beyond the last it begins anew."""
        at = bisect_right(self._hits, self._view.marked) if step > 0 else bisect_left(self._hits, self._view.marked) - 1
        self._go_to(self._hits[at % len(self._hits)])
        self.news()

    def action_follow(self) -> None:
        """Follow the end, or stop."""
        self._view.following = not self._view.following
        if self._view.following:
            self._view.scroll_end(animate=False)
        self.news()

    def action_copy(self) -> None:
        """Copy everything, or what was found, to a file and to the terminal's clipboard."""
        only, part = list(self._hits), "-found" if self._hits else ""
        path = self.session.path.parent / "files" / f"output-run-{self._run_id}{part}.txt"
        self.lookup.ask(lambda reader: copy_out(reader, self._run_id, path, only), self._copied)

    def _copied(self, copied: Copied) -> None:
        self.app.copy_to_clipboard(copied.end)
        self._copy = f"{count(copied.lines, 'line')} copied to the clipboard and to {copied.path}"
        self.news()

    def action_back(self) -> None:
        """Leave the search; else go back."""
        if self.query_one("#search").has_focus:
            self._end_search()
        else:
            super().action_back()

"""The keys that apply now, in one line."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from screens.widgets.quiet import Quiet


def rank(action: str) -> int:
    """Return where a key stands: the runner's first, then this screen's, other screens', and at last the way out."""
    if action == "runner":
        return -1
    return 2 if action in _LAST else int(action.startswith("other("))


_LAST = ("help", "leave", "back")
"""What stands at the end of the line, and stays there when the line is cut."""


class KeyLine(Quiet):
    """Shows the screen's bindings that are enabled now."""

    def show_keys(self, words: Mapping[str, str] | None = None) -> None:
        """Show them.

        Args:
            words: what an action is called at the moment, by action; an empty word hides its key, any other shows it:
                one that is seldom shown stands right behind enter, as this is the moment for it.
        """
        words = words or {}
        pieces: dict[str, Content] = {}
        now = set[str]()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            word = words.get(binding.action, binding.description if binding.show else "")
            if active.enabled and word and binding.action not in pieces:
                key = binding.key_display or binding.key
                pieces[binding.action] = Content.assemble((key, "bold $text-accent"), f" {word}")
                now |= set() if binding.show else {binding.action}
        ordered = sorted(pieces, key=lambda action: (rank(action), action != "act", action not in now))
        self.show(Content("  ").join(fitting([pieces[action] for action in ordered], self.size.width)))


def fitting(pieces: list[Content], width: int) -> list[Content]:
    """Return the pieces that fit into ``width``; the last two, help and quit, always stay."""
    kept = list(pieces)
    while len(kept) > 2 and sum(piece.cell_length + 2 for piece in kept) - 2 > width > 0:
        del kept[-3]
    return kept

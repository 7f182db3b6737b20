"""The keys that apply now, in one line."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from screens.widgets.quiet import Quiet


class KeyLine(Quiet):
    """Shows the screen's bindings that are enabled now."""

    def show_keys(self, words: Mapping[str, str] | None = None) -> None:
        """Show them.

        Args:
            words: what an action is called at the moment, by action; an empty word hides its key.
        """
        pieces: list[Content] = []
        for active in self.screen.active_bindings.values():
            binding = active.binding
            word = (words or {}).get(binding.action, binding.description)
            if active.enabled and binding.show and word:
                key = binding.key_display or binding.key
                pieces.append(Content.assemble((key, "bold $text-accent"), f" {word}"))
        self.show(Content("  ").join(pieces))

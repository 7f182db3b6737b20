"""Steps out of a section's blocks: commands, numbered items, checklists, choices, rows of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from journal.plan.importing.binding import bind, tell_flaws, written
from journal.plan.importing.draft import LONGEST_TITLE, Draft
from journal.plan.importing.known_steps import decided, known_step, strategy_step
from journal.plan.importing.markdown import BREAK
from journal.plan.importing.needs import add_named
from journal.plan.importing.outline import Block, Code, Heading, Item, Items, Prose, Table, codes, take, unnumbered
from journal.plan.importing.shell import Command, goes_on, is_shell, looks_like_a_command, read_command, read_shell
from journal.plan.importing.step_tables import acts, is_step_table
from journal.plan.importing.times import duration_in
from journal.plan.importing.wording import is_act, is_after, is_checklist, is_choice, is_procedure

_CASES = re.compile(r"(?:if|whether|depending|in case)\b", re.IGNORECASE)
"""So an item begins whose sub-items are cases: "If the primary is: **down**: … **slow**: …"."""
_DRAWN = re.compile(r"[─-╿▀-▟←-↓▲-◿]")
_IN_BRACKETS = re.compile(r"\s*\(([^()]{2,30})\)\s*:?\s*$")


class Steps:
    """Makes the steps of one phase, section by section.

    Args:
        draft: the plan they belong to.
        phase: the phase's title.
        optional: leaving one out is no deviation.
        scenario: the only scenario in which they apply; empty: in all.
    """

    def __init__(self, draft: Draft, phase: str, optional: bool, scenario: str) -> None:
        self._draft, self._phase, self._scenario, self._optional = draft, phase, scenario, optional
        self._made: list[dict[str, Any]] = []
        self._title = self._inside = ""
        self._waiting: list[tuple[str, Sequence[Block]]] = []
        self._last: dict[str, Any] | None = None
        self._numbered: dict[int, str] = {}

    def of(self, blocks: Sequence[Block], title: str, item: Item | None = None) -> list[dict[str, Any]]:
        """Return the steps of a section's blocks.

        Args:
            blocks: the blocks, of which those that are taken already are passed over.
            title: the section's.
            item: the list item that is its heading.
        """
        self._made, self._title, self._last, self._inside, self._numbered = [], title, None, "", {}
        if item:
            item.taken = True
        for block in blocks:
            self._block(block)
        told = [block for _, waiting in self._waiting for block in waiting]
        if not self._made and told and all(block in blocks for block in told) and is_procedure(self._heading_title()):
            self._add(self._heading_title(), told[0].line)
        add_named(self._made, self._numbered)
        return self._made

    def tell(self, heading: Heading) -> None:
        """Keep what stands below a heading for the text of the next step."""
        for block in heading.blocks:
            if isinstance(block, Prose) and not block.taken:
                self._say(block.text, block)
            elif isinstance(block, Items):
                told = [item for item in block.items if not item.taken and not item.blocks]
                if told:
                    self._say(f"{heading.name}: {'; '.join(item.head.text for item in told)}.", *told)

    def end(self) -> None:
        """End the phase: what waits for a next step goes to the last one, or is left."""
        if self._last is not None:
            for text, blocks in self._waiting:
                self._add_text(self._last, text)
                take(*blocks)
        self._waiting = []

    def _block(self, block: Block) -> None:
        if isinstance(block, Prose) and not block.taken:
            self._prose(block)
        elif isinstance(block, Code) and not block.taken:
            self._code(block, self._heading_title())
        elif isinstance(block, Items) and not all(item.taken for item in block.items):
            self._items(block)
        elif isinstance(block, Table) and is_step_table(block):
            self._table(block)

    def _heading_title(self) -> str:
        return self._title.rpartition(": ")[2]

    def _prose(self, block: Prose) -> None:
        text = block.text.strip()
        code = block.lines[0].code if len(block.lines) == 1 else ""
        if looks_like_a_command(code) and text.strip(" .:") == code:
            title = self._lead_in() or self._heading_title()
            self._add(title, block.line, **self._command(read_command(code, self._inside)))
            take(block)
        elif text.endswith(":") or all(line.bold for line in block.lines):
            self._say(text, block)
        elif self._last is not None and not self._waiting:
            self._add_text(self._last, text)
            take(block)
        else:
            self._say(text, block)

    def _say(self, text: str, *blocks: Block) -> None:
        """Keep a text for the step that follows."""
        self._waiting.append((text, blocks))

    def _lead_in(self) -> str:
        """Return the title that the prose right above gives: words in bold, or a line that ends with a colon."""
        if not self._waiting:
            return ""
        text, blocks = self._waiting[-1]
        prose = blocks[-1] if blocks else None
        short = len(text) <= LONGEST_TITLE
        named = isinstance(prose, Prose) and (text.endswith(":") or all(line.bold for line in prose.lines))
        if not (short and named):
            return ""
        self._waiting.pop()
        take(*blocks)
        return unnumbered(text.rstrip(" :"))

    def _code(self, block: Code, title: str, extra: str = "") -> None:
        """Make the steps of a block of code; what is no shell is told in the text of a step."""
        title = self._lead_in() or title
        if not is_shell(block):
            if block.language in ("", "text", "txt", "sql", "json", "yaml", "yml", "ini", "toml", "conf", "promql"):
                self._quoted(block, title)
            return
        read = read_shell(block, self._inside)
        for number, command in enumerate(read.commands):
            name = command.title or (title if number == 0 else f"{title} ({number + 1})")
            self._add(name, command.line, **self._command(command))
        if read.printed and self._last is not None:
            self._add_text(self._last, f"The document shows: {' / '.join(read.printed)}")
        if extra and self._last is not None:
            self._add_text(self._last, extra)
        take(block)

    def _command(self, command: Command) -> dict[str, Any]:
        """Return what a step with a command has; what is typed into something else is left to a person.

        What the command opened is what later ones are typed into.
        """
        self._inside = goes_on(command.inside)
        if command.inside:
            typed = command.text if command.inside in command.text else f"{command.inside} ; {command.text}"
            return {"script": written(typed)}
        text = f"set -e\n{command.text}" if "\n" in command.text else command.text
        return bind(text, self._draft.known.actions)

    def _quoted(self, block: Code, title: str) -> None:
        if _DRAWN.search("".join(block.rows)):
            return
        words = block.in_one_line
        if block.language == "sql":
            self._add(title, block.line, script=words)
        elif self._last is not None:
            self._add_text(self._last, words)
        else:
            self._say(words, block)
            return
        take(block)

    def _items(self, block: Items) -> None:
        title = self._lead_in() or self._heading_title()
        items = [item for item in block.items if not item.taken]
        if self._last is not None and all(item.head.lead and duration_in(item.head.rest) for item in items):
            self._add_text(self._last, f"{title}: {'; '.join(item.head.text for item in items)}.")
            take(*items)
            return
        simple = all(not item.blocks and not looks_like_a_command(item.head.code) for item in items)
        acts = sum(is_act(item.head.text) for item in items) * 2 >= len(items)
        if simple and is_choice(title) and len(items) > 1 and not acts:
            fields = strategy_step(self._draft, title, [item.head for item in items]) or decided(title, items)
            self._add(fields.pop("title"), block.line, **fields)
        elif simple and (
            is_checklist(title)
            or is_checklist(self._heading_title())
            or (not block.ordered and (self._ticked(items) or not acts))
        ):
            self._add(title, block.line, items=[item.head.text for item in items])
        else:
            for number, item in enumerate(block.items, 1):
                if not item.taken:
                    self._item(item)
                    if block.ordered and self._last is not None:
                        self._numbered[number] = self._last["id"]
        take(*items)

    def _ticked(self, items: Sequence[Item]) -> bool:
        """Return whether items are ticked one by one in a single step."""
        return is_after(self._phase) or all(item.box for item in items)

    def _item(self, item: Item) -> None:
        """Make the steps of one item: its commands, else a step with what is nested in it to tick."""
        title, text = _cut(unnumbered(item.head.text.strip()))
        said = [text] if text else []
        nested = [line for block in item.blocks if isinstance(block, Items) for line in block.items]
        shells = [block for block, _ in codes(item.blocks) if not block.taken and is_shell(block)]
        if shells:
            first = len(self._made)
            for block in shells:
                self._code(block, title)
            step = next(iter(self._made[first:]), None)
            if step and step["title"] != title:
                said.insert(0, f"{title}.")
            self._rest(item, said, step)
            return
        command = item.head.code if looks_like_a_command(item.head.code) else ""
        fields = self._command(read_command(command, self._inside)) if command else known_step(self._draft, title)
        if _CASES.match(title) and len(nested) > 1 and all(line.head.lead for line in nested) and not fields:
            fields, nested = decided(title, nested), []
            title = fields.pop("title")
        if nested and "items" not in fields and "decision" not in fields and not command:
            fields["items"] = [_flat(line) for line in nested]
            nested = []
        self._add(title, item.line, **fields)
        self._rest(item, said, self._last, told=not nested)

    def _rest(self, item: Item, said: list[str], step: dict[str, Any] | None, told: bool = False) -> None:
        """Put what else an item has into a step's text."""
        for block in item.blocks:
            if isinstance(block, Prose):
                said.append(block.text)
            elif isinstance(block, Items) and not told:
                said += map(_flat, block.items)
            elif isinstance(block, Code) and not block.taken:
                said.append(block.in_one_line)
        if step is not None and said:
            self._add_text(step, " ".join(said))

    def _table(self, table: Table) -> None:
        for act in acts(table):
            title, text = _cut(act.title)
            command = act.command or (act.title if looks_like_a_command(act.title) else "")
            if BREAK in command:  # several lines: a person types them
                fields: dict[str, Any] = {"script": command}
            else:
                fields = (
                    self._command(read_command(command, self._inside)) if command else known_step(self._draft, title)
                )
            self._add(title, act.row.line, expect=act.expect, **fields)
            self._add_text(self._made[-1], f"{text} {act.text}")
            act.row.taken = True

    def _add(self, title: str, line: int, **fields: Any) -> None:
        """Add a step, with the texts that wait for one."""
        name, text = _cut(unnumbered(title))
        usual = _IN_BRACKETS.search(name)
        length = duration_in(usual.group(1)) if usual else None
        if usual and length:
            name, fields = name[: usual.start()], {"expect": str(length), **fields}
        step: dict[str, Any] = {"id": self._draft.new_id(name, line), "title": name}
        step |= {key: value for key, value in fields.items() if value}
        if self._scenario:
            step["when"] = {"scenario": [self._scenario]}
        if self._optional:
            step["optional"] = True
        self._made.append(step)
        self._last = step
        tell_flaws(step, self._draft)
        for said, blocks in self._waiting:
            self._add_text(step, said)
            take(*blocks)
        self._waiting = []
        self._add_text(step, text)

    def _add_text(self, step: dict[str, Any], text: str) -> None:
        if text.strip():
            step["text"] = f"{step['text']} {text.strip()}" if step.get("text") else text.strip()


def _flat(item: Item) -> str:
    """Return an item in one line, with what is nested in it."""
    more = [_flat(line) for block in item.blocks if isinstance(block, Items) for line in block.items]
    more += [block.text for block in item.blocks if isinstance(block, Prose)]
    more += [" ; ".join(block.rows) for block in item.blocks if isinstance(block, Code)]
    return f"{item.head.text.rstrip()} {'; '.join(more)}" if more else item.head.text


def _cut(text: str) -> tuple[str, str]:
    """Return a title, and all of the text where the title had to be cut."""
    if len(text) <= LONGEST_TITLE:
        return text.rstrip(" :."), ""
    first = re.split(r"(?<=[.!?])\s|\s[–—-]\s|; |: ", text, maxsplit=1)[0]
    short = first if len(first) <= LONGEST_TITLE else first[:LONGEST_TITLE].rpartition(" ")[0] + "…"
    return short.rstrip(" :."), text

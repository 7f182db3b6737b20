"""Reads Markdown into an outline (CommonMark with tables, by markdown-it-py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from journal.plan.importing.outline import (
    Block,
    Code,
    Document,
    Heading,
    Item,
    Items,
    Line,
    Prose,
    Row,
    Strange,
    Table,
)

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_BOX = re.compile(r"^\[[ xX]\]\s+")
BREAK = " ; "
"""How lines that `<br>` divides are told in one; so are those of a block of code."""
_TAG = re.compile(
    r"</?(br|[abipsu]|em|strong|kbd|code|pre|span|su[bp]|small|big|font|mark|del|ins|tt|div|center)(?:\s[^>]*)?/?>\Z",
    re.IGNORECASE,
)
"""Tags that only say how words look. Others stay: ``<host>`` is a blank to fill in."""
_LEAD = re.compile(r"^\s*[:–—-]\s*")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^([A-Za-z][\w -]*):\s*(.*?)\s*$")
_LIST_LABEL = re.compile(r"^([^:`|]{2,60}?):\s+(\S.*)$")


def read_markdown(file: str, text: str) -> Document:
    """Return a Markdown document's outline.

    Args:
        file: its name, for messages.
        text: its content.
    """
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    front, body = _front_matter(text.replace("\r\n", "\n"))
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body))
    root = Heading(line=0, level=0)
    at = root
    for node in tree.children:
        if node.type == "heading":
            at = _below(at, node)
        else:
            at.blocks += _blocks(node)
    return Document(file, root, front)


def _front_matter(text: str) -> tuple[dict[str, tuple[str, int]], str]:
    """Return what front matter says, and the text with those lines empty, so that line numbers stay."""
    match = _FRONT.match(text)
    if not match:
        return {}, text
    found: dict[str, tuple[str, int]] = {}
    for number, row in enumerate(match.group(1).split("\n"), 2):
        if said := _FIELD.match(row):
            found[said.group(1).strip().lower().replace("_", " ")] = (said.group(2).strip("\"'"), number)
        elif row.strip():
            found[f"line {number}"] = (row.strip(), number)
    return found, "\n" * match.group(0).count("\n") + text[match.end() :]


def _below(at: Heading, node: SyntaxTreeNode) -> Heading:
    """Add a heading where it belongs, and return it."""
    level = int(node.tag[1:])
    while at.level >= level:
        assert at.parent is not None  # the root's level is 0
        at = at.parent
    new = Heading(line=_line(node), level=level, title=_lines(node)[0].text, parent=at)
    at.children.append(new)
    return new


def _line(node: SyntaxTreeNode) -> int:
    return node.map[0] + 1 if node.map else 0


def _blocks(node: SyntaxTreeNode) -> list[Block]:
    """Return the blocks of a node; a quotation is what is in it."""
    match node.type:
        case "paragraph":
            return [Prose(_line(node), lines=_lines(node))]
        case "fence" | "code_block":
            fenced = node.type == "fence"
            language = node.info.split()[0].strip("{}.").lower() if node.info.split() else ""
            rows = node.content.rstrip("\n").split("\n")
            return [Code(_line(node), language=language, rows=rows, first=_line(node) + fenced)]
        case "bullet_list" | "ordered_list":
            items = [_item(child) for child in node.children]
            return [Items(_line(node), ordered=node.type == "ordered_list", items=items)]
        case "table":
            return [_table(node)]
        case "blockquote":
            return [block for child in node.children for block in _blocks(child)]
        case "hr":
            return []
        case "heading":  # in a quotation or a list
            return [Prose(_line(node), lines=[_bold(line) for line in _lines(node)])]
    comment = node.type == "html_block" and node.content.lstrip().startswith("<!--")
    return [] if comment else [Strange(_line(node), text=node.content.strip())]


def _bold(line: Line) -> Line:
    line.bold = True
    return line


def _item(node: SyntaxTreeNode) -> Item:
    blocks = [block for child in node.children for block in _blocks(child)]
    item = Item(_line(node), head=Line("", _line(node)))
    if blocks and isinstance(blocks[0], Prose):
        item.head, *more = blocks.pop(0).lines  # type: ignore[attr-defined]
        if more:
            blocks.insert(0, Prose(more[0].line, lines=more))
    if _BOX.match(item.head.text):
        item.box = True
        item.head.text = _BOX.sub("", item.head.text)
    if not item.head.lead and (said := _LIST_LABEL.match(item.head.text)):
        item.head.lead, item.head.rest = said.groups()
    item.blocks = blocks
    return item


def _table(node: SyntaxTreeNode) -> Table:
    rows = [
        Row(_line(row), cells=[" ".join(line.text for line in _lines(cell)) for cell in row.children])
        for part in node.children
        for row in part.children
    ]
    head = [cell.strip().lower() for cell in rows[0].cells] if rows else []
    return Table(_line(node), head=head, rows=rows[1:])


def _lines(node: SyntaxTreeNode) -> list[Line]:
    """Return what a node says, a line for each that its author began anew: by a break, or by a label in bold."""
    inline = node.children[0] if node.children else None
    if inline is None:
        return [Line("", _line(node))]
    pieces: list[list[SyntaxTreeNode]] = [[]]
    breaks = [0]
    seen = 0
    children = [child for child in inline.children if child.type != "text" or child.content]
    for place, child in enumerate(children):
        seen += child.type in ("softbreak", "hardbreak")
        follows = children[place + 1].type if place + 1 < len(children) else ""
        if child.type == "hardbreak" or (child.type == "softbreak" and follows == "strong"):
            pieces.append([])
            breaks.append(seen)
        else:
            pieces[-1].append(child)
    first = _line(node) or _line(inline)
    return [_said(piece, first + offset) for piece, offset in zip(pieces, breaks, strict=True)]


def _said(piece: Sequence[SyntaxTreeNode], number: int) -> Line:
    text = "".join(map(_plain, piece)).strip()
    filled = [child for child in piece if _plain(child).strip()]
    codes = [child.content for child in piece if child.type == "code_inline"]
    line = Line(text, number, code=codes[0] if len(codes) == 1 else "")
    if filled and filled[0].type == "strong":
        lead = _plain(filled[0]).strip()
        rest = text[len(lead) :]
        line.bold = not rest.strip(" :.")
        said = _LIST_LABEL.match(lead) if line.bold else None
        if said:
            line.lead, line.rest = said.groups()
            return line
        if lead.endswith(":") or _LEAD.match(rest):
            line.lead, line.rest = lead.rstrip(" :"), _LEAD.sub("", rest).strip()
    elif said := _LIST_LABEL.match(text):
        line.lead, line.rest = said.groups() if len(piece) > 1 and piece[0].type != "text" else ("", "")
    return line


def _plain(node: SyntaxTreeNode) -> str:
    """Return a node's words: a link with its address, where that says more than its text."""
    if node.type == "html_inline" and (tag := _TAG.match(node.content)):
        return BREAK if tag[1].lower() == "br" else ""
    if node.type in ("text", "code_inline", "html_inline"):
        return str(node.content)
    if node.type in ("softbreak", "hardbreak"):
        return " "
    inner = "".join(map(_plain, node.children)) or str(node.content or "")
    target = str(node.attrs.get("href", "")) if node.type == "link" else ""
    address = target.removeprefix("mailto:").removeprefix("tel:")
    return inner if not address or address.startswith("#") or address in inner else f"{inner} ({address})"

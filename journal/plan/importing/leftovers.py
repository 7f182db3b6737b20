"""What of a document nobody took over: information goes into the plan's overview, the rest is listed."""

from __future__ import annotations

from journal.plan.importing.draft import Draft
from journal.plan.importing.outline import Block, Code, Document, Heading, Item, Items, Prose, Row, Strange, parts, take
from journal.plan.importing.topics import own_topic
from journal.plan.importing.wording import is_information

_EXCERPT = 90


def tell_information(document: Document, draft: Draft) -> None:
    """Put what is to be known, and belongs to no phase, into the plan's overview."""
    said = []
    for heading in document.root.walk():
        if not is_information(heading.name):
            continue
        for block in heading.blocks:
            items = block.items if isinstance(block, Items) else []
            if isinstance(block, Prose) and not block.taken:
                said.append(f"{heading.name}: {block.text}")
                take(block)
            elif items and not any(item.taken or item.blocks for item in items):
                said.append(f"{heading.name}: {'; '.join(item.head.text.rstrip('.;') for item in items)}.")
                take(block)
    if said:
        draft.data["overview"] = " ".join(filter(None, [draft.data.get("overview", ""), *said]))


def list_unread(document: Document, draft: Draft) -> None:
    """Note every part of a document that the plan has no place for."""
    for heading in document.root.walk():
        if own_topic(heading) == "contents":
            continue
        for place, block in enumerate(heading.blocks, 1):
            below = heading.blocks[place : place + 1]
            leads_in = isinstance(block, Prose) and block.text.endswith(":") and below and _all_taken(below[0])
            for part in parts(block) if not leads_in else ():
                if not part.taken:
                    draft.unread(part.line, _told(part, heading))


def _told(part: Block, heading: Heading) -> str:
    """Return what was not taken over, in a line."""
    match part:
        case Prose() | Strange():
            text = part.text
        case Code():
            text = f"{part.language or 'code'}: {' / '.join(row.strip() for row in part.rows if row.strip())}"
        case Item():
            text = part.head.text
        case Row():
            text = " | ".join(part.cells)
        case _:
            text = "a list or a table"
    short = " ".join(text.split())
    short = short if len(short) <= _EXCERPT else f"{short[:_EXCERPT].rstrip()}…"
    return f"{heading.title}: {short}" if heading.title else short


def _all_taken(block: Block) -> bool:
    return all(part.taken for part in parts(block))

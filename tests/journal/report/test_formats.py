"""Markdown, HTML and JSON: text from systems is shown without effect, and a broken chain is shown first."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from journal.events.types import Kind
from journal.plan.read import read_plan
from journal.report import FORMATS, render
from journal.report.build import build
from journal.report.condensed import without_paths
from journal.report.internal_names import InternalNames
from journal.report.markdown import code, escape, fence
from journal.report.model import Report
from journal.wording.sanitize import sanitize
from tests.journal.report.reviewed_story import write_reviewed
from tests.journal.report.test_report import BUNDLED
from tests.journal.stories import write_recovery

NASTY = (
    " <script>alert(1)</script> <img src=x onerror=alert(1)> </style> {{ 7*7 }} [click](http://evil.example)"
    " ![i](http://evil.example/i.png) https://evil.example | `tick` ``two`` **bold** &lt; \x1b[31mred\x1b[0m"
    " \x1b]0;title\x07 \u202egnp.exe\u202c \u2066iso\u2069 \x9b1m bell\x07 \r\nnext line\n# head\n\n```\n---"
)
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "id", "href", "title", "style", "data-label"}
SHAPES = {"xmlns", "viewbox", "role", "aria-label", "aria-hidden", "text-anchor", "patternunits", "patterntransform"}
SHAPES |= {"x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r"}
SEEN = "<script>alert(1)</script> <img src=x onerror=alert(1)> </style> {{ 7*7 }} [click](http://evil.example)"


def whole(report: Report, name: str) -> str:
    return render(report, name, full=True)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("nasty") / "journal.db"
    return build(write_reviewed(path, read_plan(BUNDLED).data, kind=Kind.DRILL, more=NASTY))


class Tags(HTMLParser):
    """Collects what a browser would see: tags, attributes, text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_escapes_what_systems_and_people_wrote(nasty: Report) -> None:
    html = whole(nasty, "html")
    found = Tags(html)
    assert not found.tags & {"script", "img", "iframe", "object", "link", "form", "image", "use", "foreignobject"}
    assert found.attributes <= ATTRIBUTES | SHAPES
    assert all(link.startswith("#") for link in found.links)
    assert "".join(found.text).count(SEEN) > 20
    assert html.count("</style>") == 1
    assert set(re.findall(r"url\([^)]*\)", html)) == {"url(#hatch)", "url(#dots)"} and "@import" not in html


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_carries_escape_sequences_or_direction_marks(nasty: Report, name: str) -> None:
    text = whole(nasty, name)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]", text)


def test_json_is_exact_and_ascii(nasty: Report) -> None:
    text = render(nasty, "json")
    assert text.isascii()
    found = json.loads(text)
    assert found["format"] == 1
    assert found["incident"]["title"] == "Data directory lost" + NASTY
    assert {"as_of", "incident", "verification", "summary", "times", "rto", "rpo", "choices", "responders"} <= set(
        found
    )
    assert {"deviations", "open_points", "timeline", "actions", "decisions", "checklist", "legal"} <= set(found)
    assert {"at", "written_at", "late", "offset_s", "actor", "type", "step", "text"} <= set(found["timeline"][0])
    assert found["timeline"][0]["at"].endswith("Z")


def test_markdown_shows_markup_instead_of_obeying_it(nasty: Report) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = parser.parse(whole(nasty, "md"))
    inline = [child for token in tokens for child in token.children or []]
    headings = [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]
    raw = {token.content for token in [*tokens, *inline] if token.type in ("html_block", "html_inline")}
    assert raw == {"<br>"}
    assert not [token for token in inline if token.type == "image"]
    links = {str(token.attrs["href"]) for token in inline if token.type == "link_open"}
    assert links <= {"#verification"}
    assert all(not heading.startswith(("head", "\\-")) for heading in headings)
    widths = {len(row) for row in _rows(tokens)}
    assert widths <= {2, 3, 4, 5, 6}
    assert len([h for h in headings if h.startswith("Run ")]) == len(nasty.actions)


def _rows(tokens: Sequence[object]) -> list[list[object]]:
    rows: list[list[object]] = []
    for token in tokens:
        kind = getattr(token, "type", "")
        if kind == "tr_open":
            rows.append([])
        elif kind in ("td_open", "th_open"):
            rows[-1].append(token)
    return rows


@pytest.mark.parametrize(
    "text",
    [
        "1. one",
        "- dash",
        "# head",
        "> quote",
        "+ plus",
        "a_b _c_ *d*",
        "a|b",
        "`x`",
        "\\|",
        "&amp; &#35;",
        "<b>",
        "1.2.3",
    ],
)
def test_escaped_text_reads_as_it_was_written(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(escape(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert "".join(child.content for child in tokens[1].children or []) == text
    assert {child.type for child in tokens[1].children or []} <= {"text", "text_special"}


@pytest.mark.parametrize("text", ["plain", "`", "a``b", "`a`", "", " x "])
def test_a_code_span_holds_any_text(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"x {code(text)} y")
    spans = [child.content for child in tokens[1].children or [] if child.type == "code_inline"]
    assert spans == ([text] if text else [])


def test_a_fence_holds_lines_that_look_like_fences() -> None:
    lines = ["```", "````", "</pre>", "~~~"]
    tokens = MarkdownIt("commonmark").parse(f"- item\n{fence(lines)}\n\nafter")
    (block,) = [token for token in tokens if token.type == "fence"]
    assert block.content.splitlines() == lines


def test_inert_text_is_one_visible_line() -> None:
    assert sanitize("a\x1b[31mb\x1b]0;t\x07c\u202ed\r\ne\tf\x00\x9b1mg") == "abcd  e       fg"
    assert sanitize("ends in \x1b]0;never closed, and stays seen") == "ends in ]0;never closed, and stays seen"
    assert sanitize("żółć 数据 🙂") == "żółć 数据 🙂"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("its data directory /var/lib/pg/15/main is there", "its data directory …/main is there"),
        ("in ~/lab/pg/data, and '/srv/a/b c'", "in …/data, and '…/b c'"),
        ("see https://status.example/incidents/7", "see https://status.example/incidents/7"),
        ("LSN 0/3000308, 2/60 connections, and/or 1/2/2026", "LSN 0/3000308, 2/60 connections, and/or 1/2/2026"),
        ("wrote /srv/pg/data/pg_hba.conf: 423 bytes", "wrote …/pg_hba.conf: 423 bytes"),
    ],
)
def test_paths_are_cut_to_their_last_part_and_nothing_else_is(text: str, shown: str) -> None:
    assert without_paths(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("db1 and DB1, not db11", "▮▮▮ and ▮▮▮, not db11"),
        ("the root cause; ask ada@ops1 at 03:14 on 2026-03-01", "the root cause; ask ▮▮▮ at 03:14 on 2026-03-01"),
        ("INC-2026-03-01-1 at 10.0.0.7:5432, 7f3a-09bc", "▮▮▮ at ▮▮▮, ▮▮▮"),
        ("kept in /var/lib/pg, id 3d1219c7c4c5404a", "kept in ▮▮▮, id ▮▮▮"),
        ("and/or 42 s of 1,000 rows", "and/or 42 s of 1,000 rows"),
    ],
)
def test_internal_names_are_struck_out_and_words_are_not(text: str, shown: str) -> None:
    names = InternalNames(["db1", ""])
    assert names.strike(text) == shown
    assert bool(names.struck) is (text != shown)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_kind_is_loud_in_every_format(kind: Kind, tmp_path: Path) -> None:
    found = build(write_recovery(tmp_path / "journal.db", read_plan(BUNDLED).data, kind=kind))
    html = render(found, "html")
    assert f'<body class="{kind}">' in html and f"<b>{kind}</b>" in html
    on_every_page = f'content: "{kind}"' in html and f'<div class="every-page" aria-hidden="true">{kind}</div>' in html
    assert on_every_page is (kind is not Kind.REAL)
    assert render(found, "md").startswith(f"# {kind}: ")
    assert json.loads(render(found, "json"))["incident"]["kind"] == kind


def test_a_broken_chain_is_said_first_and_in_every_format(tmp_path: Path) -> None:
    path = write_recovery(tmp_path / "journal.db", read_plan(BUNDLED).data)
    tamper(path)
    found = build(path)
    assert not found.verification.ok
    assert "it does not match its own hash" in found.verification.faults[0].what
    assert "CHAIN BROKEN" in render(found, "md").partition("## What happened")[0]
    assert "CHAIN BROKEN" in render(found, "html").partition("What happened")[0]
    assert "Chain verified" not in render(found, "html")
    assert json.loads(render(found, "json"))["verification"]["ok"] is False


def tamper(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("DROP TRIGGER events_stand")
    conn.execute("UPDATE events SET actor = 'eve@elsewhere' WHERE seq = 9")
    conn.commit()
    conn.close()

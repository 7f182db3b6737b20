from __future__ import annotations

from pathlib import Path

import pytest

from journal.plan.difference import difference
from journal.plan.pinned import drift
from journal.plan.read import LoadedPlan, read_text
from journal.yamlfile.edit import CannotEdit, Edits
from journal.yamlfile.yaml_source import read_yaml
from tests.journal.plan.plan_catalogue import SMALL_PLAN

VERIFY = """\
          - id: verify
            title: Verify
            needs: [restore]
            items: [Count the rows]
"""


def read(text: str) -> LoadedPlan:
    return read_text(Path("plan.yaml"), text.encode())


def told(new: str) -> list[str]:
    return [str(change) for change in difference(read(SMALL_PLAN), read(new))]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (VERIFY, VERIFY + "          - {id: tell, title: Tell them}\n", ["+ 1.2.3 Tell them (tell)"]),
        ("expect: 1 h 30 min", "expect: 2 h", ["~ 1.2.1 Restore (restore): expect: '1 h 30 min' → '2 h'"]),
        ("            expect: 1 h 30 min\n", "", ["~ 1.2.1 Restore (restore): expect: '1 h 30 min' → nothing"]),
        ("rpo: 15 min", "rpo: 5 min", ["~ objectives.rpo.database.rpo: '15 min' → '5 min'"]),
        ("start: 0 s, end: 15 min", "start: 0 s, end: 9 min", ["~ phases.first.window.end: '15 min' → '9 min'"]),
        ('version: "1"', 'version: "2"\nowner: Ann', ["~ version: '1' → '2'", "+ owner: 'Ann'"]),
    ],
)
def test_what_changed_is_named(old: str, new: str, said: list[str]) -> None:
    assert told(SMALL_PLAN.replace(old, new)) == said


def test_a_step_that_is_gone_and_one_that_moved_are_named() -> None:
    look = "          - id: look\n            title: Look\n            action: status.check\n"
    moved = "> 1.2.3 Look (look): moved from 1.1.1 in 'first / Look' to 1.2.3 in 'first / Mend'"
    assert told(SMALL_PLAN.replace(look, "") + look) == [moved]
    gone = SMALL_PLAN.replace(look, "")
    assert told(gone) == ["- 1.1.1 Look (look)"]


def test_a_step_with_another_name_is_the_same_step() -> None:
    renamed = SMALL_PLAN.replace("id: restore\n", "id: bring-back\n").replace("needs: [restore]", "needs: [bring-back]")
    assert told(renamed) == ["= 1.2.1 Restore (bring-back): was called restore"]
    assert told(renamed.replace("title: Restore\n", "title: Restore it all\n")) == [
        "= 1.2.1 Restore it all (bring-back): was called restore",
        "~ 1.2.1 Restore it all (bring-back): title: 'Restore' → 'Restore it all'",
    ]


def test_a_step_that_does_something_else_is_another_one() -> None:
    other = SMALL_PLAN.replace("id: verify", "id: inform").replace("title: Verify", "title: Inform the customers")
    said = told(other.replace("items: [Count the rows]", "items: [Write to them]"))
    assert [line[:8] for line in said] == ["- 1.2.2 ", "+ 1.2.2 "]


def test_a_section_with_another_title_moves_no_step() -> None:
    assert told(SMALL_PLAN.replace("- title: Mend", "- title: Bring it back")) == [
        "~ phases.first.sections: title: 'Mend' → 'Bring it back'"
    ]


def test_of_a_long_text_the_words_that_are_others_are_shown() -> None:
    text = "Ask the lead, who knows the customers, whether the site may be shown before the night is over, and wait"
    old, new = (
        SMALL_PLAN.replace("title: Verify\n", f"title: Verify\n            text: {each}\n")
        for each in (text, text.replace("the lead", "the person on call").replace("wait", "go on"))
    )
    assert [str(change) for change in difference(read(old), read(new))] == [
        "~ 1.2.2 Verify (verify): text: Ask the [-lead,-] {+person on call,+} who knows the customers, … night is "
        "over, and [-wait-] {+go on+}"
    ]


def test_a_plan_does_not_differ_from_itself() -> None:
    assert told(f"# a comment\n{SMALL_PLAN}") == []


def test_scripts_that_drifted_are_named_and_those_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    (tmp_path / "same.sh").write_bytes(b"")
    (tmp_path / "capitals.sh").write_bytes(b"")
    (tmp_path / "other.sh").write_bytes(b"changed")
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    pinned = "".join(f"              {name}.sh: {nothing}\n" for name in ("same", "other", "gone"))
    pinned += f"              capitals.sh: {nothing.upper()}\n"
    text = SMALL_PLAN.replace("            items: [Count", f"            pinned:\n{pinned}            items: [Count")
    found = drift(read_text(file, text.encode()))
    assert [problem.path[-1] for problem in found] == ["other.sh", "gone.sh"]
    assert "other.sh is not what the plan was tested with" in found[0].message
    assert "whether it drifted is not known" in found[1].message
    assert {problem.level for problem in found} == {"warning"}


def test_edits_keep_comments_and_layout() -> None:
    text = (
        "# head\nsteps:\n  # about it\n  - id: one  # here\n    expect: 30 s  # measured\n"
        "    wide:\n      a: 1\n    last: x\n"
    )
    edits = Edits(text, read_yaml(Path("f"), text.encode()).lines)
    edits.comment(("steps", 0), ["seen"])
    edits.set(("steps", 0), "expect", "1 min")
    edits.set(("steps", 0), "wide", "{a: 2}")
    edits.set(("steps", 0), "new", "yes")
    assert edits.text() == (
        "# head\nsteps:\n  # about it\n  # seen\n  - id: one  # here\n    new: yes\n    expect: 1 min  # measured\n"
        "    wide: {a: 2}\n    last: x\n"
    )


def test_edits_keep_the_ends_of_lines() -> None:
    text = "steps:\r\n  - id: one\r\n    title: Use {x}\r\n"
    edits = Edits(text, read_yaml(Path("f"), text.encode()).lines)
    edits.set(("steps", 0), "expect", "1 min")
    assert edits.text() == "steps:\r\n  - id: one\r\n    expect: 1 min\r\n    title: Use {x}\r\n"


def test_a_mapping_on_one_line_stays_on_it() -> None:
    text = 'steps:\n  - {id: one, expect: 30 s}\n  - {id: two, items: [a], text: "{b}"}\n'
    edits = Edits(text, read_yaml(Path("f"), text.encode()).lines)
    edits.set(("steps", 0), "expect", "1 min")
    edits.set(("steps", 0), "sha256", "ab")
    edits.set(("steps", 1), "pinned", "{x.sh: cd}")
    assert edits.text() == (
        'steps:\n  - {id: one, expect: 1 min, sha256: ab}\n  - {id: two, items: [a], text: "{b}", pinned: {x.sh: cd}}\n'
    )


@pytest.mark.parametrize(("text", "key"), [("- {id: one,\n   x: 1}\n", "y"), ("- {id: one, x: [1]}\n", "x")])
def test_what_cannot_be_edited_is_said(text: str, key: str) -> None:
    edits = Edits(text, read_yaml(Path("f"), text.encode()).lines)
    with pytest.raises(CannotEdit):
        edits.set((0,), key, "1")

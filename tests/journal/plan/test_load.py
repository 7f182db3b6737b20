from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from journal.errors import CleoError
from journal.plan.load import load_plan
from journal.plan.read import plan_from_data, read_plan
from journal.wording.durations import Duration
from journal.yamlfile.problem import BadFile
from tests.journal.plan.plan_catalogue import CATALOGUE, SMALL_PLAN


def written(folder: Path, text: str) -> Path:
    file = folder / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def complaints(folder: Path, text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(BadFile) as caught:
        read_plan(written(folder, text))
    return [(problem.line, problem.field, problem.message) for problem in caught.value.problems]


def test_a_plan_comes_back_whole_from_the_data_that_the_journal_carries(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL_PLAN)
    loaded = load_plan(file, CATALOGUE)
    assert plan_from_data(json.loads(json.dumps(loaded.data))) == loaded.plan
    assert loaded.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert loaded.plan.by_id["restore"].expect == Duration(5400)
    assert loaded.plan.numbers["verify"] == "1.2.2"


def test_everything_that_does_not_fit_is_named_in_one_go(tmp_path: Path) -> None:
    text = (
        SMALL_PLAN.replace("rto: 4 h", "rto: 4 hours")
        .replace("rpo: 15 min", "rpo: 15")
        .replace("destructive: true", "destructiv: true")
        .replace("expect: 1 h 30 min", "expect: soon")
        .replace("kind: systems", "kind: things")
        .replace("items: [Count the rows]", "items: [Count, 7, {text: All is well, known: all}]")
        .replace("            title: Look\n", "")
        .replace("start: 0 s", "begin: 0 s")
    )
    found = complaints(tmp_path, text)
    assert [(field, message.split(";")[0]) for _, field, message in found] == [
        ("objectives.rto.critical.rto", "'4 hours' is not a duration"),
        ("objectives.rpo.database.rpo", "15 is not a duration"),
        ("phases[0].window.begin", "unknown key 'begin'"),
        ("phases[0].sections[0].steps[0]", "'title' is missing"),
        ("phases[0].sections[0].steps[3].decision.kind", "Invalid enum value 'things'"),
        ("phases[0].sections[1].steps[0].destructiv", "unknown key 'destructiv'"),
        ("phases[0].sections[1].steps[0].expect", "'soon' is not a duration"),
        ("phases[0].sections[1].steps[1].items[1]", "Expected `str | object`, got `int`"),
        ("phases[0].sections[1].steps[1].items[2].known", "Invalid enum value 'all'"),
    ]
    lines = text.splitlines()
    assert all(
        field.rpartition(".")[2].partition("[")[0] in lines[line - 1] or "missing" in message
        for line, field, message in found
    )


def test_a_near_miss_is_suggested(tmp_path: Path) -> None:
    [(_, _, message)] = complaints(tmp_path, SMALL_PLAN.replace("destructive: true", "destructiv: true"))
    assert message.endswith("did you mean 'destructive'?")


def test_a_key_that_stands_twice_is_an_error_and_names_both_lines(tmp_path: Path) -> None:
    [(line, field, message)] = complaints(tmp_path, SMALL_PLAN + "title: Again\n")
    assert (line, field) == (len(SMALL_PLAN.splitlines()) + 1, "title")
    assert "first in line 1" in message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the file is empty"),
        ("title: [a\nversion: b\n", 2, "not YAML"),
        ("- a\n- b\n", 1, "Expected `object`"),
        ("title: &t A\nversion: *t\n", 1, "alias"),
        ("a: &a\n  b: *a\n", 1, "alias"),
        ("? [a]\n: b\n", 1, "a key must be plain text"),
        ("title: a\x00b\n", 1, "not YAML"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    found = complaints(tmp_path, text)
    assert message in found[0][2]
    assert found[0][0] == line


def test_nesting_that_would_crash_the_reader_is_refused(tmp_path: Path) -> None:
    deep = "- \n" + "[" * 100_000 + "]" * 100_000
    [(line, _, message)] = complaints(tmp_path, f"title: a\noverview:\n {'[' * 60}{']' * 60}\n")
    assert (line, message) == (3, "nested more than 50 levels deep")
    assert complaints(tmp_path, deep)


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(b"title: \xff\xfe\n")
    with pytest.raises(BadFile, match="not YAML"):
        read_plan(file)


def test_a_file_that_cannot_be_read_says_which_and_why(tmp_path: Path) -> None:
    with pytest.raises(CleoError, match=r"none\.yaml cannot be read: No such file"):
        read_plan(tmp_path / "none.yaml")


def test_words_and_times_stay_what_was_written(tmp_path: Path) -> None:
    text = SMALL_PLAN + "overview: no\nreview: 2024-04-15\nowner: 1:30\n"
    plan = read_plan(written(tmp_path, text)).plan
    assert (plan.overview, plan.review, plan.owner) == ("no", "2024-04-15", "1:30")


def test_a_plan_with_errors_is_not_loaded(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL_PLAN.replace("needs: [restore]", "needs: [restor]"))
    with pytest.raises(BadFile, match="unknown step 'restor'; did you mean 'restore'"):
        load_plan(file)


def test_data_that_is_no_plan_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        plan_from_data({"title": "half a plan"})

"""What nobody would type, and what no terminal should be: a sentence each time, and never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cleo_console.test_cli import Cleo

DIGITS = "9" * 5000
MAIN = "from cleo_console.cli.main import main; main()"
CLEO = str(Path(sys.executable).parent / "cleo")


pytestmark = pytest.mark.xdist_group("hard-input")


@pytest.fixture
def cleo(tmp_path: Path) -> Iterator[Cleo]:
    cleo = Cleo(tmp_path)
    yield cleo
    close_all(cleo)


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cleo]:
    """A home with one incident, for what changes nothing there. Its title needs more than a terminal of few letters."""
    cleo = Cleo(tmp_path_factory.mktemp("declared"))
    cleo("declare", "--title", "Ω → über", "--scenario", "database-failure", "--kind", "real")
    yield cleo
    close_all(cleo)


def close_all(cleo: Cleo) -> None:
    """Close every incident: its runner goes with it."""
    for incident in json.loads(cleo("journal", "list", "--json").stdout):
        if not incident.get("closed_at"):
            cleo.close(incident["id"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["note", "x", "--at", DIGITS], "is no time"),
        (["note", "x", "--at", f"{DIGITS} min ago"], "is no time"),
        (["note", "x", "--at", "0001-01-01T00:00:00+14:00"], "is no time"),
        (["note", "x", "--at", "9999-12-31T23:59:59-12:00"], "is no time"),
        (["note", "x", "--at", "9999-12-31T23:59:59Z"], "in the future"),
        (["done", "notify-stakeholders", "--at", "0001-01-01T00:00:00+14:00"], "is no time"),
        (["decide", "recovery-point", "time:0001-01-01T00:00:00+14:00"], "is no time"),
        (["decide", "recovery-point", f"time:{DIGITS}"], "is no time"),
        (["decide", "recovery-point", f"lsn:{DIGITS}/1"], "is no"),
        (["status", DIGITS], "There is no incident"),
        (["status", "../incidents"], "There is no incident"),
        (["note", "x", "-i", "\x1b[31mINC"], "There is no incident INC"),
    ],
)
def test_numbers_times_and_ids_that_nothing_can_be(declared: Cleo, words: list[str], said: str) -> None:
    done = declared(*words, status=1)
    assert said in done.stderr
    assert "\x1b" not in done.stderr
    assert len(done.stderr) < 2 * len(DIGITS) + 500


def test_an_incident_that_is_said_to_have_begun_before_all_years(cleo: Cleo) -> None:
    base = ("declare", "--title", "x", "--scenario", "database-failure", "--kind", "REAL", "--began")
    assert "is no time" in cleo(*base, "0001-01-01T00:00:00+14:00", status=1).stderr
    cleo(*base, "0001-01-01T00:00:00Z")
    cleo("status")
    cleo("report", json.loads(cleo("journal", "list", "--json").stdout)[0]["id"], "-o", str(cleo.home / "r.html"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"name: x\nallows: [REAL]\nhosts: {{a: {{via: ssh, host: h, port: {DIGITS}}}}}\n", ":3: hosts.a"),
        ("name: x\nallows: [REAL]\nhosts: {a: {via: ssh, host: h, port: -1}}\n", ">= 1"),
        ('name: x\nallows: [REAL]\nhosts: {"a\\eb": {via: local}}\n', "'a\\x1bb' is no name"),
        ("name: x\nallows: [REAL]\nhosts: {dаta: {via: local}}\n", "is no name"),  # a Cyrillic letter
        ('name: x\nallows: [REAL]\nhosts: {"[red]x": {via: local}}\n', "is no name"),
        ("name: x\nallows: [REAL]\nhosts: {a b: {via: local}}\n", "is no name"),
    ],
)
def test_an_inventory_of_nonsense_is_refused_with_its_line(cleo: Cleo, text: str, said: str) -> None:
    file = cleo.home / "inventory.yaml"
    file.write_text(text, encoding="utf-8")
    done = cleo("health", status=1, CLEO_INVENTORY=str(file))
    assert said in done.stderr
    assert f"{file}:3:" in done.stderr


def test_an_inventory_without_systems_is_not_called_none(cleo: Cleo) -> None:
    file = cleo.home / "inventory.yaml"
    file.write_text("name: empty\nallows: [REAL]\n", encoding="utf-8")
    said = cleo("health", status=1, CLEO_INVENTORY=str(file)).stderr
    assert f"The inventory empty ({file}) has no systems" in said


def test_a_plan_with_names_that_look_alike_is_refused(cleo: Cleo) -> None:
    file = cleo.home / "plan.yaml"
    file.write_text(
        "title: x\nversion: '1'\nobjectives: {rto: {}, rpo: {}}\nsystems: {}\nscenarios: {}\nstrategies: {}\n"
        "phases:\n- id: one\n  title: One\n  sections:\n  - title: S\n    steps:\n    - {id: 'dаta', title: x}\n",
        encoding="utf-8",
    )
    assert (
        ":13: phases[0].sections[0].steps[0].id: 'd\\u0430ta' is no name"
        in cleo("plan", "check", str(file), status=1).stdout
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("words", [["status"], ["journal", "list"], ["plan", "show"], ["--plain"]])
def test_a_terminal_of_few_letters_shows_what_it_can(declared: Cleo, encoding: str, words: list[str]) -> None:
    argv = [CLEO, *words]
    env = declared.env | {"PYTHONIOENCODING": encoding, "TERM": "dumb"}
    done = subprocess.run(argv, capture_output=True, env=env, stdin=subprocess.DEVNULL)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    assert words == ["plan", "show"] or b"ber" in done.stdout


@pytest.mark.parametrize(
    "words",
    [["status"], ["journal", "list"], ["plan", "show"], ["--help"], ["--version"], ["run", "--help"], ["--plain"]],
)
@pytest.mark.parametrize("closed", [False, True])
def test_an_output_that_takes_nothing_is_said_on_the_other_one(declared: Cleo, words: list[str], closed: bool) -> None:
    argv = [CLEO, *words]
    shell = ["sh", "-c", '"$@" >&-', "sh", *argv] if closed else ["sh", "-c", '"$@" >/dev/full', "sh", *argv]
    done = subprocess.run(shell, capture_output=True, text=True, env=declared.env, stdin=subprocess.DEVNULL)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    assert done.returncode == 1 or closed, done.stderr
    assert "standard output" in done.stderr or closed


def test_a_file_that_a_full_disk_does_not_take_is_named_and_stays_what_it_was(tmp_path: Path) -> None:
    plan, script = tmp_path / "plan.yaml", tmp_path / "x.sh"
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    plan.write_text(
        "title: x\nversion: '1'\nobjectives: {rto: {}, rpo: {}}\nsystems: {}\nscenarios: {}\nstrategies: {}\nphases:\n"
        "- id: one\n  title: One\n  sections:\n  - title: S\n    steps:\n"
        f"    - {{id: a, title: A, command: [{script}]}}\n",
        encoding="utf-8",
    )
    before = plan.read_bytes()
    full = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)); import sys; sys.argv[1:] = {{}}; {MAIN}"
    )
    for words, said in (
        (["plan", "pin", str(plan)], f"{plan} cannot be written: File too large."),
        (["exercise", "new", "-o", str(tmp_path / "e.yaml")], f"{tmp_path / 'e.yaml'} cannot be written: File too"),
    ):
        done = subprocess.run([sys.executable, "-c", full.format(words)], capture_output=True, text=True)
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert plan.read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} == {"plan.yaml", "x.sh"}


def test_a_failing_file_is_not_taken_for_the_standard_output() -> None:
    body = "from cleo_console.cli.standard_streams import guard_streams\nwith guard_streams(): raise OSError({})"
    for args, said in {
        "28, 'No space left'": "a file or connection: No space left",
        "2, 'Gone', '/x'": "/x: Gone",
    }.items():
        done = subprocess.run([sys.executable, "-c", body.format(args)], capture_output=True, text=True)
        assert done.returncode == 1
        assert f"cleo: {said}." in done.stderr and "standard output" not in done.stderr + done.stdout


def test_the_title_of_an_incident_drives_no_terminal(cleo: Cleo) -> None:
    cleo("declare", "--title", "\x1b[2Jgone", "--scenario", "database-failure", "--kind", "REAL")
    said = cleo("status").stdout
    assert "gone" in said and "\x1b" not in said


def test_the_help_of_the_lab_names_its_folder(cleo: Cleo) -> None:
    said = " ".join(cleo("lab", "up", "--help").stdout.split())
    assert "beside the journals" in said and "/var/lib/cleo/lab" in said


NOBODY = """
import os, pwd, sys
def unknown(uid): raise KeyError(uid)
pwd.getpwuid = unknown
from cleo_console.cli.main import main
sys.argv = ["cleo", *sys.argv[1:]]
main()
"""


def as_nobody(home: Path | None, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an account of a container: a number, and neither a passwd entry nor a home."""
    env = {"PATH": os.environ["PATH"], "TERM": "dumb"} | ({"CLEO_HOME": str(home)} if home else {})
    argv = [sys.executable, "-c", NOBODY, *words]
    return subprocess.run(argv, capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL)


def test_an_account_without_passwd_entry_and_home_works_where_a_folder_is_named(tmp_path: Path) -> None:
    words = ("declare", "--title", "x", "--scenario", "database-failure", "--kind", "REAL")
    refused = as_nobody(None, *words)
    assert refused.returncode == 1
    assert "HOME is not set" in refused.stderr and "Set CLEO_HOME" in refused.stderr
    done = as_nobody(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    shown = as_nobody(tmp_path, "journal", "show", done.stdout.strip())
    assert f"uid{os.getuid()}@" in shown.stdout
    assert as_nobody(tmp_path, "--plain").returncode == 0
    cleo = Cleo(tmp_path)
    cleo.env["CLEO_HOME"] = str(tmp_path)
    close_all(cleo)

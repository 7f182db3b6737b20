"""The checklist on paper: everything that is needed when nothing works, 80 columns wide."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actions.registry import catalogue
from cleo_console.cli.main import cli
from cleo_console.plans import bundled
from journal.plan.load import load_plan

MOST_PAGES = 12
PLAN = load_plan(bundled(), catalogue()).plan


def printed(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["plan", "show", *words])
    assert result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def paper() -> str:
    return printed("--paper").stdout


def flat(text: str) -> str:
    return " ".join(text.split())


def assert_pages(text: str, most: int = MOST_PAGES) -> None:
    """Fail unless a print's pages are few enough, numbered, of 64 lines: A4 at six an inch, as a printer takes text."""
    sheets = [sheet.splitlines() for sheet in text.split("\f")]
    assert len(sheets) <= most
    for number, lines in enumerate(sheets, 1):
        assert len(lines) <= 64
        assert lines[0].endswith(f"page {number} of {len(sheets)}")
        assert number == len(sheets) or not lines[-1].startswith(("-- ", "== "))  # a heading stays with its first step


def test_every_step_has_a_box_its_number_its_text_and_room_to_write(paper: str) -> None:
    sent = [step for step in PLAN.steps() if step.audience]  # no inventory: nothing can be sent to anybody
    lacks = [step for step in PLAN.steps() if step.system and PLAN.systems[step.system].optional]  # nor is it there
    steps = [step for step in PLAN.steps() if step not in [*sent, *lacks]]
    assert sent and lacks and not [step.id for step in [*sent, *lacks] if f"[{step.id}]" in flat(paper)]
    assert "Left out, as they do not apply here: " in flat(paper)
    for step in steps:
        assert re.search(rf"^\[ \] {re.escape(PLAN.numbers[step.id])} ", paper, re.M), step.id
        assert f"[{step.id}]" in flat(paper)
        assert flat(step.text) in flat(paper)
        for item in step.items:
            assert f"[ ] {item}" in flat(paper)
    decisions = sum(step.decision is not None for step in steps)
    assert paper.count("Time (UTC) ____") == len(steps)
    assert paper.count("Decided by ____") == decisions
    assert paper.count("Initials ____") == len(steps) - decisions


def test_it_says_what_to_type_by_hand(paper: str) -> None:
    for step in PLAN.steps():
        assert step.script in flat(paper.replace(" \\\n", " ")), step.id
    assert "cleo run backups.hold" in paper
    assert "cleo run postgres.restore --confirm TARGET" in paper


def test_decisions_objectives_calls_and_clocks_are_there(paper: str) -> None:
    text = flat(paper)
    for option in PLAN.strategies.values():
        assert f": {option.title}." in text
    for phase in PLAN.phases:
        assert phase.title.upper() in text
        assert not phase.window or phase.window.text.upper() in text
    for contact in PLAN.escalation:
        assert f"{contact.role}: {contact.contact}, answers within {contact.respond_within}" in text
    for clock in PLAN.compliance:
        assert f"the plan says: {clock.plan}" in text
        assert clock.law in text
    assert "RTO Critical Services: 1 h after the disruption" in text
    assert "RPO Database: 15 min of data may be lost" in text


@pytest.mark.parametrize("scenario", ["", *PLAN.scenarios])
def test_no_line_is_wider_and_no_page_longer_than_the_paper(scenario: str) -> None:
    text = printed("--paper", *(["--scenario", scenario] if scenario else [])).stdout
    assert max(len(line) for line in text.replace("\f", "").splitlines()) <= 80
    assert_pages(text, MOST_PAGES if scenario else MOST_PAGES + 2)  # without a scenario every way is there
    assert sum(f"\n== PHASE {number}:" in text for number in range(1, 10)) >= 5
    assert not re.search(r"^ *_{1,60}$", text, re.M)
    assert text.isascii()


def test_a_scenario_leaves_out_what_does_not_apply_and_says_so() -> None:
    text = printed("--paper", "--scenario", "data-corruption").stdout
    assert "(X) Latest: all that was archived, as latest REFUSED in this scenario." in flat(text)
    for number in ("3.6.1", "3.2.4"):  # kubernetes is not hit; promoting a standby is refused
        assert not re.search(rf"^\[ \] {re.escape(number)} ", text, re.M)
        assert number in text[text.index("Left out") :]
    assert re.search(r"^\[ \] 3\.2\.6 ", text, re.M)


def test_what_cannot_be_printed_is_a_sentence() -> None:
    result = printed("--paper", "--scenario", "meteor", status=1)
    assert "database-failure" in result.stderr
    assert "goes with --paper" in printed("--scenario", "database-failure", status=2).stderr
    assert "two different prints" in printed("--paper", "--json", status=2).stderr


def test_where_several_systems_play_one_they_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"type": "postgres", "host": "here", "data_directory": "/nowhere", "password": {"env": "NONE"}}
    entry |= {"service": {"manager": "pg_ctl"}, "backups": {}}
    systems = {"postgres": entry, "orders": {**entry, "plays": "postgres"}}
    file = tmp_path / "inventory.yaml"
    file.write_text(
        json.dumps({"name": "t", "allows": ["REAL"], "hosts": {"here": {"via": "local"}}, "systems": systems})
    )
    monkeypatch.setenv("CLEO_INVENTORY", str(file))
    text = flat(printed("--paper").stdout)
    assert "PostgreSQL: postgres, orders" in text
    assert "add --on NAME to the step's command" in text
    file.write_text("no inventory: [")
    broken = printed("--paper")
    assert "--on NAME" not in broken.stdout
    assert "The inventory is not taken into account" in broken.stderr


INVENTORY = """
name: prod
allows: [REAL]
hosts:
  db1: {via: ssh, host: 10.0.0.5, user: root, port: 2222}
systems:
  orders:
    type: postgres
    plays: postgres
    host: db1
    data_directory: /var/lib/postgresql/15/main
    run_as: postgres
    password: {env: ORDERS_PASSWORD}
    service: {manager: systemd, unit: postgresql@15-main}
    app_roles: [shop]
    backups: {stanza: orders}
communications:
  channels: {bot: {type: webhook, address: {env: BOT}}}
  audiences: {stakeholders: [{channel: bot}]}
"""


def test_with_an_inventory_it_has_the_commands_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    monkeypatch.setenv("CLEO_INVENTORY", str(tmp_path / "inventory.yaml"))
    monkeypatch.setenv("ORDERS_PASSWORD", "s3cret-of-orders")
    text = printed("--paper").stdout
    assert "on db1 (ssh -p 2222 root@10.0.0.5):" in text
    assert "\nsystemctl stop postgresql@15-main\n" in text
    assert "runuser -u postgres -- pgbackrest --stanza=orders restore --set=BACKUP" in text
    assert "pg_amcheck" in text
    assert "[send-to-stakeholders]" in flat(text)
    assert "[post-to-status-page]" not in flat(text)
    assert "s3cret-of-orders" not in text
    assert max(len(line) for line in text.replace("\f", "").splitlines()) <= 80


def test_what_a_step_hangs_on_stands_before_its_text_and_names_nothing_that_the_order_says(paper: str) -> None:
    text = flat(paper)
    assert "ONLY FOR a system: where 2.1.3 names it." in text
    # 3.1.5 is asked in a cold recovery alone: stopping the writers waits for it, and goes on where it was not asked
    assert "ONLY FOR postgres; NOT IF 3.1.5 is crash-recovery; AFTER 3.1.4, 3.1.5. Keeps the application" in text
    assert (
        "ONLY IF 3.1.5 is restore; AFTER 3.1.1, 3.1.11. Ends service" in text
    )  # of PostgreSQL in a cold recovery, 3.1.5 says
    assert "NOT IN: Security Breach; proved by 3.2.8. The smallest cure" in text
    assert "(what they mean: 3.1.5)" in text

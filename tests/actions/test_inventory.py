"""The inventory file: what fits, what does not, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.inventory import UnknownTarget, known_systems, load_inventory, misplaced
from actions.secrets import Secret, SecretUnavailable
from actions.systems.postgres.settings import PostgresSettings
from journal.errors import CleoError

GOOD = """\
name: production
allows: [REAL, DRILL]
hosts:
  db1: {via: ssh, host: db1.example, user: cleo}
systems:
  postgres:
    type: postgres
    host: db1
    data_directory: /var/lib/postgresql/15/main
    password: {env: CLEO_PG_PASSWORD}
    service: {manager: systemd, unit: postgresql@15-main}
    backups: {stanza: main}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "inventory.yaml"


def test_a_good_inventory_names_systems_and_hosts(file: Path) -> None:
    file.write_text(GOOD)
    inventory = load_inventory(file)
    assert inventory.system("postgres", PostgresSettings).service.unit == "postgresql@15-main"
    with pytest.raises(UnknownTarget, match="has no host db2"):
        inventory.host("db2")


@pytest.mark.parametrize(
    ("good", "bad", "line", "said"),
    [
        ("host: db1\n", "host: db9\n", 8, "no such host"),
        ("via: ssh", "via: pigeon", 4, "pigeon"),
        ("stanza: main", "stanzza: main", 12, "unknown key 'stanzza'; did you mean 'stanza'?"),
        ("manager: systemd", "manager: upstart", 11, "upstart"),
        ("[REAL, DRILL]", "[REEL]", 2, "REEL"),
        ("name: production", "name: 7", 1, "name"),
        ("password: {env: CLEO_PG_PASSWORD}", "password: hunter2", 10, "password"),
    ],
)
def test_what_does_not_fit_is_named_with_file_and_line(file: Path, good: str, bad: str, line: int, said: str) -> None:
    assert good in GOOD
    file.write_text(GOOD.replace(good, bad))
    with pytest.raises(CleoError) as raised:
        load_inventory(file)
    assert f"{file}:{line}:" in str(raised.value)
    assert said in str(raised.value)


def test_several_misfits_are_named_at_once(file: Path) -> None:
    file.write_text(GOOD.replace("stanza:", "stanzza:").replace("manager: systemd", "manager: upstart"))
    with pytest.raises(CleoError) as raised:
        load_inventory(file)
    assert len([line for line in str(raised.value).splitlines() if str(file) in line]) == 2


def test_a_secret_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    secret.chmod(0o640)
    with pytest.raises(SecretUnavailable, match="Others can read"):
        Secret(file=str(secret)).read()
    secret.chmod(0o600)
    assert Secret(file=str(secret)).read() == "hunter2"


def test_secrets_come_from_environment_and_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_TEST_SECRET", "a secret")
    assert Secret(env="CLEO_TEST_SECRET").read() == "a secret"
    assert Secret(command=["printf", "another"]).read() == "another"
    monkeypatch.delenv("CLEO_TEST_SECRET")
    with pytest.raises(SecretUnavailable, match="CLEO_TEST_SECRET is not set"):
        Secret(env="CLEO_TEST_SECRET").read()
    with pytest.raises(SecretUnavailable, match="false"):
        Secret(command=["false"]).read()


def test_standbys_that_follow_each_other_have_no_primary(file: Path) -> None:
    where = "type: postgres, host: db1, data_directory: /data, password: {env: X}"
    system = f"{where}, service: {{manager: systemd, unit: x}}, backups: {{stanza: main}}"
    lines = [
        f"  {name}: {{{system}, standby_of: {leader}}}" for name, leader in (("b", "c"), ("c", "b"), ("d", "postgres"))
    ]
    file.write_text(GOOD + "\n".join(lines) + "\n")
    with pytest.raises(CleoError) as raised:
        load_inventory(file)
    said = [line for line in str(raised.value).splitlines() if "circle" in line]
    assert [line.partition("systems.")[2].partition(":")[0] for line in said] == ["b.standby_of", "c.standby_of"]


@pytest.mark.parametrize(
    ("name", "said", "plays", "doubts"),
    [
        ("postgres", "plays: orders", "orders", ["postgres plays orders, and is not what the plan calls postgres"]),
        ("postgres", "standby_of: other", "", ["postgres stands by for other, and is not"]),
        (
            "postgres",
            "plays: orderz",
            "orderz",
            ["not what the plan calls postgres", "which the plan does not have"],
        ),
        ("toy", "site: dr", "", ["the system toy is a postgres, and is not what the plan calls toy"]),
        ("toy", "plays: toy", "toy", []),
        ("orders", "site: dr", "orders", []),
    ],
)
def test_a_system_that_does_not_play_what_it_is_called_is_said(
    file: Path, name: str, said: str, plays: str, doubts: list[str]
) -> None:
    other = "  other:\n" + GOOD.partition("  postgres:\n")[2]
    file.write_text(GOOD.replace("  postgres:", f"  {name}:") + f"    {said}\n" + other)
    inventory, planned = load_inventory(file), ["postgres", "orders", "toy"]
    assert {one.name: one.plays for one in known_systems(inventory, planned)}[name] == plays
    found = misplaced(inventory, planned)
    assert len(found) == len(doubts)
    assert all(words in line for words, line in zip(doubts, found, strict=True))

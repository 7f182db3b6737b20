"""PgBouncer's configuration keeps every byte but a host and a port."""

from __future__ import annotations

import pytest

from actions.systems.pooler.config_file import parse, repointed, without_password

CONFIG = """\
;; app = host=commented.example port=1
# app = host=commented.example port=2
[databases]
  app = host=old.example port=5432 dbname=main  connect_query='SELECT ''host=x port=9'''\r
"odd ""name" = dbname=main host='old.example'
* = host=old.example
%include /etc/pgbouncer/more.ini
[users]
app = pool_mode=session host=no.example
[pgbouncer]
listen_port = 6432
"""


def test_databases_are_found_and_nothing_else() -> None:
    found = parse("f", CONFIG)
    assert [(one.name, one.line, one.host, one.port) for one in found.entries] == [
        ("app", 3, "old.example", "5432"),
        ('odd "name', 4, "old.example", ""),
        ("*", 5, "old.example", ""),
    ]
    assert found.includes == ["/etc/pgbouncer/more.ini"]


def test_only_host_and_port_change() -> None:
    new = repointed(CONFIG, {3: ("10.2.0.1", "5433"), 4: ("10.2.0.1", "5433")})
    before, after = CONFIG.split("\n"), new.split("\n")
    assert [number for number, line in enumerate(after) if line != before[number]] == [3, 4]
    assert after[3] == before[3].replace("old.example", "10.2.0.1", 1).replace("5432", "5433", 1)
    assert after[4] == '"odd ""name" = port=5433 dbname=main host=\'10.2.0.1\''
    assert repointed(new, {3: ("old.example", "5432")}).split("\n")[3] == before[3]


@pytest.mark.parametrize("value", ["secret", "'se cret'", "'it''s'"])
def test_a_password_is_not_shown(value: str) -> None:
    assert without_password(f"app = host=a password={value} port=1") == "app = host=a password=… port=1"

"""A side instance of a real server: it stands between two commits, reaches nobody, and is wholly removed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Cancelled
from actions.systems.postgres.server import find_server
from actions.systems.postgres.side.ask import ask, script
from actions.systems.postgres.side.pitr import pitr, pitr_discard, pitr_state
from actions.systems.postgres.side.place import Side, load_side
from actions.systems.postgres.side.verify import pitr_verify
from tests.actions.contexts import FakeContext, RunnerDied
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-side")

NOW = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


@pytest.fixture
def ctx(lab: Lab) -> Iterator[FakeContext]:
    found = FakeContext(load_inventory(lab.inventory_path))
    yield found
    found.cancelled = False
    assert found.do(pitr_discard).ok


@pytest.fixture(scope="module")
def moment(lab: Lab) -> str:
    """An instant between two commits: of a row that was there then, and of one that came later."""
    lab.psql("CREATE TABLE marks (id int PRIMARY KEY, name text); INSERT INTO marks VALUES (1, 'before')")
    at = lab.psql(NOW)
    lab.psql("INSERT INTO marks VALUES (2, 'after')")
    return at


def side_of(ctx: FakeContext) -> Side:
    side = load_side(find_server(ctx))
    assert side
    return side


def directory(lab: Lab) -> Path:
    data = lab.postgres.data_directory
    return data.with_name(f"{data.name}.side")


def marks(ctx: FakeContext) -> list[Any]:
    return [row["name"] for row in ask(side_of(ctx), "SELECT name FROM marks ORDER BY id", "cleoai")]


def test_it_stands_between_two_commits_and_nobody_is_reached(lab: Lab, ctx: FakeContext, moment: str) -> None:
    server = lab.pids["server"]
    dry = FakeContext(ctx.inventory, dry_run=True).do(pitr, timestamp=moment)
    assert dry.ok
    assert not directory(lab).exists()

    made = ctx.do(pitr, timestamp=moment)
    assert marks(ctx) == ["before"]
    before, after = (datetime.fromisoformat(made.facts[name]) for name in ("last_before", "first_after"))
    assert before < datetime.fromisoformat(moment) <= after
    assert ctx.do(pitr_state).ok
    assert "stands there already" in " ".join(ctx.lines if ctx.do(pitr, timestamp=moment).ok else [])

    script(side_of(ctx), "CREATE TABLE mine (); SELECT pg_switch_wal(); CREATE TABLE more ();", "cleoai")
    said = ask(side_of(ctx), "SELECT name, setting FROM pg_settings", "cleoai")
    settings = {row["name"]: row["setting"] for row in said}
    assert (settings["listen_addresses"], settings["archive_mode"]) == ("", "off")
    assert (settings["max_logical_replication_workers"], settings["shared_preload_libraries"]) == ("0", "")
    assert settings["port"] != str(lab.postgres.port)
    assert directory(lab).stat().st_mode & 0o777 == 0o700
    lab.psql("SELECT pg_switch_wal()")
    assert {path.name[:8] for path in lab.postgres.repository.rglob("0000000*") if len(path.name) > 24} == {"00000001"}
    assert lab.pids["server"] == server, "the real server was not touched"


def test_its_verification_tells_what_is_otherwise_now(lab: Lab, ctx: FakeContext, moment: str) -> None:
    with pytest.raises(ActionFailed, match="no side instance") as none:
        ctx.do(pitr_verify)
    assert none.value.cures[0].action == "postgres.pitr"
    assert ctx.do(pitr, timestamp=moment).ok
    lab.psql("CREATE TABLE kept AS TABLE user_preferences; DROP TABLE user_preferences; UPDATE users SET name = name")
    try:
        verified = ctx.do(pitr_verify)
    finally:
        lab.psql("CREATE TABLE user_preferences AS TABLE kept; DROP TABLE kept")
    assert verified.ok, verified.summary
    differs = verified.facts["differs"]
    assert differs["cleoai, public.marks"] == {"then": 1, "now": 2}
    assert differs["cleoai, public.user_preferences"]["now"] is None
    assert "cleoai, public.users" not in differs, "the same rows, written anew"
    assert not {"newest_commit_at", "recovered_to"} & verified.facts.keys(), "nothing of it is the real server's"


def test_a_flipped_byte_in_it_is_found(lab: Lab, ctx: FakeContext, moment: str) -> None:
    assert ctx.do(pitr, timestamp=moment).ok
    side = side_of(ctx)
    path = ask(side, "SELECT pg_relation_filepath('users') AS path", "cleoai")[0]["path"]
    script(side, "CHECKPOINT;", "cleoai")
    file = Path(side.server.data) / path
    with file.open("r+b") as opened:
        opened.seek(3000)
        opened.write(b"\xff" * 64)
    verified = ctx.do(pitr_verify)
    assert not verified.ok
    assert any("public.users" in str(finding) and "invalid page" in str(finding) for finding in verified.findings)
    assert {finding.severity for finding in verified.findings} == {"warning"}, "the real server is not proven wrong"


def test_a_point_that_is_not_covered_tells_the_range(lab: Lab, ctx: FakeContext) -> None:
    with pytest.raises(ActionFailed, match=r"What can be had: from 20.* on \(backup"):
        ctx.do(pitr, timestamp="2020-01-01T00:00:00Z")
    with pytest.raises(ActionFailed, match="still to come"):
        ctx.do(pitr, timestamp=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    with pytest.raises(ActionFailed, match="names no time zone") as asked:
        ctx.do(pitr, timestamp="2026-01-15 14:30:00")
    assert asked.value.cures[0].params == {"timestamp": "2026-01-15T14:30:00Z"}
    with pytest.raises(ActionFailed, match="Say where to"):
        ctx.do(pitr)
    assert not directory(lab).exists()


@pytest.mark.soak
def test_a_tablespace_made_after_the_backup_is_not_written_over(lab: Lab, ctx: FakeContext) -> None:
    place = lab.postgres.data_directory.with_name("space")
    lab.postgres.run(["mkdir", "-m", "700", str(place)])
    lab.psql(f"CREATE TABLESPACE space LOCATION '{place}'")
    lab.psql("CREATE TABLE spaced (id int) WITH (autovacuum_enabled = off) TABLESPACE space")
    lab.psql("INSERT INTO spaced SELECT generate_series(1, 500)")
    at = lab.psql(NOW)
    lab.psql("DELETE FROM spaced WHERE id > 9; VACUUM spaced; CHECKPOINT")
    files = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    with pytest.raises(ActionFailed, match="was made after backup"):
        ctx.do(pitr, timestamp=at)
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == files
    lab.psql("DROP TABLE spaced; DROP TABLESPACE space")
    shutil.rmtree(place)
    with pytest.raises(ActionFailed, match="was made after backup"):
        ctx.do(pitr, timestamp=lab.psql(NOW))  # it is not there any more, and is replayed all the same
    lab.backup("full")


@pytest.mark.parametrize("key", ["make", "restore", "start", "cancelled"])
def test_killed_anywhere_it_is_gone_on_with(lab: Lab, ctx: FakeContext, moment: str, key: str) -> None:
    if key == "cancelled":
        ctx.progress = lambda progress: setattr(ctx, "cancelled", True)  # type: ignore[method-assign]
        with pytest.raises(Cancelled):
            ctx.do(pitr, timestamp=moment)
        ctx.cancelled = False
        del ctx.progress  # type: ignore[method-assign]
    else:
        _dies_after(ctx, key)
        with pytest.raises(RunnerDied):
            ctx.do(pitr, timestamp=moment)
        assert not ctx.do(pitr_state).ok
    again = ctx.reenter if key in ("restore", "start") else ctx.do
    assert again(pitr, timestamp=moment).ok
    assert marks(ctx) == ["before"]


def test_nothing_else_is_removed(lab: Lab, ctx: FakeContext, moment: str) -> None:
    directory(lab).mkdir()
    (directory(lab) / "letters").write_text("mine")
    for act, params in ((pitr, {"timestamp": moment}), (pitr_discard, {})):
        with pytest.raises(ActionFailed, match=r"something else lies there|somebody else's"):
            ctx.do(act, **params)
    shutil.rmtree(directory(lab))

    theirs = FakeContext(ctx.inventory, id="INC-2")
    assert theirs.do(pitr, timestamp=moment).ok
    with pytest.raises(ActionFailed, match="of incident INC-2"):
        ctx.do(pitr, timestamp=moment)
    assert theirs.do(pitr_discard).ok
    assert not directory(lab).exists()


@pytest.mark.usefixtures("moment")
def test_of_a_server_that_is_lost_what_is_archived_can_be_had(lab: Lab, ctx: FakeContext) -> None:
    lab.psql("CREATE TABLE later ()")
    segment = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: lab.psql("SELECT last_archived_wal FROM pg_stat_archiver") >= segment)
    lab.break_("postgres", "lose-data-directory")
    with pytest.raises(ActionFailed, match="What can be had: until") as short:
        ctx.do(pitr, timestamp=datetime.now(UTC).isoformat())
    assert ctx.do(pitr, **short.value.cures[0].params).ok, "what is offered can be had"
    assert marks(ctx) == ["before", "after"]
    verified = ctx.do(pitr_verify)
    assert (verified.ok, bool(verified.partial)) == (True, True)


def _dies_after(ctx: FakeContext, key: str) -> None:
    real = ctx.run

    def run(name: str, *args: Any, **rest: Any) -> Any:
        done = real(name, *args, **rest)
        if name.startswith(f"{key}-"):
            ctx.run = real  # type: ignore[method-assign]
            raise RunnerDied
        return done

    ctx.run = run  # type: ignore[method-assign,assignment]

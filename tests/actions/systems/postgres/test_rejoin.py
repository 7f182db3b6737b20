"""An old primary comes back as a standby of the new one: never as a primary, and nothing of its own is thrown away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.failover.promotion_record import still_names
from actions.inventory import Inventory, known_systems, load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.failover import rewind
from actions.systems.postgres.failover.fence import fence, is_fenced
from actions.systems.postgres.failover.following import settings_text
from actions.systems.postgres.failover.promote import promote
from actions.systems.postgres.failover.rejoin import is_rejoined, no_writer, rejoin
from actions.systems.postgres.failover.switch_back import switch_back
from actions.systems.postgres.writers import stop_writers
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.failing_over import STANDBY, with_fields
from tests.actions.systems.postgres.strangers import pg_ctl
from tests.labs import Lab, running_lab
from tests.waiting import until

GRANTS = "".join(
    f"GRANT EXECUTE ON FUNCTION {name} TO replicator;"
    for name in (
        "pg_ls_dir(text,boolean,boolean)",
        "pg_stat_file(text,boolean)",
        "pg_read_binary_file(text)",
        "pg_read_binary_file(text,bigint,bigint,boolean)",
    )
)
pytestmark = pytest.mark.xdist_group("promote")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab() as running:
        yield Lab.up(running.directory, standby=True)


def after(lab: Lab) -> Inventory:
    """Return the inventory as it is once the standby took over."""
    inventory = with_fields(load_inventory(lab.inventory_path), STANDBY, standby_of="")
    return with_fields(inventory, "postgres", standby_of=STANDBY)


def test_what_lacks_nothing_goes_on_with_its_data(lab: Lab) -> None:
    ctx, standby = FakeContext(load_inventory(lab.inventory_path)), lab.cluster(STANDBY)
    lab.psql("ALTER SYSTEM SET recovery_target_name = 'of an old restore'")
    alive = no_writer(FakeContext(after(lab)))
    assert alive
    assert (alive.gate, alive.yields) == ("fenced", "never")
    assert ctx.do(stop_writers).ok
    assert ctx.do(fence).ok
    assert ctx.do(promote).ok
    standby.psql("CREATE TABLE since AS SELECT 1 AS one")

    back = FakeContext(after(lab), dry_run=True)
    back.files = ctx.files
    config = lab.postgres.data_directory / "postgresql.auto.conf"
    before = config.read_text()
    assert no_writer(back) is None
    assert "go on with its data" in "".join([back.do(rejoin).summary, *back.effects])
    assert config.read_text() == before, "a dry run changes nothing"
    back.dry_run = False
    assert not back.do(is_rejoined).ok
    done = back.do(rejoin)
    assert done.ok
    assert f"streams from {STANDBY} on timeline 2" in done.summary
    assert (done.facts["lifts"], done.facts["lifts_at"]) == ("postgres.unfence", "postgres")
    assert lab.psql("SELECT pg_is_in_recovery(), one FROM since") == "t|1"
    assert "old restore" not in config.read_text()
    assert "reject" not in (lab.postgres.data_directory / "pg_hba.conf").read_text(), "whoever reads may log in again"
    assert standby.psql("SELECT active FROM pg_replication_slots WHERE slot_name = 'cleo_postgres'") == "t"
    assert back.do(is_rejoined).ok
    assert back.do(rejoin).ok, "again is harmless"
    assert not back.do(is_fenced).ok


def diverged(lab: Lab, old: str, table: str) -> FakeContext:
    """Have the primary called so commit what the other one never gets, and that one take its place."""
    new = "postgres" if old == STANDBY else STANDBY
    primary, standby = lab.cluster(old), lab.cluster(new)
    standby.psql("ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'")
    standby.psql("ALTER SYSTEM SET restore_command = ''")  # once it came back, it gets from the archive what it lacks
    standby.psql("SELECT pg_reload_conf()")
    until(lambda: primary.psql("SELECT count(*) FROM pg_stat_replication") == "0")
    primary.psql(f"CREATE TABLE {table} AS SELECT 1 AS one")
    inventory = after(lab) if old == STANDBY else load_inventory(lab.inventory_path)
    ctx = FakeContext(inventory, system=old, overrides={"behind-archive": "known"})
    assert ctx.do(fence).ok
    assert ctx.do(promote).ok
    standby.psql("CHECKPOINT")  # until the one after its promotion, pg_rewind takes its history for the one before
    return ctx


def way_of(lab: Lab, primary: str = "postgres") -> str:
    """Return how a standby reaches that primary."""
    passfile = lab.postgres.replication_password_file
    return f"host=127.0.0.1 port={lab.cluster(primary).port} user=replicator passfile={passfile}"


def test_what_diverged_is_kept_aside_and_a_clone_of_it_rewound(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way round: what is the primary now never sent its last commits to the one that takes over."""
    standby = lab.cluster(STANDBY)
    diverged(lab, STANDBY, "lost")
    inventory = load_inventory(lab.inventory_path)
    back = FakeContext(inventory, system=STANDBY)
    with pytest.raises(ActionFailed, match=r"Nobody says as whom|may not replicate") as failed:
        back.do(rejoin)
    assert "replication:" in str(failed.value)
    inventory = with_fields(inventory, "postgres", replication=way_of(lab))
    dry = FakeContext(inventory, system=STANDBY, dry_run=True)
    assert dry.do(rejoin).ok
    assert any("pg_rewind is not used: its file system (tmpfs)" in line for line in dry.lines)
    monkeypatch.setattr(rewind, "SHARING", ("tmpfs",))  # where a clone is a copy, and all else is the same
    monkeypatch.setattr(rewind, "CLONING", "auto")
    monkeypatch.setattr(rewind, "MOST", 1.0)  # most of a small database is log
    assert dry.do(rejoin).ok
    assert any("may not read the primary's files (GRANT EXECUTE ON FUNCTION pg_ls_dir" in line for line in dry.lines)
    lab.psql(GRANTS)
    assert dry.do(rejoin).ok
    assert re.search(
        r"rewind on a clone of its data (?:fetches|makes its log whole) .*; a copy is .* \(at least ",
        "\n".join(dry.lines),
    )

    back = FakeContext(inventory, system=STANDBY)
    done = back.do(rejoin)
    assert "rewind" in back.programs
    assert "copy" not in back.programs
    lost, rewound = done.findings
    assert "never reached the new primary" in lost.text
    assert "rewound" in rewound.text
    aside = Path(done.facts["aside"])
    assert str(aside) in lost.cure
    assert standby.psql("SELECT pg_is_in_recovery(), to_regclass('lost') IS NULL") == "t|t"
    assert back.do(is_rejoined).ok
    with pytest.raises(CleoError):
        pg_ctl(lab, aside, "start")  # what was kept aside is no second primary


def test_tablespaces_go_where_nobody_elses_are_and_keep_what_was_there(lab: Lab) -> None:
    """Both servers of a lab are on one host: a copy, or a replay, would write over the primary's own."""
    standby, place = lab.cluster(STANDBY), lab.postgres.directory / "pg" / "space"
    other = standby.directory / "pg" / "other space=1"
    standby.run([str(standby.programs.server("pg_ctl")), "stop", "-w", "-D", str(standby.data_directory)])
    lab.postgres.run(["mkdir", str(place), str(other)])
    lab.psql(f"CREATE TABLESPACE space LOCATION '{place}'; ALTER TABLE heartbeat SET TABLESPACE space")
    inventory = with_fields(load_inventory(lab.inventory_path), "postgres", replication=way_of(lab))
    with pytest.raises(ActionFailed, match=r"space, made since .* holds a server's files"):
        FakeContext(inventory, system=STANDBY).do(rejoin)
    with pytest.raises(ActionFailed, match=r"space cannot go to .*: postgres, on the same host, has its own") as failed:
        FakeContext(inventory, system=STANDBY).do(rejoin, copy=True)
    assert "tablespaces: NAME: /PATH" in str(failed.value)

    back = FakeContext(with_fields(inventory, STANDBY, tablespaces={"space": str(other)}), system=STANDBY)
    assert back.do(rejoin, copy=True).ok
    where = "SELECT pg_tablespace_location(oid), (SELECT count(*) > 0 FROM heartbeat) FROM pg_tablespace"
    assert standby.psql(f"{where} WHERE spcname = 'space'") == f"{other}|t"
    standby.run([str(standby.programs.server("pg_ctl")), "stop", "-w", "-D", str(standby.data_directory)])
    back = FakeContext(inventory, system=STANDBY)  # where it has it by now, nobody needs to say
    aside = back.do(rejoin, copy=True).facts["aside"]
    assert standby.psql(f"{where} WHERE spcname = 'space'") == f"{other}|t"
    (kept,) = other.glob("aside-*")
    (link,) = Path(aside, "pg_tblspc").iterdir()
    assert link.resolve() == kept
    assert [path.name[:3] for path in kept.iterdir()] == ["PG_"]
    assert lab.psql("SELECT count(*) > 0 FROM heartbeat") == "t", "the primary's own are as they were"


def test_the_inventory_says_it_itself_once_its_lines_are_changed(lab: Lab, tmp_path: Path) -> None:
    """The lines that a promotion names, written as it says: the file then means what the incident does."""
    text = lab.inventory_path.read_text()
    cure = still_names("postgres", STANDBY).cure
    put, out, add = re.findall("`([^`]+)`", cure)
    assert out in text
    changed = text.replace(out, put).replace("\n  postgres:\n", f"\n  postgres:\n    {add}\n")
    file = tmp_path / "inventory.yaml"
    file.write_text(changed)
    known = {one.name: (one.plays, one.standby_of) for one in known_systems(load_inventory(file), ["postgres"])}
    assert known == {"postgres": ("", STANDBY), STANDBY: ("postgres", "")}


def test_its_settings_are_cleaned_of_an_earlier_life() -> None:
    before = "work_mem = '5MB'\nprimary_conninfo = 'host=old'\nrecovery_target_time = '2026'\ncleo_fenced = 'x'\n"
    text = settings_text(before, "host=new options='-c a=b'", "cleo_x")
    assert settings_text(text, "host=new options='-c a=b'", "cleo_x") == text
    assert "work_mem = '5MB'\n" in text
    assert "primary_conninfo = 'host=new options=''-c a=b'''\n" in text
    assert not any(line.startswith("cleo_fenced") or "old" in line or "2026" in line for line in text.splitlines())


def test_they_change_places_and_back_with_nothing_lost(lab: Lab) -> None:
    """After what the tests above left: the one called postgres is the primary again, the other its standby."""
    inventory, standby = load_inventory(lab.inventory_path), lab.cluster(STANDBY)
    ctx = FakeContext(inventory, dry_run=True)
    told = ctx.do(switch_back)
    assert told.ok
    assert not [one for one in told.findings if "slots" in one.about], "the primary is up, and was asked: it has none"
    assert lab.psql("SELECT pg_is_in_recovery()") == "f"
    ctx.dry_run = False
    done = ctx.do(switch_back)
    assert done.summary.startswith("Nothing was lost, both logs end alike.")
    assert done.facts["took_over"] == {"system": STANDBY, "of": "postgres"}
    assert ctx.do(is_fenced).ok
    last = standby.psql("SELECT max(at) FROM heartbeat")

    back = FakeContext(after(lab), system=STANDBY)
    back.files = ctx.files
    with pytest.raises(ActionFailed, match="cannot be asked: whether postgres has all") as failed:
        back.do(switch_back)
    assert failed.value.cures[0].action == "postgres.rejoin"
    assert back.do(rejoin).ok, "aimed at the primary, it brings back what stands by for it"
    standby.psql("INSERT INTO heartbeat (at) VALUES (now())")
    done = back.do(switch_back)
    assert (done.facts["timeline"], [path.name for path in ctx.files.glob("promotion-*")]) == (5, [])
    assert lab.psql(f"SELECT count(*) FROM heartbeat WHERE at > '{last}'") == "1"
    (file,) = [one for one in done.findings if one.about == "the inventory"]
    assert "is right again" in file.text

"""Passwords changed on real servers: the new one is let in, the old one is not, strangers are named."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pymongo
import pytest
import redis
from pymongo.errors import PyMongoError

from actions.backups.take import take
from actions.credentials.rotate import rotate
from actions.credentials.test import test as try_credentials
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Finding, Outcome
from actions.secrets import Secret
from actions.systems.postgres.credentials import fits
from actions.systems.postgres.writers import allow_writers, stop_writers
from cleo_console.lab.new_secrets import previous_of
from tests.actions.breach.conftest import LabOf
from tests.actions.contexts import FakeContext
from tests.labs import Lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("breach")
STRANGER = "svc_metrics"
STORES = ("postgres", "redis", pytest.param("mongodb", marks=pytest.mark.soak))


def _ctx(stores: Lab, system: str, **more: Any) -> FakeContext:
    return FakeContext(load_inventory(stores.inventory_path), system=system, **more)


def _secret(stores: Lab, system: str) -> Path:
    return stores.directory / system / "secrets" / "cleo_app"


@contextmanager
def _session(stores: Lab, system: str) -> Iterator[Any]:
    """A session of the application, begun with the password that holds now; called, it asks something."""
    entry: Any = load_inventory(stores.inventory_path).systems[system]
    password = _secret(stores, system).read_text().strip()
    if system == "postgres":
        with psycopg.connect(
            host="127.0.0.1", port=entry.port, dbname="cleoai", user="cleo_app", password=password, autocommit=True
        ) as session:
            yield lambda: session.execute("SELECT 1")
    elif system == "mongodb":
        options: Any = {"username": "cleo_app", "password": password, "directConnection": True}
        with pymongo.MongoClient("127.0.0.1", entry.port, **options) as client:
            yield lambda: client.cleoai.heartbeat.find_one()
    else:
        once: Any = {"single_connection_client": True, "retry": None}
        with redis.Redis(port=entry.port, username="cleo_app", password=password, **once) as server:
            yield server.ping


def _named(stores: Lab, system: str) -> Sequence[Finding]:
    return _ctx(stores, system, decisions={"strangers": "name"}).do(try_credentials).findings


def _words(ctx: FakeContext, done: Outcome) -> str:
    return "\n".join([*ctx.lines, done.summary, *map(str, done.findings), str(done.facts)])


@pytest.mark.parametrize("system", STORES)
def test_a_new_password_is_the_only_one_and_an_intruder_is_named_and_shut_out(labs: LabOf, system: str) -> None:
    stores = labs(system)
    if system == "postgres":
        assert _ctx(stores, system).do(take).facts["manifest"]
    ctx = _ctx(stores, system, damage_began=datetime.now(UTC))
    with pytest.raises(ActionFailed, match="has that password already"):
        ctx.do(rotate)
    stores.break_(system, "intruder")
    old = _secret(stores, system).read_text().strip()
    with _session(stores, system) as ask:
        ask()
        stores.services[system].put_new_secrets()
        new = _secret(stores, system).read_text().strip()
        assert "would change the password of cleo_app" in _ctx(stores, system, dry_run=True).do(rotate).summary
        tested = _ctx(stores, system).do(try_credentials)
        assert not tested.ok and "its new password is refused" in str(tested.findings)
        done = ctx.do(rotate)
        with pytest.raises((psycopg.Error, PyMongoError, redis.RedisError)):
            ask()
    assert done.facts["changed"] == ["cleo_app"] and done.facts["sessions_ended"] >= 1
    assert not done.ok and done.facts["strangers"] == [STRANGER]
    assert old not in _words(ctx, done) and new not in _words(ctx, done)
    if system == "postgres":
        assert "(strangers by backup " in done.summary
        assert "pg_hba.conf, line" in str(done.findings), "the rule that asks for no password"

    with pytest.raises(ActionFailed, match="is no stranger"):
        ctx.do(rotate, disable="cleo_app")
    decide, cure = done.cures
    assert decide.decision == "strangers"
    assert not [finding for finding in _named(stores, system) if finding.severity == "wrong"], "left, as was decided"
    decided = system == "redis"
    again = (ctx.with_incident(decisions={"strangers": "disable"}) if decided else ctx).do(
        rotate, **({} if decided else cure.params)
    )
    assert again.ok and again.facts["disabled"] == [STRANGER]
    assert again.facts["strangers"] == []
    tried = _ctx(stores, system).do(try_credentials)
    assert tried.ok and not tried.partial
    with _session(stores, system) as ask:
        ask()
    old_one = previous_of(_secret(stores, system))
    assert old_one.read_text().strip() == old
    if system == "redis":
        _an_old_password_at_a_replica_is_found(stores, old)


def _an_old_password_at_a_replica_is_found(stores: Lab, old: str) -> None:
    """A replica's users are its own: the change does not come there."""
    inventory = load_inventory(stores.inventory_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    other = msgspec.structs.replace(inventory.systems["redis"], port=port, standby_of="redis")
    beside = msgspec.structs.replace(inventory, systems={**inventory.systems, "redis_standby": other})
    argv = ["redis-server", "--port", str(port), "--save", "", "--user", "cleo_app", "on", f">{old}", "~*", "+@all"]
    assert "not tried" in FakeContext(beside, system="redis").do(try_credentials).partial, "nobody answers there"
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as replica:
        try:
            until(lambda: not FakeContext(beside, system="redis").do(try_credentials).partial)
            tried = FakeContext(beside, system="redis").do(try_credentials)
        finally:
            replica.terminate()
    assert not tried.ok
    assert [one.text for one in tried.findings] == ["its old password is let in at redis_standby"]


def test_who_is_kept_out_is_compared_and_tried_once_let_in(labs: LabOf) -> None:
    stores = labs("postgres")
    _ctx(stores, "postgres").do(stop_writers)
    try:
        stores.services["postgres"].put_new_secrets()
        ctx = _ctx(stores, "postgres")
        done = ctx.do(rotate)
        assert done.facts["not_tried"] == ["cleo_app"]
        assert "kept out, so no login was tried" in done.summary
        assert ctx.do(try_credentials).partial
    finally:
        _ctx(stores, "postgres").do(allow_writers)
    assert not _ctx(stores, "postgres").do(try_credentials).partial


def test_a_role_that_was_given_more_is_named_and_never_disabled(labs: LabOf) -> None:
    stores = labs("postgres")
    stores.psql("ALTER ROLE replicator SUPERUSER")
    try:
        done = _ctx(stores, "postgres", damage_began=datetime.now(UTC)).do(try_credentials)
        assert any("its attributes or memberships are others" in finding.text for finding in done.findings)
        assert done.facts["strangers"] == []
    finally:
        stores.psql("ALTER ROLE replicator NOSUPERUSER")


@pytest.mark.soak
def test_our_own_password_is_changed_with_the_one_of_before(labs: LabOf, tmp_path: Path) -> None:
    stores = labs("redis")
    inventory = load_inventory(stores.inventory_path)
    entry: Any = inventory.systems["redis"]
    before = tmp_path / "before"
    before.touch(0o600)
    before.write_text(entry.password.read())
    now = tmp_path / "now"
    now.touch(0o600)
    now.write_text("a-new-one-of-the-console")
    named = [{"user": entry.user, "password": {"file": str(now)}, "previous": {"file": str(before)}}]
    settings = msgspec.structs.replace(
        entry, password=Secret(file=str(now)), logins=msgspec.convert(named, list[type(entry.logins[0])])
    )
    ctx = FakeContext(
        msgspec.structs.replace(inventory, systems={**inventory.systems, "redis": settings}), system="redis"
    )
    done = ctx.do(rotate)
    assert done.facts["changed"] == [entry.user]
    back = [{"user": entry.user, "password": {"file": str(before)}, "previous": {"file": str(now)}}]
    settings = msgspec.structs.replace(
        entry, password=Secret(file=str(before)), logins=msgspec.convert(back, list[type(entry.logins[0])])
    )
    ctx = FakeContext(
        msgspec.structs.replace(inventory, systems={**inventory.systems, "redis": settings}), system="redis"
    )
    assert ctx.do(rotate).facts["changed"] == [entry.user]


def test_a_verifier_fits_its_password_alone() -> None:
    """The first is PostgreSQL's own, of the password `pencil`; RFC 7677 has the same salt and rounds."""
    scram = (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert fits(scram, "user", "pencil") and not fits(scram, "user", "Pencil")
    assert fits("md5a1fc6f2fca0e9e1e1e1e1e1e1e1e1e1e", "user", "x") is False
    assert not fits("none", "user", "") and not fits("", "user", "")

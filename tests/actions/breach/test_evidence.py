"""Evidence of real servers: copied whole while they run, digested, and any later change of it is seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.evidence.preserve import preserve
from actions.evidence.verify import verify
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed, Outcome
from actions.settings import EvidenceSettings
from cleo_console.lab.redis.node import Node
from cleo_console.lab.redis.service import NodeService
from tests.actions.breach.conftest import LabOf
from tests.actions.contexts import FakeContext
from tests.labs import Lab

pytestmark = pytest.mark.xdist_group("breach")


def _ctx(stores: Lab, system: str = "redis", **more: Any) -> FakeContext:
    return FakeContext(load_inventory(stores.inventory_path), system=system, **more)


def _node(stores: Lab) -> Node:
    service = stores.services["redis"]
    assert isinstance(service, NodeService)
    return service.node


def _folder(done: Outcome) -> Path:
    return Path(str(done.facts["evidence"]).partition(":")[2])


def test_everything_of_a_running_server_is_copied_and_a_change_of_it_is_seen(labs: LabOf) -> None:
    stores = labs("redis")
    ctx = _ctx(stores)
    assert "would preserve" in _ctx(stores, dry_run=True).do(preserve).summary
    done = ctx.do(preserve)
    assert done.ok and not done.partial and done.facts["while_running"]
    assert "of different moments" in done.summary
    folder, node = _folder(done), _node(stores)
    assert (folder / f"files{node.acl_file}").read_bytes() == node.acl_file.read_bytes()
    assert (folder / f"files{node.config_file}").stat().st_mtime == node.config_file.stat().st_mtime
    assert "cleo_app" in (folder / "looks/users.json").read_text()
    assert "redis-server" in (folder / "looks/host.txt").read_text()
    secret = (folder / "looks/settings.json").read_text()
    assert "save" in secret and not any("#" in line and "resetpass" in line for line in ctx.lines)
    assert len(str(done.facts["manifest_sha256"])) == 64
    assert ctx.do(verify).facts == {"files": done.facts["files"], "changed": 0}

    again = ctx.do(preserve)
    assert _folder(again) != folder, "the first copy stays as it is"
    log = folder / "looks/host.txt"
    log.chmod(0o600)
    log.write_text("nothing happened here\n")
    (folder / "looks").chmod(0o700)
    (folder / "looks/added").touch()
    (folder / "looks/users.json").unlink()
    seen = ctx.do(verify)
    assert not seen.ok
    assert {finding.text for finding in seen.findings} == {
        "./looks/host.txt was changed",
        "./looks/users.json is gone",
        "./looks/added was added",
    }


def test_a_manifest_made_anew_is_another_one(labs: LabOf) -> None:
    stores = labs("redis")
    ctx = _ctx(stores, id="INC-2")
    folder = _folder(ctx.do(preserve))
    manifest = folder / "MANIFEST.sha256"
    manifest.chmod(0o600)
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[1:]))
    assert any("another one than" in finding.text for finding in ctx.do(verify).findings)
    with pytest.raises(ActionFailed, match="has no evidence"):
        _ctx(stores, id="INC-3").do(verify)


def test_what_cannot_be_is_said_before_anything_is_copied(labs: LabOf, tmp_path: Path) -> None:
    stores = labs("redis")

    def at(settings: EvidenceSettings | None) -> FakeContext:
        return FakeContext(
            msgspec.structs.replace(load_inventory(stores.inventory_path), evidence=settings), system="redis"
        )

    with pytest.raises(ActionFailed, match="does not say where evidence is kept"):
        at(None).do(preserve)
    inside = EvidenceSettings(folder=f"{_node(stores).data_directory}/evidence")
    with pytest.raises(ActionFailed, match="which is to be copied"):
        at(inside).do(preserve)
    assert not (_node(stores).data_directory / "evidence").exists()
    part = at(EvidenceSettings(folder=str(tmp_path))).do(preserve, data=False)
    assert part.partial == "it lacks the data themselves"
    assert not (_folder(part) / f"files{_node(stores).data_directory}").exists()


def test_of_a_postgres_roles_code_and_files_and_of_one_that_is_down_its_files(
    labs: LabOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = labs("postgres")
    ctx = _ctx(stores, "postgres")
    stores.psql("CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    folder = _folder(ctx.do(preserve))
    assert "planted" in (folder / "looks/functions-of-cleoai.json").read_text()
    assert "cleo_app" in (folder / "looks/roles.json").read_text()
    assert (folder / f"files{stores.postgres.data_directory}/PG_VERSION").exists()
    stores.psql("DROP FUNCTION planted()")
    stores.services["postgres"].stop()
    try:
        down = ctx.do(preserve)
    finally:
        stores.services["postgres"].start()
    assert not down.facts["while_running"]
    assert down.partial == "it lacks server (it is down)"
    monkeypatch.setattr("actions.evidence.preserve.used", lambda *_: 10**18)
    with pytest.raises(GateClosed, match="no room for the evidence"):
        ctx.do(preserve)


@pytest.mark.soak
def test_of_a_mongod_its_users_without_what_its_passwords_are_verified_by(labs: LabOf) -> None:
    mongodb = _ctx(labs("mongodb"), "mongodb").do(preserve)
    assert mongodb.ok and not mongodb.partial
    users = (_folder(mongodb) / "looks/users.json").read_text()
    assert "cleo_app" in users and "storedKey" not in users

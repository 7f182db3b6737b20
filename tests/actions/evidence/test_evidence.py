"""Evidence of real servers: copied whole while they run, digested, and any later change of it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from actions.evidence.preserve import preserve
from actions.evidence.verify import verify
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed, Outcome
from actions.settings import EvidenceSettings
from tests.actions.contexts import FakeContext
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.labs import running_lab

pytestmark = pytest.mark.xdist_group("breach")


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisLab]:
    """One Redis for all tests of this module; none of them changes it."""
    with running_redis() as running:
        yield running


def _folder(done: Outcome) -> Path:
    return Path(str(done.facts["evidence"]).partition(":")[2])


def test_everything_of_a_running_server_is_copied_and_a_change_of_it_is_seen(redis: RedisLab) -> None:
    ctx = redis.ctx()
    assert "would preserve" in redis.ctx(dry_run=True).do(preserve).summary
    done = ctx.do(preserve)
    assert done.ok and not done.partial and done.facts["while_running"]
    assert "of different moments" in done.summary
    folder, node = _folder(done), redis.node()
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


def test_a_manifest_made_anew_is_another_one(redis: RedisLab) -> None:
    ctx = redis.ctx(id="INC-2")
    folder = _folder(ctx.do(preserve))
    manifest = folder / "MANIFEST.sha256"
    manifest.chmod(0o600)
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[1:]))
    assert any("another one than" in finding.text for finding in ctx.do(verify).findings)
    with pytest.raises(ActionFailed, match="has no evidence"):
        redis.ctx(id="INC-3").do(verify)


def test_what_cannot_be_is_said_before_anything_is_copied(redis: RedisLab, tmp_path: Path) -> None:
    def at(settings: EvidenceSettings | None) -> FakeContext:
        return FakeContext(msgspec.structs.replace(redis.inventory, evidence=settings), system="redis")

    with pytest.raises(ActionFailed, match="does not say where evidence is kept"):
        at(None).do(preserve)
    inside = EvidenceSettings(folder=f"{redis.node().data_directory}/evidence")
    with pytest.raises(ActionFailed, match="which is to be copied"):
        at(inside).do(preserve)
    assert not (redis.node().data_directory / "evidence").exists()
    part = at(EvidenceSettings(folder=str(tmp_path))).do(preserve, data=False)
    assert part.partial == "it lacks the data themselves"
    assert not (_folder(part) / f"files{redis.node().data_directory}").exists()


def test_of_a_postgres_its_roles_rules_and_files_and_of_one_that_is_down_its_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_lab() as lab:
        inventory = load_inventory(lab.inventory_path)
        ctx = FakeContext(inventory, system="postgres")
        lab.psql("CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
        folder = _folder(ctx.do(preserve))
        assert "planted" in (folder / "looks/functions-of-cleoai.json").read_text()
        assert "cleo_app" in (folder / "looks/roles.json").read_text()
        assert (folder / f"files{lab.postgres.data_directory}/PG_VERSION").exists()
        lab.services["postgres"].stop()
        down = ctx.do(preserve)
        assert not down.facts["while_running"]
        assert down.partial == "it lacks server (it is down)"
        monkeypatch.setattr("actions.evidence.preserve.used", lambda *_: 10**18)
        with pytest.raises(GateClosed, match="no room"):
            ctx.do(preserve)

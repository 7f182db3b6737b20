"""A configuration that was edited, lost, pushed over or answered for by another: seen, and put back as it was."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.outcome import ActionFailed, GateClosed
from actions.redaction import BLOT
from tests.actions.systems.configuration.repositories import ConfigurationLab, configuration_lab

pytestmark = pytest.mark.xdist_group("configuration")


@pytest.fixture
def lab() -> Iterator[ConfigurationLab]:
    with configuration_lab() as found:
        yield found


def test_what_was_edited_and_lost_is_shown_and_put_back_and_the_edit_is_kept(lab: ConfigurationLab) -> None:
    before, health = lab.running(), lab.health()
    assert health.status == "up", health
    assert health.facts["exposure_s"] == 0
    secret = lab.directory / "configs" / "dr" / "api.yaml"
    secret.chmod(0o600)
    secret.write_text(secret.read_text().replace("not-the-real-one", "hunter2-the-real-one"))
    lab.lab.break_("configuration", "hand-edit")
    lab.lab.break_("configuration", "lose-directory")
    edited = lab.running()
    seen = lab.health()
    assert seen.status == "degraded"
    assert seen.facts["exposure_s"] > 0, "an edit that no commit holds"
    context = lab.context(dry_run=True)
    assert lab.do("restore", context).ok
    shown = "\n".join(context.lines)
    assert "-max_connections = 4000" in shown
    assert BLOT in shown
    assert "hunter2" not in shown
    assert lab.running() == edited
    wrong = lab.do("verify")
    assert not wrong.ok
    done = lab.do("restore")
    kept = Path(done.facts["aside"])
    assert (kept / "configs" / "dr" / "postgres.conf").read_bytes() == edited["configs/dr/postgres.conf"]
    assert secret.stat().st_mode & 0o777 == 0o600
    verified = lab.do("verify")
    assert verified.ok
    assert ["zz-local.conf" in str(finding) for finding in verified.findings] == [True]
    assert lab.do("restore", remove_extra=True).ok
    assert lab.running() == before
    assert (kept / "configs" / "dr" / "zz-local.conf").exists()
    assert (lab.directory / "network" / "dr" / "check.sh").stat().st_mode & 0o111


def test_what_a_pushed_commit_holds_is_not_at_risk_and_an_edit_is_named(lab: ConfigurationLab) -> None:
    """A commit that is not rolled out yet leaves an old file in place: that one is in the history."""
    lab.health()
    lab.place.commit({"configs/dr/redis.conf": "maxmemory 4gb\n"}, "Not rolled out")
    late = lab.health()
    assert "1 file not as in the last commit pushed" in late.detail
    assert (late.facts["exposure_s"], "in commits pushed" in late.facts["exposure_by"]) == (0, True)
    (lab.directory / "configs" / "dr" / "redis.conf").write_text("maxmemory 5gb\n")
    edited = lab.health()
    assert edited.facts["exposure_s"] > 0
    assert edited.facts["exposure_by"] == "configs/dr/redis.conf is in no commit pushed"


def test_a_forced_push_with_a_false_date_takes_nothing_from_an_earlier_point(lab: ConfigurationLab) -> None:
    lab.health()
    point, before = datetime.now(UTC), lab.running()
    lab.lab.break_("configuration", "force-push")
    seen = lab.health()
    assert seen.status == "degraded"
    assert "pushed over" in seen.detail
    earlier = lab.context(f"time:{point.isoformat()}")
    done = lab.do("restore", earlier)
    assert any("pushed over" in str(finding) for finding in done.findings)
    assert lab.running() == before
    latest = lab.do("diff")
    assert latest.facts["differing"] > 0
    pushed_over = seen.detail.rpartition("pushed over ")[2].split(";")[0]
    assert lab.do("restore", lab.context(f"configuration commit:{pushed_over}")).facts["commit"].startswith(pushed_over)


def test_a_point_in_the_past_leads_to_the_commit_of_then(lab: ConfigurationLab) -> None:
    fifteen_days_ago = datetime.fromtimestamp(datetime.now(UTC).timestamp() - 15 * 86400, UTC)
    context = lab.context(f"time:{fifteen_days_ago.isoformat()}")
    done = lab.do("restore", context)
    assert b"replicas: 4" in lab.running()["k8s/disaster-recovery/api.yaml"]
    assert any("by the dates" in str(finding) for finding in done.findings), "nobody looked then"
    with pytest.raises(ActionFailed, match="no commit before"):
        lab.do("restore", lab.context("time:2001-01-01T00:00:00Z"))


def test_another_repository_at_the_address_and_none_at_all(lab: ConfigurationLab, tmp_path: Path) -> None:
    lab.health()
    away = lab.place.remote.rename(lab.place.remote.with_name("away.git"))
    lab.lab.break_("configuration", "hand-edit")
    silent = lab.health()
    assert silent.status == "degraded"
    assert "does not answer" in silent.detail
    assert (silent.facts.get("exposure_s"), silent.facts["exposure_by"]) == (None, "the remote does not answer")
    assert lab.do("restore").ok, "what was fetched before is enough"
    other = tmp_path / "other"
    for words in (
        ["init", "-q", "-b", "main", str(other)],
        ["-C", str(other), "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words], check=True)
    lab.place.remote.symlink_to(other)
    assert lab.health().status == "not measured"
    with pytest.raises(ActionFailed, match="another repository answers"):
        lab.do("verify")
    lab.place.remote.unlink()
    away.rename(lab.place.remote)
    assert lab.health().status == "degraded", "the file that nobody committed"


def test_where_signers_are_named_an_unsigned_commit_wants_a_reason(lab: ConfigurationLab, tmp_path: Path) -> None:
    key, signers = tmp_path / "key", tmp_path / "signers"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    signers.write_text(f'ops namespaces="git" {key.with_suffix(".pub").read_text()}')
    lab.set_inventory("branch: main", f"branch: main\n    allowed_signers: {signers}")
    lab.lab.break_("configuration", "hand-edit")
    with pytest.raises(GateClosed, match="no signature") as closed:
        lab.do("restore")
    assert closed.value.gate == "verified"
    sign = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={key}"]
    lab.place.git(*sign, "tag", "-s", "-m", "approved", "approved")
    lab.place.git("push", "-q", "origin", "approved")
    assert lab.do("restore").ok
    lab.place.commit({"configs/dr/redis.conf": "maxmemory 4gb\n"}, "Not signed")
    with pytest.raises(GateClosed):
        lab.do("restore")

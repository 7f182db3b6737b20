"""``cleo ready`` on real name servers and a real cluster: what nobody notices until a recovery stops at it is found."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.actions.systems.dns.zones import PRIMARY, DnsLab, dns_lab
from tests.actions.systems.kubernetes.clusters import NAME, ClusterLab, cluster_lab
from tests.certificates import Authority
from tests.cleo_console.test_cli import Cleo
from tests.labs import Lab, lab_directory

pytestmark = pytest.mark.xdist_group("ready-faults")


@pytest.fixture(scope="module")
def dns() -> Iterator[DnsLab]:
    with dns_lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def running() -> Iterator[ClusterLab]:
    with cluster_lab() as lab:
        yield lab


@pytest.fixture
def kube(running: ClusterLab) -> Iterator[ClusterLab]:
    yield running
    running.as_it_was()


def looked(tmp_path: Path, inventory: Path) -> dict[str, dict[str, Any]]:
    """What is found, by what it is about."""
    done = Cleo(tmp_path)("ready", "--json", status=None, CLEO_INVENTORY=str(inventory))
    return {one["about"]: one for one in json.loads(done.stdout)["findings"]}


def test_a_zone_that_takes_no_update_of_ours_is_found_and_nothing_is_changed(dns: DnsLab, tmp_path: Path) -> None:
    about, before = f"key for updates at {dns.settings.first_server.name}", dns.serial()
    assert looked(tmp_path, dns.inventory)[about]["state"] == "ok"
    narrow = "update-policy { grant cleo name www.dr.test. A; }"
    written = dns.place.folder(PRIMARY) / "named.conf"
    sound = written.read_text()
    dns.reconfigure(PRIMARY, lambda text: re.sub(r"update-policy \{[^}]*\}", narrow, text))
    try:
        found = looked(tmp_path, dns.inventory)
    finally:
        dns.reconfigure(PRIMARY, lambda _: sound)
    assert "REFUSED" in found[about]["words"]
    assert "update-policy" in found[about]["cure"]
    assert "update-dns" in found[about]["steps"]
    assert found["dns.update production=True at dns"]["state"] == "ok", "a dry run sends nothing, and cannot know"
    assert dns.serial() == before


def test_a_configuration_that_haproxy_cannot_start_with_is_found(tmp_path: Path) -> None:
    with lab_directory() as directory:
        lab = Lab.up(directory, systems=["load_balancer"])
        assert looked(tmp_path, lab.inventory_path)["configuration of load_balancer"]["state"] == "ok"
        lab.break_("load_balancer", "break-config")
        found = looked(tmp_path, lab.inventory_path)["configuration of load_balancer"]
    assert (found["state"], "port" in found["words"], "-c -f" in found["cure"]) == ("wrong", True, True)


def test_rights_that_a_recovery_needs_in_a_cluster_are_found_missing(kube: ClusterLab, tmp_path: Path) -> None:
    found = looked(tmp_path, kube.inventory)
    rights = {about: one["state"] for about, one in found.items() if "rights for kubernetes." in about}
    assert set(rights.values()) == {"ok"}
    assert len(rights) == 4
    kube.say(kubeconfig=str(kube.few_rights(tmp_path)))
    found = looked(tmp_path, kube.inventory)
    missing = found[f"our user's rights for kubernetes.pull_images in {NAME}"]
    assert (missing["state"], "list nodes" in missing["words"], "RBAC" in missing["cure"]) == ("wrong", True, True)
    assert found[f"our user's rights for kubernetes.verify_deployments in {NAME}"]["state"] == "ok"
    assert found[f"certificate of the API server of {NAME}"]["expires_at"] > "2027"


@pytest.mark.parametrize("credential", ["token", "certificate"])
def test_credentials_that_ended_are_found_with_when(kube: ClusterLab, tmp_path: Path, credential: str) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    user: dict[str, str] = {"token": _token(yesterday)}
    if credential == "certificate":
        both = str(Authority(tmp_path).signed("ended", "127.0.0.1", lasts=-timedelta(days=1)))
        user = {"client-certificate": both, "client-key": both}
    config = yaml.safe_load(kube.place.kubeconfig.read_text())
    config["users"][0]["user"] = user
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    kube.say(kubeconfig=str(tmp_path / "kubeconfig"))
    found = looked(tmp_path, kube.inventory)
    about = {"token": "token", "certificate": "client certificate"}[credential]
    ended = found[f"{about} in the kubeconfig of {NAME}"]
    assert (ended["state"], "over since" in ended["words"]) == ("wrong", True)
    assert ended["expires_at"] < datetime.now(UTC).isoformat()
    assert "401" in found[f"our user's rights in {NAME}"]["words"]


def _token(ends: datetime) -> str:
    said = urlsafe_b64encode(json.dumps({"exp": int(ends.timestamp())}).encode()).decode().rstrip("=")
    return f"e30.{said}.x"

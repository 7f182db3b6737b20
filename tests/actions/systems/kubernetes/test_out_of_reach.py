"""A cluster that cannot be asked, and a lab that cannot make one: told apart, within the deadline, with what to do."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
import yaml

from actions.systems.kubernetes.cluster import Cluster, NoCluster
from actions.systems.kubernetes.probe import probe
from actions.systems.kubernetes.settings import KubernetesSettings
from cleo_console.lab.kubernetes.place import REGISTRY, Place
from cleo_console.lab.kubernetes.programs import find_programs
from cleo_console.lab.ports import free_port
from journal.errors import CleoError


def settings(folder: Path, port: int) -> KubernetesSettings:
    """What an inventory says of a cluster at a port here."""
    said = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "not-for-the-screen"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(said))
    return KubernetesSettings(kubeconfig=str(folder / "kubeconfig"), manifests=str(folder))


def test_where_nothing_listens_it_is_down(tmp_path: Path) -> None:
    here = settings(tmp_path, free_port())
    health = probe("kubernetes", here, None, deadline_s=30.0)
    assert (health.status, "no API server listens there" in health.detail) == ("down", True)
    with pytest.raises(NoCluster) as failed:
        Cluster(here).ask("/version")
    assert "its control plane runs" in failed.value.hint
    assert Cluster(here).token == "not-for-the-screen"
    assert "not-for-the-screen" not in str(failed.value)


def test_what_does_not_answer_costs_the_deadline_and_is_not_called_down(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        here = settings(tmp_path, mute.getsockname()[1])
        assert Cluster(here).token, "the client is imported"
        begun = time.monotonic()
        health = probe("kubernetes", here, None, deadline_s=1.5)
        assert time.monotonic() - begun < 4.0
    assert health.status == "not answering"


def test_a_kubeconfig_that_is_of_no_use_says_why(tmp_path: Path) -> None:
    here = settings(tmp_path, 1)
    for wrong, said in ((f"{tmp_path}/none", "cannot be used"), (f"{tmp_path}/kubeconfig", "cannot be used: ")):
        other = KubernetesSettings(kubeconfig=wrong, context="elsewhere", manifests=str(tmp_path))
        assert said in probe("kubernetes", other, None, deadline_s=30.0).detail
    assert probe("kubernetes", here, None, deadline_s=30.0).status == "down"


def test_a_lab_says_what_its_cluster_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(CleoError) as missing:
        find_programs()
    assert any(way in missing.value.hint for way in ("lab.kubernetes.install", "apt-get install", "sudo cleo"))


def test_a_labs_manifests_are_cleoais_with_its_registry(tmp_path: Path) -> None:
    place = Place(tmp_path, "kubernetes", "/none", "10.200.10", "10.60")
    place.manifests.mkdir(parents=True)
    place.write_manifests()
    text = "".join(each.read_text() for each in sorted(place.manifests.rglob("*.yaml")))
    assert text.count(f"image: {REGISTRY}/cleoai/") == 3
    assert "apiVersion: batch/v1beta1" in text
    assert "registry.cleoai.example" not in text

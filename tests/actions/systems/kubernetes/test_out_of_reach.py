"""A cluster that cannot be asked, and a lab that cannot make one: told apart, within the deadline, with what to do."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from actions.kube_login import forget
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.probe import probe
from actions.systems.kubernetes.refusals import NoCluster
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


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Callable[..., KubernetesSettings]]:
    """A kubeconfig that logs in by a program of its own."""
    forget()

    def made(script: str, port: int = 1, **said: object) -> KubernetesSettings:
        here = settings(tmp_path, port)
        written = yaml.safe_load((tmp_path / "kubeconfig").read_text())
        (tmp_path / "login").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "login").chmod(0o755)
        call = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login", **said}
        written["users"][0]["user"] = {"exec": call}
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(written))
        return here

    yield made
    forget()


def granted(token: str, until: str = "2999-01-01T00:00:00Z") -> str:
    """Return the command that prints credentials."""
    status = {"token": token, "expirationTimestamp": until}
    printed = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    return f"echo '{json.dumps(printed)}'"


def test_a_login_program_that_hangs_is_ended_in_time_and_named(plugin: Callable[..., KubernetesSettings]) -> None:
    """It waits for a browser as kubelogin does, with a child of its own that would hold the pipe."""
    here = plugin("echo 'Open https://login.test/device' >&2\nread line && exit 1\nsleep 300 & sleep 300")
    begun = time.monotonic()
    health = probe("kubernetes", here, None, deadline_s=2.0)
    assert time.monotonic() - begun < 4.0
    assert health.status == "not measured"
    assert "gave no credentials within 1 s (it says: Open https://login.test/device)" in health.detail
    with pytest.raises(NoCluster) as failed:
        Cluster(here, login_s=0.3).ask("/version")
    assert failed.value.hint.startswith("Log in at a terminal of your own")


@pytest.mark.parametrize(
    ("script", "said", "words"),
    [
        ("echo expired >&2; exit 3", {}, "failed (3) (it says: expired)"),
        ("echo hello", {}, "printed no credentials"),
        ("true", {"command": "/none/login"}, "/none/login cannot be run: No such file or directory"),
        ("true", {"interactiveMode": "Always"}, "wants a terminal, and has none here"),
        (granted("t", "2001-01-01T00:00:00Z"), {}, "gave what ended at 00:00:00 UTC"),
        (granted("t").replace("k8s.io/v1", "k8s.io/v1beta1"), {}, "the kubeconfig says"),
    ],
)
def test_a_login_that_fails_says_why_and_nobody_asks_as_nobody(
    plugin: Callable[..., KubernetesSettings], script: str, said: dict[str, object], words: str
) -> None:
    with pytest.raises(NoCluster) as failed:
        Cluster(plugin(script, **said)).ask("/version")
    assert words in failed.value.message


def test_a_login_is_asked_once_until_its_token_ends(plugin: Callable[..., KubernetesSettings], tmp_path: Path) -> None:
    here = plugin(f"echo once >>{tmp_path}/log\n{granted('given')}")
    assert [Cluster(here).token for _ in range(3)] == ["given"] * 3
    assert (tmp_path / "log").read_text() == "once\n"


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

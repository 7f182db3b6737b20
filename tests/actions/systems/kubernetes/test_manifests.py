"""CleoAI's manifests, and the reading, ordering and comparing of manifests: no cluster is needed for that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from actions.outcome import ActionFailed
from actions.systems.kubernetes.difference import differences
from actions.systems.kubernetes.manifests import Manifest, images, pinned, read_manifests

FOLDER = Path(__file__).parents[4] / "cleo_console" / "plans" / "k8s" / "disaster-recovery"


@pytest.fixture(scope="module")
def manifests() -> list[Manifest]:
    return read_manifests(FOLDER, "nowhere")


def named(manifests: list[Manifest], told: str) -> dict[str, Any]:
    return next(one.body for one in manifests if one.told == told)


@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_cleoais_manifests_fit_the_published_schemas(manifests: list[Manifest], version: str) -> None:
    for one in manifests:
        kubernetes_validate.validate(one.body, version, strict=True)


def test_they_are_what_the_plan_says(manifests: list[Manifest]) -> None:
    api, worker = named(manifests, "deployment.apps/api"), named(manifests, "deployment.apps/worker")
    job = named(manifests, "cronjob.batch/database-backup")
    [container] = api["spec"]["template"]["spec"]["containers"]
    probes = {name: container[name]["httpGet"] for name in ("livenessProbe", "readinessProbe")}
    assert probes == {
        "livenessProbe": {"path": "/health", "port": 8000},
        "readinessProbe": {"path": "/ready", "port": 8000},
    }
    assert (api["spec"]["replicas"], worker["spec"]["replicas"]) == (3, 0)
    assert (job["apiVersion"], job["spec"]["schedule"], job["spec"]["suspend"]) == ("batch/v1", "*/15 * * * *", True)
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert [one.kind for one in manifests] == [
        "Namespace",
        "ConfigMap",
        "Service",
        "Deployment",
        "Deployment",
        "CronJob",
    ]
    assert {one.namespace for one in manifests if one.kind != "Namespace"} == {"cleoai"}


def test_images_that_were_pulled_are_named_by_digest(manifests: list[Manifest]) -> None:
    name = "registry.cleoai.example/cleoai/api:stable"
    digest = "registry.cleoai.example/cleoai/api@sha256:" + "0" * 64
    again = [pinned(one, {name: digest}) for one in manifests]
    assert (name in images(manifests), digest in images(again), name in images(again)) == (True, True, False)
    assert len(images(manifests)) == len(images(again)) == 3


def test_what_cannot_be_applied_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Deployment\n---\n- 1\n")
    (tmp_path / "b.yaml").write_text("a: [\n")
    port = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api"}, "spec": {"ports": [{"port": 80}]}}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(port))
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "one"}}
    twice = {"name": "c", "env": [{"name": "A"}, {"name": "B"}, {"name": "A"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [twice]}}
    (tmp_path / "e.yaml").write_text(yaml.safe_dump(pod))
    (tmp_path / "d.yaml").write_text(yaml.safe_dump_all([space, {}, space]).replace("{}", ""))
    with pytest.raises(ActionFailed) as failed:
        read_manifests(tmp_path, "here")
    said = failed.value.message
    assert "a.yaml: Deployment without apiVersion, metadata.name" in said
    assert "a.yaml: something that is no object" in said
    assert "b.yaml: while parsing" in said
    assert "c.yaml: service/api: port 80 says no protocol" in said
    assert "e.yaml: pod/p, container c: variable A stands there twice" in said
    assert "namespace/one stands there twice" in said
    with pytest.raises(ActionFailed, match="no manifests"):
        read_manifests(tmp_path / "none", "here")


def test_a_difference_goes_by_names_and_shows_no_secret(manifests: list[Manifest]) -> None:
    api = named(manifests, "deployment.apps/api")
    other = yaml.safe_load(yaml.safe_dump(api))
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "other"
    other["metadata"] |= {"uid": "1", "resourceVersion": "7", "managedFields": [{}]}
    other["status"] = {"replicas": 3}
    path = "spec.template.spec.containers[api].image"
    assert differences(api, other) == [f"- {path}: registry.cleoai.example/cleoai/api:stable", f"+ {path}: other"]
    secret = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"password": "aHVzaA==", "same": "eA=="}}
    changed = {**secret, "data": {"password": "bmV3", "same": "eA==", "more": "eQ=="}}
    assert differences(secret, changed) == ["+ data.more: (not shown)", "~ data.password: (not shown)"]

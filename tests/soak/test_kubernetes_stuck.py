"""What does not come up says why, its last words and what helps; an apply that is killed is gone on with."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from actions.outcome import ActionFailed, GateClosed, Outcome
from cleo_contract.acting import target_word
from cleo_contract.dying_runners import Zygote
from cleo_contract.incident import Work
from journal.incident.records import RunState
from journal.verify import verify
from tests.actions.systems.kubernetes.clusters import APPS, HERE, NAME, ClusterLab, cluster_lab
from tests.actions.systems.kubernetes.record import STATES, changed, runs
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("kubernetes")


@pytest.fixture(scope="module")
def running() -> Iterator[ClusterLab]:
    with cluster_lab() as lab:
        yield lab


@pytest.fixture
def kube(running: ClusterLab) -> Iterator[ClusterLab]:
    """The cluster, with nothing deployed."""
    yield running
    running.as_it_was()


@pytest.mark.parametrize(
    ("state", "said", "line", "helps"),
    [
        ("crashing", "CrashLoopBackOff: api ended", "cannot reach postgres", "kubectl logs api-"),
        ("no-command", "StartError: api", "", "Its command cannot be started"),
        ("no-memory", "OOMKilled: api ended", "", "Raise its memory limit"),
        ("no-volume", 'secret "gone" not found', "", "Make the Secret, ConfigMap or volume"),
        ("as-root", "image will run as root", "", "name another user"),
        ("probe-fails", "failed liveness probe", "", "give it more time"),
    ],
)
def test_what_is_stuck_says_why_its_last_words_and_what_helps(
    kube: ClusterLab, state: str, said: str, line: str, helps: str
) -> None:
    change, _ = STATES[state]
    change(kube)
    found, lines = _verified_once(kube, said)
    assert not found.ok
    assert helps in "".join(cure.words for cure in found.cures), found
    assert line in "\n".join(lines)
    assert not line or f". Its last words: {line}" in found.summary
    until(lambda: any(one.startswith("pod api-") and said in one for one in _looked(kube)), 90)


def _verified_once(kube: ClusterLab, said: str) -> tuple[Outcome, list[str]]:
    """Return the first verification that says it: what begins and ends again and again is well in between."""
    found = list[tuple[Outcome, list[str]]]()

    def says_it() -> bool:
        context = kube.context()
        found.append((kube.do("verify_deployments", context, wait_s=0.0), context.lines))
        return said in found[-1][0].summary

    until(says_it, 90)
    return found[-1]


def _looked(kube: ClusterLab) -> list[str]:
    context = kube.context()
    kube.do("look", context)
    return context.lines


def test_what_ends_soon_after_it_began_is_not_at_work(kube: ClusterLab) -> None:
    """Without a probe a container is ready as soon as it runs: it counts once it stayed."""
    command = "echo no queue >&2; sleep 2; exit 4"
    policy, with_command = runs("sh", "-c", command)
    kube.change("30-worker.yaml", policy, with_command)
    kube.do("apply")
    assert kube.do("verify_deployments").ok, "workers are held"
    context = kube.context()
    said = kube.do("allow_writers", context, wait_s=90.0)
    assert not said.ok
    assert said.summary.startswith("None is held, and not at work: worker ")
    assert "exit code 4" in said.summary
    assert any("no queue" in line for line in context.lines)
    assert said.left_behind == "None of the writers is held."


def test_a_deployment_that_gave_up_is_verified_once_it_was_mended(kube: ClusterLab) -> None:
    kube.change("20-api.yaml", "progressDeadlineSeconds: 300", "progressDeadlineSeconds: 10")
    kube.do("apply")
    assert kube.do("verify_deployments").ok
    changed(("api:stable", "api:none"))(kube)
    said = kube.do("verify_deployments")
    assert "it exceeded its progress deadline" in said.summary
    assert said.cures[0].action == "kubernetes.pull_images"
    changed(("api:none", "api:stable"))(kube)
    mended = kube.do("verify_deployments")
    assert mended.ok, mended.summary


def test_evicted_pods_stay_listed_and_are_no_writers(kube: ClusterLab) -> None:
    change, _ = STATES["evicted"]
    change(kube)
    until(lambda: any("evicted" in one.text for one in kube.do("verify_deployments", wait_s=0.0).findings), 120)
    held = kube.do("stop_writers")
    assert held.ok, held
    assert [one["status"]["reason"] for one in kube.cluster.items(f"{HERE}/pods")] != []


def test_pods_that_may_not_be_made_and_a_service_that_leads_nowhere_are_named(kube: ClusterLab) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small"},
        "spec": {"hard": {"pods": "1"}},
    }
    kube.cluster.create(f"{HERE}/resourcequotas", quota)
    try:
        kube.do("apply")
        until(lambda: "no pod can be made: " in kube.do("verify_deployments", wait_s=0.0).summary, 60)
        [helps, *_] = kube.do("verify_deployments", wait_s=0.0).cures
        assert helps.words.endswith("at once by: kubectl rollout restart deployment/api")
    finally:
        kube.cluster.delete(f"{HERE}/resourcequotas/small")
    kube.change(
        "20-api.yaml", "  selector: {app.kubernetes.io/name: api,", "  selector: {app.kubernetes.io/name: apis,"
    )
    kube.do("apply")
    kube.patch(f"{APPS}/api", {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}})
    mended = kube.do("verify_deployments")
    assert mended.ok, mended.summary
    assert ("service/api", "no pod stands ready behind it: nobody is served") in [
        (one.about, one.text) for one in mended.findings
    ]


def test_what_kubectl_applied_before_is_told_and_a_namespace_that_ends_is_waited_for(kube: ClusterLab) -> None:
    kube.do("apply")
    kube.patch(f"{APPS}/api", {"spec": {"replicas": 4}}, manager="kubectl-client-side-apply")
    with pytest.raises(GateClosed, match="kubectl-client-side-apply owns it") as closed:
        kube.do("apply")
    assert closed.value.cures[0].words.startswith("kubectl wrote these")
    ends = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ends"}}
    kube.cluster.create("/api/v1/namespaces", ends)
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["lab.test/held"]}}
    kube.cluster.create("/api/v1/namespaces/ends/configmaps", held)
    kube.cluster.delete("/api/v1/namespaces/ends")
    (kube.manifests / "10-config.yaml").write_text(
        yaml.safe_dump({**held, "metadata": {"name": "more", "namespace": "ends"}})
    )
    try:
        with pytest.raises(ActionFailed, match="is being terminated") as failed:
            kube.do("apply", kube.context(overrides={"field-owners": "known"}))
        assert "Wait until the namespace ends is gone" in failed.value.cures[0].words
    finally:
        kube.patch("/api/v1/namespaces/ends/configmaps/held", {"metadata": {"finalizers": None}})


def test_a_node_without_room_and_one_that_was_cordoned_are_named_with_what_helps(kube: ClusterLab) -> None:
    node = f"/api/v1/nodes/{kube.place.node()}"
    kube.patch(node, {"spec": {"unschedulable": True}})
    try:
        kube.do("apply")
        until(lambda: "Unschedulable" in kube.do("verify_deployments", wait_s=0.0).summary, 60)
        assert "kubectl uncordon" in kube.do("verify_deployments", wait_s=0.0).cures[0].words
    finally:
        kube.patch(node, {"spec": {"unschedulable": False}})
    assert kube.do("verify_deployments").ok
    with _disk_nearly_full(kube):
        until(lambda: "its disk is nearly full (DiskPressure)" in _of_node(kube), 90)


def _of_node(kube: ClusterLab) -> str:
    found = kube.findings().get(kube.place.node())
    return found.text if found else ""


@contextmanager
def _disk_nearly_full(kube: ClusterLab) -> Iterator[None]:
    """Have the node's kubelet want more free disk than there is: what a full one does is the same."""
    file, node = kube.place.folder / "node1" / "kubelet.yml", f"/api/v1/nodes/{kube.place.node()}"
    before = file.read_text()
    _restart_kubelet(kube, file, before.replace('nodefs.available: "1%"', 'nodefs.available: "99.9%"'))
    try:
        yield
    finally:
        _restart_kubelet(kube, file, before)
        until(lambda: not kube.cluster.ask(node)["spec"].get("taints"), 90)


def _restart_kubelet(kube: ClusterLab, file: Path, text: str) -> None:
    file.write_text(text)
    pid = kube.place.pid("kubelet")
    assert pid
    os.kill(pid, signal.SIGKILL)
    kube.start_kubelet()


def test_an_apply_that_is_killed_after_each_object_is_gone_on_with(kube: ClusterLab, tmp_path: Path) -> None:
    with Work(tmp_path / "home", kube.inventory, NAME) as work, Zygote() as zygote:
        with work.runner():
            word = target_word(work, "kubernetes.apply")
        run, kills = 0, list[str]()
        while True:
            with zygote.runner(work, len(kills) + 1) as runner:
                run = run or work.ask("kubernetes.apply", confirmed=word)
                found = work.over(run, runner.alive)
            if not runner.killed_at:
                break
            kills.append(runner.killed_at)
        assert found.state is RunState.SUCCEEDED, found
        assert len(kills) > 6, kills
        said = work.output(run)
        for told in (
            "namespace/cleoai",
            "configmap/cleoai-config",
            "deployment.apps/api",
            "cronjob.batch/database-backup",
        ):
            assert f"apply {told}" in said
        api = kube.deployment("api")
        assert api
        assert api["metadata"]["generation"] == 1, "what was applied is not changed again"
        with work.runner():
            again = work.do("kubernetes.apply", confirmed=word)
        assert "as the manifests have it already" in again.summary
    assert verify(work.place.journal).ok

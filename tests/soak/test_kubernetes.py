"""Kubernetes on a real cluster: what is applied, who is in the way, what is pulled, and what is verified.

In the long tests, since no package has an API server or a kubelet: they are built once, which takes five minutes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest

from actions.outcome import ActionFailed, GateClosed, Outcome
from actions.systems.kubernetes.cluster import Cluster, Object
from actions.systems.kubernetes.held import find_writers, hold, let_go
from actions.systems.kubernetes.refusals import Refused
from actions.systems.kubernetes.target import identity
from cleo_console.lab.kubernetes import faults
from cleo_console.lab.kubernetes.content import push_images
from cleo_contract import PlainContract, SystemUnderTest
from tests.actions.systems.kubernetes.clusters import APPS, HERE, HOOKS, NAME, ClusterLab, cluster_lab
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


def test_a_dry_run_shows_the_difference_and_changes_nothing(kube: ClusterLab) -> None:
    context = kube.context(dry_run=True)
    said = kube.do("apply", context)
    assert said.summary == "would apply 5 new, 1 changed, 0 as they were"
    assert "  + spec.replicas: 3" in context.lines
    assert kube.deployment("api") is None


def test_what_is_applied_is_applied_once(kube: ClusterLab) -> None:
    assert kube.do("apply").summary == "Applied: 5 new, 1 changed, 0 as they were."
    worker = kube.deployment("worker")
    assert worker
    assert worker["spec"]["replicas"] == 0
    [job] = kube.cluster.items("/apis/batch/v1beta1/namespaces/cleoai/cronjobs")
    assert job["spec"]["suspend"] is True
    again = kube.do("apply")
    assert again.summary == "6 objects are as the manifests have it already."
    kube.change("20-api.yaml", "replicas: 3", "replicas: 2")
    context = kube.context()
    assert kube.do("apply", context).facts["configured"] == ["deployment.apps/api"]
    assert [line for line in context.lines if "spec.replicas" in line] == [
        "  - spec.replicas: 3",
        "  + spec.replicas: 2",
    ]


def test_a_field_of_somebody_else_is_named_and_taken_only_by_decision(kube: ClusterLab) -> None:
    kube.do("apply")
    kube.patch(f"{APPS}/api", {"spec": {"replicas": 7}}, manager="autoscaler")
    with pytest.raises(GateClosed) as closed:
        kube.do("apply")
    assert closed.value.gate == "field-owners"
    assert "deployment.apps/api spec.replicas: autoscaler owns it" in closed.value.message
    api = kube.deployment("api")
    assert api
    assert api["spec"]["replicas"] == 7
    assert kube.do("apply", kube.context(overrides={"field-owners": "the autoscaler is off"})).ok
    api = kube.deployment("api")
    assert api
    assert api["spec"]["replicas"] == 3


def test_one_refused_object_keeps_all_from_being_applied(kube: ClusterLab) -> None:
    kube.do("apply")
    kube.change(
        "30-worker.yaml",
        "matchLabels: {app.kubernetes.io/name: worker,",
        "matchLabels: {app: worker, app.kubernetes.io/name: worker,",
    )
    kube.change(
        "30-worker.yaml",
        "      labels: {app.kubernetes.io/name: worker,",
        "      labels: {app: worker, app.kubernetes.io/name: worker,",
    )
    kube.change("20-api.yaml", "replicas: 3", "replicas: 2")
    kube.change("40-backup-cronjob.yaml", "batch/v1beta1", "batch/v1")
    with pytest.raises(ActionFailed) as failed:
        kube.do("apply")
    said = failed.value
    assert "The server would refuse 2 objects: deployment.apps/worker (30-worker.yaml): " in said.message
    assert "field is immutable" in said.message
    assert "knows no CronJob of batch/v1; it has that of batch/v1beta1" in said.message
    assert said.left_behind == "Nothing was applied."
    api = kube.deployment("api")
    assert api
    assert api["spec"]["replicas"] == 3


def test_a_webhook_whose_service_is_gone_is_named_before_with_its_cure(kube: ClusterLab) -> None:
    faults.orphan_webhook(kube.place)
    about = f"validatingwebhookconfiguration {faults.WEBHOOK}: check.{faults.WEBHOOK}"
    found = kube.findings()[about]
    assert found.text.startswith("its service cleoai/policy is not there: no deployments, pods can be made")
    until(lambda: _refused(kube), 10)
    with pytest.raises(ActionFailed) as failed:
        kube.do("apply")
    assert "deployment.apps/api (20-api.yaml)" in failed.value.message
    assert about in [one.about for one in failed.value.findings]
    assert failed.value.cures[0].action == "kubernetes.pass_webhooks"
    assert "kubectl patch validatingwebhookconfigurations policy.lab.test" in found.cure
    assert kube.do("pass_webhooks").summary == f"Passed over until they are put back: {about}."
    assert kube.do("pass_webhooks").summary == "No webhook whose backend is gone stops anything."
    until(lambda: not _refused(kube), 10)
    assert kube.do("apply").ok
    kept = kube.do("put_back_webhooks")
    assert (kept.ok, "its service cleoai/policy is not there" in kept.summary) == (False, True)
    kube.serve("policy")
    assert kube.do("put_back_webhooks").summary == f"They decide again: check.{faults.WEBHOOK}."
    [hook] = kube.cluster.ask(f"{HOOKS}/{faults.WEBHOOK}")["webhooks"]
    assert hook["failurePolicy"] == "Fail"
    assert kube.do("put_back_webhooks").summary == "No webhook is passed over."


def _refused(kube: ClusterLab) -> bool:
    """Whether the API server asks the webhook by now: it takes a moment to hear of it."""
    try:
        kube.do("apply", kube.context(dry_run=True))
    except ActionFailed:
        return True
    return False


def test_images_are_pulled_by_digest_and_deployed_so(kube: ClusterLab) -> None:
    digests, context = push_images(kube.place, "2"), kube.context()
    pulled = kube.do("pull_images", context, stable=True)
    assert pulled.ok, pulled
    assert pulled.facts["images"] == {
        name: f"{name.removesuffix(':stable')}@{digest}" for name, digest in digests.items()
    }
    assert not [one for one in kube.cluster.items(f"{HERE}/pods") if one["metadata"]["name"].startswith("cleo-pull-")]
    push_images(kube.place, "3")  # somebody moves the tag
    assert kube.do("apply", context).ok
    verified = kube.do("verify_deployments", context)
    assert verified.ok, verified
    assert verified.facts["workloads"] == {"deployment.apps/api": "3/3", "deployment.apps/worker": "0/0"}
    assert [one.rpartition("@")[2] for one in verified.facts["images"]] == [digests["registry.lab/cleoai/api:stable"]]
    assert [one for one in verified.findings if "did not pull" in one.text] == []
    assert kube.health().status == "up"


def test_images_that_nobody_signed_are_pulled_for_a_reason_only(kube: ClusterLab) -> None:
    faults.move_tag(kube.place)
    with pytest.raises(GateClosed) as closed:
        kube.do("pull_images", stable=True)
    assert closed.value.gate == "signatures"
    assert "3 images of 3 not trusted: registry.lab/cleoai/api:stable: sha256:" in closed.value.message
    assert "is not signed" in kube.findings()["registry.lab/cleoai/api:stable"].text
    assert kube.do("pull_images", kube.context(overrides={"signatures": "built by hand, known"})).ok
    push_images(kube.place, "1")
    context = kube.context()
    assert kube.do("pull_images", context, stable=True).ok
    assert "registry.lab/cleoai/api:stable: signed by a key of the inventory" in context.lines


def test_an_image_that_no_registry_has_and_a_registry_that_hangs_are_named(kube: ClusterLab) -> None:
    push_images(kube.place, "4")
    faults.remove_image(kube.place)
    with pytest.raises(ActionFailed) as failed:
        kube.do("pull_images", stable=True)
    assert "registry.lab/cleoai/api:stable: registry.lab has no cleoai/api:stable" in failed.value.message
    assert kube.findings()["registry.lab/cleoai/api:stable"].text == "registry.lab has no cleoai/api:stable"
    push_images(kube.place, "5")
    kube.change("20-api.yaml", "api:stable", "api:old")
    with pytest.raises(ActionFailed, match="by the tag stable or by digest"):
        kube.do("pull_images", stable=True)
    kube.place.write_manifests()
    with kube.stopped("docker-registry"), pytest.raises(ActionFailed, match="no answer in time"):
        kube.do("pull_images", stable=True)


def test_what_a_node_cannot_pull_is_named_with_the_node(kube: ClusterLab) -> None:
    push_images(kube.place, "6")
    hosts = kube.place.folder / "certs.d/registry.lab/hosts.toml"  # containerd reads it at each pull
    before = hosts.read_text()
    hosts.write_text(before.replace(":5000", ":5999"))
    try:
        said = kube.do("pull_images", wait_s=20.0)
    finally:
        hosts.write_text(before)
    assert not said.ok
    assert said.facts["missing"] == 3
    assert "cleoai/api@sha256:" in said.summary
    assert f" on {kube.place.node()}: " in said.summary
    assert "connection refused" in said.summary
    assert kube.do("pull_images").ok


def test_what_is_stuck_is_verified_with_its_reason(kube: ClusterLab) -> None:
    kube.change("20-api.yaml", "secretRef: {name: cleoai-databases}", "secretRef: {name: missing}")
    kube.do("apply")
    until(lambda: "CreateContainerConfigError" in kube.do("verify_deployments", wait_s=0.0).summary, 60)
    said = kube.do("verify_deployments", wait_s=0.0)
    assert not said.ok
    assert "api 0/3" in said.summary
    assert 'secret "missing" not found' in said.summary
    assert said.cures[0].words.startswith("Make the ConfigMap or Secret")


def test_pods_that_are_older_than_their_configuration_are_not_verified(kube: ClusterLab) -> None:
    kube.do("apply")
    assert kube.do("verify_deployments").ok
    time.sleep(1.1)  # the API server's times are whole seconds
    kube.patch(f"{HERE}/configmaps/cleoai-config", {"data": {"CLEOAI_LOG_LEVEL": "DEBUG"}})
    said = kube.do("verify_deployments", wait_s=1.0)
    assert "3 pods began before ConfigMap cleoai-config was changed" in said.summary
    assert said.cures[0].words == "Start its pods anew: kubectl rollout restart deployment/api"
    kube.patch(f"{APPS}/api", {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}})
    assert kube.do("verify_deployments").ok


def test_pods_on_a_node_that_is_lost_are_not_verified(kube: ClusterLab) -> None:
    kube.do("apply")
    assert kube.do("verify_deployments").ok
    faults.kill_kubelet(kube.place)
    node = kube.place.node()
    until(lambda: f"{node} not ready" in kube.health().detail, 120)
    said = kube.do("verify_deployments", wait_s=0.0)
    assert not said.ok
    with pytest.raises(ActionFailed, match=f"No node can pull: {node}"):
        kube.do("pull_images")
    kube.start_kubelet()


def test_writers_are_held_until_no_pod_is_left_and_let_go_again(kube: ClusterLab) -> None:
    kube.do("apply")
    let_go = kube.do("allow_writers")
    assert let_go.summary == "They work again: deployment/worker, cronjob/database-backup."
    claim = "its pods wait for what is not there: PersistentVolumeClaim cleo-backup"
    assert [(one.about, one.text) for one in let_go.findings] == [("cronjob/database-backup", claim)]
    assert kube.do("verify_deployments").facts["workloads"]["deployment.apps/worker"] == "2/2"
    assert kube.do("apply").summary == "6 objects are as the manifests have it already.", "they are left as they are"
    context = kube.context()
    held = kube.do("stop_writers", context)
    assert held.ok, held
    assert kube.cluster.items(f"{HERE}/pods") == []
    assert any("ending on" in line for line in context.lines)
    kube.do("apply")
    assert kube.do("verify_deployments").facts["workloads"] == {
        "deployment.apps/api": "0/0",
        "deployment.apps/worker": "0/0",
    }
    assert "deployment/api, deployment/worker" in kube.do("allow_writers").summary
    assert kube.do("verify_deployments").facts["workloads"] == {
        "deployment.apps/api": "3/3",
        "deployment.apps/worker": "2/2",
    }
    [job] = kube.cluster.items("/apis/batch/v1beta1/namespaces/cleoai/cronjobs")
    assert job["spec"]["suspend"] is False


def test_a_word_of_its_pods_is_no_change_of_a_writer_and_a_change_of_somebody_is(kube: ClusterLab) -> None:
    kube.do("apply")
    [before], _ = find_writers(kube.cluster, ["deployment/worker"])
    kube.patch(f"{APPS}/worker/status", {"status": {"conditions": [{"type": "Lab", "status": "True"}]}})
    let_go(kube.cluster, before)
    [before], _ = find_writers(kube.cluster, ["deployment/worker"])
    assert before.replicas == 2
    kube.patch(f"{APPS}/worker", {"spec": {"replicas": 5}})
    with pytest.raises(Refused, match="has been modified"):
        hold(kube.cluster, before)


def test_a_writer_on_a_node_that_is_lost_is_not_kept_out(kube: ClusterLab) -> None:
    kube.do("apply")
    kube.do("allow_writers")
    assert kube.do("verify_deployments").ok
    faults.kill_kubelet(kube.place)
    until(lambda: "not ready" in kube.health().detail, 120)
    with pytest.raises(ActionFailed, match="is not ready: it may run on"):
        kube.do("stop_writers", wait_s=2.0)
    kube.start_kubelet()


def test_of_two_nodes_one_is_lost(kube: ClusterLab) -> None:
    second = kube.place.node(2)
    kube.place.start_node(2)
    try:
        assert kube.do("pull_images").facts["nodes"] == [kube.place.node(1), second]
        kube.do("apply")
        assert kube.do("verify_deployments").ok
        kube.place.stop_node(2)
        until(lambda: f"{second} not ready" in kube.health().detail, 120)
        assert not kube.do("verify_deployments", wait_s=0.0).ok
        pulled = kube.do("pull_images")
        assert pulled.ok
        assert pulled.facts["nodes"] == [kube.place.node(1)]
        assert second in [one.about for one in pulled.findings]
        assert second in kube.findings()
        assert kube.health().status == "degraded"
    finally:
        kube.place.stop_node(2)
        kube.cluster.delete(f"/api/v1/nodes/{second}")


def test_a_node_that_is_lost_while_it_pulls_is_given_up_and_named(kube: ClusterLab) -> None:
    second = kube.place.node(2)
    kube.place.start_node(2)
    push_images(kube.place, "7")
    context, ended = kube.context(), list[Outcome]()
    pulls = threading.Thread(target=lambda: ended.append(kube.do("pull_images", context)))
    try:
        runtime = kube.place.pid("containerd", 2)
        assert runtime
        os.kill(runtime, signal.SIGSTOP)  # so that it is not there before the node is lost
        pulls.start()
        until(lambda: any("have 2 nodes pull" in line for line in context.lines), 60)
        subprocess.run(["ip", "link", "set", second, "down"], check=True)
        pulls.join(240)
        [pulled] = ended
        assert pulled.ok, pulled
        assert pulled.facts["nodes"] == [kube.place.node(1)]
        assert "lost while it pulled" in {one.about: one.text for one in pulled.findings}[second]
    finally:
        kube.place.stop_node(2)
        kube.cluster.delete(f"/api/v1/nodes/{second}")


def test_a_webhook_outside_of_the_cluster_is_named_by_what_the_server_says(kube: ClusterLab) -> None:
    kube.cluster.apply(
        f"{HOOKS}/url.lab.test", _at_url(f"https://{kube.place.net}.200/"), "lab", dry_run=False, force=True
    )
    try:
        until(lambda: _refused(kube), 60)
        with pytest.raises(ActionFailed) as failed:
            kube.do("apply")
        [cure, *_] = failed.value.cures
        assert (cure.action, cure.params) == ("kubernetes.pass_webhooks", {"webhook": "check.url.lab.test"})
        assert kube.do("pass_webhooks").summary == "No webhook whose backend is gone stops anything."
        assert "check.url.lab.test" in kube.do("pass_webhooks", **cure.params).summary
        until(lambda: not _refused(kube), 60)
        with pytest.raises(ActionFailed, match="The cluster has no webhook called other"):
            kube.do("pass_webhooks", webhook="other")
        back = kube.do("put_back_webhooks")
        assert back.summary == "They decide again: check.url.lab.test."
        assert "whether it answers by now, only the API server can tell" in back.findings[0].text
    finally:
        kube.cluster.delete(f"{HOOKS}/url.lab.test")


def _at_url(url: str) -> Object:
    """Return a webhook that decides on deployments, behind an address where nobody is."""
    rule = {"apiGroups": ["apps"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["deployments"]}
    hook = {
        "name": "check.url.lab.test",
        "clientConfig": {"url": url},
        "rules": [rule],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "timeoutSeconds": 2,
        "admissionReviewVersions": ["v1"],
    }
    api = "admissionregistration.k8s.io/v1"
    return {
        "apiVersion": api,
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "url.lab.test"},
        "webhooks": [hook],
    }


def test_a_pod_that_a_finalizer_keeps_is_not_kept_out_and_says_who_keeps_it(kube: ClusterLab) -> None:
    kube.do("apply")
    assert kube.do("allow_writers").ok
    names = [one["metadata"]["name"] for one in kube.cluster.items(f"{HERE}/pods")]
    worker = f"{HERE}/pods/{next(each for each in names if each.startswith('worker-'))}"
    kube.patch(worker, {"metadata": {"finalizers": ["lab.test/held"]}})
    try:
        until(lambda: "lab.test/held keeps it" in _not_stopped(kube), 120)
    finally:
        kube.patch(worker, {"metadata": {"finalizers": None}})
    assert kube.do("stop_writers").ok


def _not_stopped(kube: ClusterLab) -> str:
    with pytest.raises(ActionFailed, match=r"pods? still there") as failed:
        kube.do("stop_writers", wait_s=5.0)
    return failed.value.message


def test_a_user_with_few_rights_is_told_what_nobody_looked_at(kube: ClusterLab, tmp_path: Path) -> None:
    kube.say(kubeconfig=str(kube.few_rights(tmp_path)))
    context = kube.context(dry_run=True)
    said = kube.do("apply", context)
    assert said.ok
    unseen = [one.about for one in said.findings if "our user may not look" in one.text]
    assert unseen == ["validatingwebhookconfigurations", "mutatingwebhookconfigurations", "apiservices"]
    nodes = next(one for one in identity(kube.context()) if one.name == "nodes")
    assert nodes.known == "unknown"
    assert (kube.health().status, "not deployed: api, worker" in kube.health().detail) == ("degraded", True)
    with pytest.raises(Refused, match='cannot list resource "nodes"'):
        kube.do("pull_images", context)
    token = Cluster(kube.settings).token
    assert token
    assert token not in "".join(context.lines)


def test_another_cluster_than_the_one_that_is_meant_is_refused(kube: ClusterLab) -> None:
    kube.say(cluster="00000000-0000-0000-0000-000000000000")
    for name in ("look", "apply", "pull_images", "verify_deployments"):
        with pytest.raises(ActionFailed, match="is another cluster: its kube-system has the uid"):
            kube.do(name)
    assert kube.health().status == "not measured"


class KubernetesUnderTest(SystemUnderTest):
    """The lab's cluster; its API server can be made to hang."""

    type = NAME
    roles = ("verify",)
    recovery = ()
    asked_twice = ("kubernetes.apply", "kubernetes.stop_writers", "kubernetes.allow_writers")
    params: Mapping[str, Mapping[str, object]] = {"kubernetes.verify_deployments": {"wait_s": 0.0}}
    examine_s = 15.0

    def __init__(self, lab: ClusterLab) -> None:
        super().__init__(lab.inventory)
        self._lab = lab

    @property
    def secrets(self) -> list[str]:
        return [self._lab.cluster.token]

    def fingerprint(self) -> Mapping[str, object]:
        """What is deployed, by its versions, once it stands."""
        until(lambda: self._lab.health().status == "up", 90)
        found = [
            one for path in (APPS, f"{HERE}/services", f"{HERE}/configmaps") for one in self._lab.cluster.items(path)
        ]
        return {
            f"{one['kind']} {one['metadata']['name']}": one["metadata"].get("generation") or one.get("data")
            for one in found
        }

    def kept(self) -> Sequence[str]:
        raise NotImplementedError("It restores nothing.")

    def lose(self) -> None:
        raise NotImplementedError("It has no data that a restore brings back.")

    @contextmanager
    def hangs(self) -> Iterator[None]:
        pid = self._lab.place.pid("kube-apiserver")
        assert pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def stranger(self) -> AbstractContextManager[Callable[[], bool]]:
        raise NotImplementedError("See above: another cluster is refused by its uid.")

    def unseen(self) -> AbstractContextManager[object]:
        return nullcontext()

    def show_secrets(self) -> bool:
        return False


class TestKubernetes(PlainContract):
    """The contract, without what is about restoring data, starting a server and keeping writers out."""

    @pytest.fixture(scope="class")
    def system(self, running: ClusterLab) -> Iterator[SystemUnderTest]:
        running.as_it_was()
        running.do("apply")
        running.do("allow_writers")
        assert running.do("verify_deployments").ok
        yield KubernetesUnderTest(running)

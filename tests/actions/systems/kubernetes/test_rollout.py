"""Whether a workload is rolled out, and why not: judged on what a real cluster showed (`record`)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actions.systems.kubernetes.pods import changed_at, is_over, older, stuck
from actions.systems.kubernetes.refusals import what_helps
from actions.systems.kubernetes.rollout import rollout
from actions.systems.kubernetes.verdicts import verdict
from tests.actions.systems.kubernetes.record import FOLDER


def recorded(name: str) -> dict[str, Any]:
    found = whole_record(name)
    return {"workload": found["workload"], "pods": found["pods"]}


def whole_record(name: str) -> dict[str, Any]:
    return {"events": [], **json.loads((FOLDER / f"{name}.json").read_text())}


def reasons(name: str) -> set[str]:
    return {stuck(one)[0] for one in recorded(name)["pods"]}


def test_what_is_rolled_out_is_whole() -> None:
    found = rollout(**recorded("whole"))
    assert (found.whole, found.figures, reasons("whole")) == (True, "api 3/3", {""})


@pytest.mark.parametrize(
    ("name", "waiting"),
    [
        ("begun", "0 of 3 pods are of the newest version"),
        ("half-way", "2 of 3 pods are of the newest version"),
        ("paused", "it is paused: its newest version is not rolled out"),
        ("ending", "still ending: api-"),
        ("not-ready", "0 of 3 pods are available"),
    ],
)
def test_what_is_not_says_what_is_missing(name: str, waiting: str) -> None:
    found = rollout(**recorded(name))
    assert not found.whole
    assert waiting in found.waiting


def test_what_failed_for_good_says_so() -> None:
    for kind, reason, failed in (
        ("Progressing", "ProgressDeadlineExceeded", "it exceeded its progress deadline: said so"),
        ("ReplicaFailure", "FailedCreate", "no pod can be made: said so"),
    ):
        begun = recorded("begun")
        status = "True" if kind == "ReplicaFailure" else "False"
        begun["workload"]["status"]["conditions"] = [
            {"type": kind, "status": status, "reason": reason, "message": "said so"}
        ]
        assert rollout(**begun).failed == failed


@pytest.mark.parametrize(
    ("name", "reason", "words", "helps"),
    [
        ("no-image", "ImagePullBackOff", "Back-off pulling image", "Have the nodes pull the images"),
        ("no-secret", "CreateContainerConfigError", 'secret "missing" not found', "Make the ConfigMap or Secret"),
        ("as-root", "CreateContainerConfigError", "image will run as root", "name another user (runAsUser)"),
        ("no-node", "Unschedulable", "no node takes it: 0/1 nodes are available: 1 Insufficient cpu.", "Add a node"),
        ("not-ready", "NotReady", "its readiness probe does not pass: Readiness probe failed", "its readiness waits"),
        ("crashing", "CrashLoopBackOff", "api ended 1 time: Error, exit code 3", "kubectl logs api-"),
        ("ends-well", "CrashLoopBackOff", "Completed, exit code 0", "a server's command"),
        ("no-command", "StartError", 'exec: "/none": stat /none: no such file or directory', "mend command"),
        ("no-memory", "OOMKilled", "more memory than it may (OOMKilled, exit code 137)", "Raise its memory limit"),
        ("no-volume", "FailedMount", 'secret "gone" not found', "Make the Secret, ConfigMap or volume"),
        ("probe-fails", "ProbeFailed", "failed liveness probe", "give it more time"),
        ("evicted", "Evicted", "exceeds the limit", "see what it writes"),
    ],
)
def test_a_pod_that_is_stuck_says_why_and_what_helps(name: str, reason: str, words: str, helps: str) -> None:
    record = whole_record(name)
    found = [verdict(one, record["events"]) for one in record["pods"]]
    assert any(one.reason == reason and words in one.words and helps in one.cure.words for one in found), found


def test_the_last_words_are_of_the_life_that_ended() -> None:
    [pod, *_] = whole_record("crashing")["pods"]
    ended = verdict(pod, [])
    assert (ended.reason, ended.container, ended.previous) == ("CrashLoopBackOff", "api", False)
    last = {"terminated": {"reason": "Error", "exitCode": 3}}
    pod["status"]["containerStatuses"][0] |= {"lastState": last, "state": {"running": {}}, "restartCount": 2}
    again = verdict(pod, [])
    assert (again.reason, again.previous) == ("CrashLoopBackOff", True), "it runs again, and ends again"


def test_a_pod_that_was_evicted_is_no_pod_that_still_writes() -> None:
    record = whole_record("evicted")
    over = next(one for one in record["pods"] if is_over(one))
    workload = {**record["workload"], "spec": {**record["workload"]["spec"], "replicas": 0}, "status": {}}
    workload["status"] = {"observedGeneration": workload["metadata"]["generation"]}
    assert rollout(workload, [over]).held
    over["status"]["containerStatuses"] = [{"name": "api", "state": {"running": {}}}]
    assert rollout(workload, [over]).waiting == "1 pods are still there"


def test_a_version_that_no_controller_saw_and_a_node_that_is_lost_are_not_whole() -> None:
    whole = recorded("whole")
    whole["workload"]["metadata"]["generation"] += 1
    assert rollout(**whole).waiting == "the controller has not seen its newest version yet"
    node = recorded("whole")["pods"][0]["spec"]["nodeName"]
    assert rollout(**recorded("whole"), lost_nodes=[node]).waiting.startswith(f"pods on {node}, which is not ready")


def test_a_pod_on_a_lost_node_is_not_asked_about_its_readiness_and_one_that_is_kept_says_by_whom() -> None:
    [pod, *_] = recorded("whole")["pods"]
    node = pod["spec"]["nodeName"]
    pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]  # as the node's controller has it then
    lost = verdict(pod, [], [node])
    assert (lost.reason, lost.container) == ("NodeLost", ""), "nobody there can be asked for its log"
    assert f"only then: kubectl delete node {node}" in lost.cure.words
    pod["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["lab.test/held"]}
    assert "may run on, though it is to end" in verdict(pod, [], [node]).words
    assert verdict(pod, []).reason == "", "it still ends"
    pod["status"]["containerStatuses"][0]["state"] = {"terminated": {"exitCode": 0}}
    assert verdict(pod, []).words == "none of its containers runs, and it stays listed: lab.test/held keeps it"


def test_a_pod_whose_containers_are_ready_is_not_called_unready() -> None:
    [pod, *_] = recorded("whole")["pods"]
    pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]  # its node was not heard of for a moment
    assert stuck(pod) == ("", "its containers are ready, and it is not counted so yet")


def test_a_refusal_is_told_from_a_missing_right() -> None:
    for said, helps in (
        ('pods is forbidden: User "few" cannot list resource "pods" in API group ""', "that right"),
        ('services "api" is forbidden: exceeded quota: q, requested: services=1', "Raise the namespace's quota"),
        ('pods "x" is forbidden: maximum memory usage per Container is 512Mi', "mend what is named in the manifest"),
        ('admission webhook "check" denied the request: no latest tags', "A policy of the cluster says no"),
    ):
        assert helps in what_helps(403, said)


def test_pods_are_held_against_when_their_configuration_was_changed() -> None:
    pods = recorded("whole")["pods"]
    key = ("ConfigMap", "cleoai-config")
    began = pods[0]["status"]["startTime"]
    assert older(pods, {key: began}) == []
    assert {what for _, what in older(pods, {key: "2999-01-01T00:00:00Z"})} == {"ConfigMap cleoai-config"}
    written = [
        {"time": "2026-01-02T00:00:00Z", "fieldsV1": {"f:data": {}}},
        {"time": "2027-01-01T00:00:00Z", "fieldsV1": {"f:metadata": {}}},
    ]
    body = {"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": written}}
    assert changed_at(body) == "2026-01-02T00:00:00Z", "labels are no values"

"""Whether a workload is rolled out, and why not: judged on what a real cluster showed (`record`)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actions.systems.kubernetes.pods import changed_at, older, stuck
from actions.systems.kubernetes.rollout import rollout
from tests.actions.systems.kubernetes.record import FOLDER


def recorded(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())  # type: ignore[no-any-return]


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
    ("name", "reason", "words"),
    [
        ("no-image", "ImagePullBackOff", "Back-off pulling image"),
        ("no-secret", "CreateContainerConfigError", 'secret "missing" not found'),
        ("no-node", "Unschedulable", "no node takes it: 0/1 nodes are available: 1 Insufficient cpu."),
        ("not-ready", "NotReady", "api runs, and its readiness probe does not pass"),
    ],
)
def test_a_pod_that_is_stuck_says_why(name: str, reason: str, words: str) -> None:
    found = [stuck(one) for one in recorded(name)["pods"]]
    assert any(each == reason and words in said for each, said in found), found


def test_a_version_that_no_controller_saw_and_a_node_that_is_lost_are_not_whole() -> None:
    whole = recorded("whole")
    whole["workload"]["metadata"]["generation"] += 1
    assert rollout(**whole).waiting == "the controller has not seen its newest version yet"
    node = recorded("whole")["pods"][0]["spec"]["nodeName"]
    assert rollout(**recorded("whole"), lost_nodes=[node]).waiting.startswith(f"pods on {node}, which is not ready")


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

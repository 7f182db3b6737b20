"""Programs in a pod of a real cluster: the same shim as on any host, and in doubt once the pod is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import yaml

from actions.transport import PodHost, State, Transport, TransportLost, Unreachable, open_transport
from actions.transport.pods import Pod
from cleo_console.lab.kubernetes import faults
from journal.incident.records import RunState
from journal.paths import Paths
from tests.actions.systems.kubernetes.clusters import HERE, ClusterLab, cluster_lab
from tests.actions.transport.support import Output, finish
from tests.actions.worlds import Person, declared, plan_with
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("kubernetes-pod")

INCIDENT = Path("INC-1")


@pytest.fixture(scope="module")
def kube() -> Iterator[ClusterLab]:
    """A cluster with the application on it."""
    with cluster_lab() as lab:
        lab.do("apply")
        assert lab.do("verify_deployments").ok
        yield lab


def host(kube: ClusterLab, **said: str) -> PodHost:
    given = {"cluster": kube.settings.cluster, "labels": "app.kubernetes.io/name=api", **said}
    return PodHost(kubeconfig=kube.settings.kubeconfig, context="lab", namespace="cleoai", relink_s=1.0, **given)  # type: ignore[arg-type]


@pytest.fixture
def pod(kube: ClusterLab) -> Transport:
    return open_transport(host(kube))


def test_a_question_is_answered_by_a_ready_pod(pod: Transport) -> None:
    nasty = "$(id) `id` ; 'x' \"y\" * ~ \n \\ ü"
    assert pod.query(["printf", "%s", nasty], timeout_s=10).out == nasty
    done = pod.query(["sh", "-c", "cat; echo $NAME; exit 3"], timeout_s=10, env={"NAME": "value"}, stdin=b"given\n")
    assert (done.code, done.out) == (3, "given\nvalue\n")
    assert pod.query(["sh", "-c", "cat >/dev/null; echo over"], timeout_s=10).out == "over\n", "its input ends"
    assert pod.host_identity()["hostname"].startswith("api-")


def test_files_arrive_whole_both_ways(pod: Transport) -> None:
    data = bytes(range(256)) * 8000
    pod.write_file("/tmp/large", data, 0o640)
    assert pod.read_file("/tmp/large") == data


def test_a_program_outlives_whoever_started_it(kube: ClusterLab, pod: Transport) -> None:
    spool, output = pod.place_spool(INCIDENT, "run.1"), Output()
    pod.start(spool, ["sh", "-c", "echo one; echo two >&2; sleep 2; echo three; exit 7"])
    again = open_transport(host(kube)).attach(spool)
    assert again.status().state is State.RUNNING
    completed = finish(again, output)
    assert (completed.code, completed.out, completed.err) == (7, "one\nthree\n", "two\n")


def test_what_ran_in_a_pod_that_is_gone_is_in_doubt_and_never_looked_for_in_another(
    kube: ClusterLab, pod: Transport
) -> None:
    spool = pod.place_spool(INCIDENT, "run.2")
    handle = pod.start(spool, ["sleep", "60"])
    name = Pod.of(Path(spool).parent.name).name
    kube.cluster.delete(f"{HERE}/pods/{name}")
    with pytest.raises(TransportLost, match=f"The pod {name} of cleoai: it is gone"):
        finish(handle)
    assert kube.do("verify_deployments").ok
    with pytest.raises(TransportLost, match="it is gone"):
        open_transport(host(kube)).attach(spool).status()
    assert pod.query(["echo", "another"], timeout_s=10).out == "another\n"


@contextmanager
def a_runner(person: Person, home: Path) -> Iterator[None]:
    """The console's own runner in a process of its own, killed at the end of the block."""
    before = person.incident().runner
    argv = [sys.executable, "-m", "cleo_console", "_runner", str(person.place.folder)]
    process = subprocess.Popen(argv, env={**os.environ, "CLEO_HOME": str(home)}, start_new_session=True)
    try:
        person.until(lambda i: i.runner and (before is None or i.runner.seq > before.seq), 120)
        yield
    finally:
        process.kill()
        process.wait()


LOOP = "echo begun; while [ ! -e /tmp/go ]; do sleep 0.2; done; echo ended; exit 4"


@pytest.fixture
def person(kube: ClusterLab, tmp_path: Path) -> Person:
    """Somebody with a plan that runs a program in a pod."""
    said = yaml.safe_load(kube.inventory.read_text())
    said["hosts"]["there"] = {"via": "pod", **msgspec.to_builtins(host(kube)), "relink_s": 1.0}
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(said))
    step = {"id": "in-pod", "title": "Wait in a pod", "command": ["sh", "-c", LOOP], "host": "there"}
    places = Paths(incidents=tmp_path / "incidents", locks=tmp_path / "locks")
    return Person(declared(places, plan=plan_with(step), inventory=str(tmp_path / "inventory.yaml")))


def _begun(person: Person, home: Path) -> int:
    """Return a run whose program waits in a pod, and whose runner is killed."""
    with a_runner(person, home):
        run = person.desk.request_run("in-pod")
        person.until(lambda _: "begun" in person.output(run), 120)
    return run


def test_a_runner_that_is_killed_finds_its_program_in_the_pod_again(
    pod: Transport, person: Person, tmp_path: Path
) -> None:
    run = _begun(person, tmp_path)
    with a_runner(person, tmp_path):
        person.until(lambda i: i.runs[run].reentered, 120)
        pod.query(["touch", "/tmp/go"], timeout_s=30)
        over = person.until(lambda i: i.runs[run].state.over, 120).runs[run]
    assert (over.state, over.programs[0].code, over.programs[0].reattached) == (RunState.FAILED, 4, True)
    assert [line for line in person.output(run) if line in ("begun", "ended")] == ["begun", "ended"]
    pod.query(["rm", "/tmp/go"], timeout_s=30)


def test_a_runner_that_finds_its_pod_gone_is_in_doubt_and_says_so(
    kube: ClusterLab, person: Person, tmp_path: Path
) -> None:
    run = _begun(person, tmp_path)
    name = Pod.of(Path(person.incident().runs[run].programs[0].spool).parent.name).name
    kube.cluster.delete(f"{HERE}/pods/{name}")
    with a_runner(person, tmp_path):
        over = person.until(lambda i: i.runs[run].state.over, 120).runs[run]
    assert over.state is RunState.IN_DOUBT
    assert "it began on" in over.in_doubt, "another pod answers by now: nobody goes on there"
    assert over.programs[0].code is None
    assert kube.do("verify_deployments").ok


def test_a_container_that_was_started_anew_is_in_doubt_too(kube: ClusterLab, pod: Transport) -> None:
    spool = pod.place_spool(INCIDENT, "run.3")
    pod.start(spool, ["sleep", "60"])
    name = Pod.of(Path(spool).parent.name).name
    pod.query(["kill", "1"], timeout_s=10)
    until(lambda: kube.cluster.ask(f"{HERE}/pods/{name}")["status"]["containerStatuses"][0]["restartCount"] > 0, 60)
    with pytest.raises(TransportLost, match="its container was started anew"):
        pod.attach(spool).status()
    assert kube.do("verify_deployments").ok


def test_who_cannot_be_reached_is_told_apart(kube: ClusterLab, pod: Transport) -> None:
    with pytest.raises(Unreachable, match="is another cluster"):
        open_transport(host(kube, cluster="none")).query(["true"], timeout_s=5)
    with pytest.raises(Unreachable, match="No pod with app=none is ready"):
        open_transport(host(kube, labels="app=none")).query(["true"], timeout_s=5)
    with pytest.raises(Unreachable, match="has no container other"):
        open_transport(host(kube, container="other")).query(["true"], timeout_s=5)
    faults.kill_kubelet(kube.place)
    with pytest.raises(Unreachable, match="lets nobody in"):
        pod.query(["true"], timeout_s=5)
    kube.start_kubelet()

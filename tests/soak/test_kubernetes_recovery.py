"""Infrastructure failure with a real cluster: NEXT recovers the stores, deploys the application, and lets go last."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from cleo_console.lab.kubernetes.service import KubernetesService
from journal.errors import CleoError
from journal.incident.records import Run, StepState
from journal.incident.state import Incident
from tests.actions.systems.kubernetes.clusters import APPS, HERE
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.labs import Lab, lab_directory

pytestmark = [
    pytest.mark.xdist_group("kubernetes"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes networks"),
    pytest.mark.timeout(3600),
]

JOBS = "/apis/batch/v1beta1/namespaces/cleoai/cronjobs"
DEPLOYED = ("pull-images", "deploy-dr", "verify-deployments", "kubernetes-allow-writers")
DONE = (StepState.DONE, StepState.FOUND, StepState.LOOKED)


class Sample(NamedTuple):
    """What could write at a moment: workers wanted, their pods, and whether the backup job runs by its schedule."""

    at: datetime
    wanted: int
    pods: int
    released: bool

    @property
    def writes(self) -> bool:
        return bool(self.wanted or self.pods or self.released)


class Watcher:
    """Looks twice a second past all of our own actions who could write.

    Args:
        lab: a lab with a cluster.
    """

    def __init__(self, lab: Lab) -> None:
        service = lab.services["kubernetes"]
        assert isinstance(service, KubernetesService)
        self.cluster = service.place.cluster
        self.seen: list[Sample] = []
        self._over = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[Watcher]:
        """Look while the block runs."""
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def _work(self) -> None:
        while not self._over.wait(0.5):
            try:
                self.seen.append(self.look())
            except CleoError:
                continue  # a slow answer: the next look sees the same

    def look(self) -> Sample:
        """Return who could write now."""
        at = datetime.now(UTC)
        worker = self.cluster.find(f"{APPS}/worker") or {"spec": {"replicas": 0}}
        pods = [one for one in self.cluster.items(f"{HERE}/pods") if one["metadata"]["name"].startswith("worker-")]
        released = [one for one in self.cluster.items(JOBS) if not one["spec"].get("suspend")]
        return Sample(at, worker["spec"]["replicas"], len(pods), bool(released))


def test_the_stores_are_restored_then_the_application_is_deployed_and_let_go_last(tmp_path: Path) -> None:
    with lab_directory() as directory:
        lab = Lab.up(directory, also=["kubernetes", "validation"], backup_minutes=600)
        stand, watcher = Stand(lab, tmp_path / "home"), Watcher(lab)
        lab.break_everything()
        incident = _followed(stand, watcher)
        _deployed_and_released(watcher, incident)
        assert incident.state("postgres-restore") in DONE
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)


def test_a_lost_site_is_promoted_elsewhere_and_the_application_deployed_there(tmp_path: Path) -> None:
    with lab_directory() as directory:
        lab = Lab.up(directory, two_sites=True, also=["kubernetes"], backup_minutes=600)
        stand, watcher = Stand(lab, tmp_path / "home"), Watcher(lab)
        lab.break_("site", "cut")
        incident = _followed(stand, watcher)
        _deployed_and_released(watcher, incident)
        assert incident.state("postgres-promote") in DONE
        assert incident.state("update-dns") in DONE
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)


def _followed(stand: Stand, watcher: Watcher) -> Incident:
    """Declare an infrastructure failure, and follow NEXT to its end."""
    with watcher.at_work(), stand.runner_ended():
        stand.declare("infrastructure-failure")
        with stand.console(80, 24, stand.incident_id) as console:
            console.until("NEXT", 180)
            responder = Responder(console)
            responder.follow_next_to_the_end()
            responder.close()
    return stand.incident()


def _deployed_and_released(watcher: Watcher, incident: Incident) -> None:
    """The application serves, and nothing of it could write before the data were validated."""
    assert {step: incident.state(step) for step in DEPLOYED if incident.state(step) not in DONE} == {}
    ran = [run for run in incident.runs.values() if run.changes_step]
    let_go = _last(ran, "kubernetes.allow_writers").started_at
    assert let_go
    assert [one for one in watcher.seen if one.at < let_go and one.writes] == []
    for before in ("postgres.verify", "kubernetes.verify_deployments", "validation.data", "validation.smoke"):
        ended = _last(ran, before).finished_at
        assert ended
        assert ended <= let_go, f"let go before {before}"
    now = watcher.look()
    assert (now.wanted, now.pods, now.released) == (2, 2, True)
    api = watcher.cluster.ask(f"{APPS}/api")
    assert api["status"]["availableReplicas"] == 3
    [container] = api["spec"]["template"]["spec"]["containers"]
    assert "@sha256:" in container["image"], "it is deployed by the digest that was pulled"


def _last(ran: list[Run], action: str) -> Run:
    return [run for run in ran if run.action == action][-1]

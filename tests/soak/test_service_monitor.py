"""``dr-monitoring.yaml`` as a real cluster's API takes it, with the part of the operator's ServiceMonitor that it uses.

The operator's own definition lies on the web; this one holds what its reference says of the fields that the plan has:
https://prometheus-operator.dev/docs/api-reference/api/ (v1, ServiceMonitor, Endpoint).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.actions.systems.kubernetes.clusters import ClusterLab, cluster_lab
from tests.cleo_console.test_cli import Cleo
from tests.waiting import until

pytestmark = [pytest.mark.xdist_group("kubernetes"), pytest.mark.timeout(900)]
DURATION = r"^(0|(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"
TEXT = {"type": "string"}
ENDPOINT = {
    "type": "object",
    "properties": {"port": TEXT, "path": TEXT, "interval": {"type": "string", "pattern": DURATION}},
}
LABELS = {"type": "object", "additionalProperties": TEXT}
SPEC = {
    "type": "object",
    "required": ["endpoints", "selector"],
    "properties": {
        "endpoints": {"type": "array", "items": ENDPOINT},
        "selector": {"type": "object", "properties": {"matchLabels": LABELS}},
    },
}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "servicemonitors.monitoring.coreos.com"},
    "spec": {
        "group": "monitoring.coreos.com",
        "scope": "Namespaced",
        "names": {"plural": "servicemonitors", "singular": "servicemonitor", "kind": "ServiceMonitor"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {"spec": SPEC}},
                },
            }
        ],
    },
}


@pytest.fixture(scope="module")
def kube() -> Iterator[ClusterLab]:
    with cluster_lab() as lab:
        yield lab


def test_a_cluster_takes_the_service_monitor_and_keeps_every_field(kube: ClusterLab, tmp_path: Path) -> None:
    def kubectl(*words: str | Path, status: int = 0, **more: Any) -> str:
        argv = ["kubectl", "--kubeconfig", str(kube.place.kubeconfig), *map(str, words)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, **more)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    kubectl("apply", "-f", "-", input=json.dumps(DEFINITION))
    until(lambda: "servicemonitors" in kubectl("api-resources", "--api-group=monitoring.coreos.com", "-o", "name"))
    Cleo(tmp_path)("exporter", "rules", "-o", str(tmp_path))
    made = tmp_path / "dr-monitoring.yaml"
    dry = ("apply", "--dry-run=server", "-o", "json", "-f")
    spec = json.loads(kubectl(*dry, made))["spec"]
    assert spec["endpoints"] == [{"interval": "30s", "path": "/metrics", "port": "metrics"}]
    assert list(spec["selector"]) == ["matchLabels"]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(made.read_text().replace("interval: 30s", "interval: soon"))
    assert "spec.endpoints" in kubectl(*dry, wrong, status=1)
    kubectl("apply", "-f", made)
    assert "unchanged" in kubectl("apply", "-f", made)

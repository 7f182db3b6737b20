"""Kubernetes: the application's containers on a cluster, asked and changed through its API server.

Needs: nothing on the cluster's hosts; a kubeconfig on the machine that cleo runs on.
"""

from actions.system_type import SystemType

_HERE = "actions.systems.kubernetes"

SYSTEM = SystemType(
    name="kubernetes",
    title="Kubernetes",
    settings=f"{_HERE}.settings:KubernetesSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "kubernetes.look": f"{_HERE}.look:look",
        "kubernetes.pull_images": f"{_HERE}.pull_images:pull_images",
        "kubernetes.apply": f"{_HERE}.apply:apply",
        "kubernetes.pass_webhooks": f"{_HERE}.webhooks:pass_webhooks",
        "kubernetes.put_back_webhooks": f"{_HERE}.webhooks:put_back_webhooks",
        "kubernetes.writers": f"{_HERE}.writers:writers",
        "kubernetes.stop_writers": f"{_HERE}.writers:stop_writers",
        "kubernetes.allow_writers": f"{_HERE}.writers:allow_writers",
        "kubernetes.verify_deployments": f"{_HERE}.verify:verify_deployments",
    },
    roles={"verify": "kubernetes.verify_deployments"},
    simulated=f"{_HERE}:simulated",
    ready=f"{_HERE}.ready:READY",
    own_looks=("kubernetes.pull_images", "kubernetes.apply"),
    lab="cleo_console.lab.kubernetes.service:KubernetesService",
)

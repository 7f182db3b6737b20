"""A load balancer: HAProxy, told what to do through its runtime API, or an ELBv2 through AWS's.

Needs: on HAProxy's host, python3, and an account that may use its admin socket (`run_as`). For an ELBv2, credentials.
"""

from actions.system_type import SystemType

_HERE = "actions.systems.load_balancer"

SYSTEM = SystemType(
    name="load_balancer",
    title="Load balancer",
    settings=f"{_HERE}.settings:LoadBalancerSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "load_balancer.verify": f"{_HERE}.verify:verify",
        "load_balancer.update": f"{_HERE}.update:update",
        "load_balancer.test_traffic": f"{_HERE}.traffic:test_traffic",
        "load_balancer.enable_traffic": f"{_HERE}.shift:enable_traffic",
        "load_balancer.isolate": f"{_HERE}.isolate:isolate",
        "load_balancer.reload": f"{_HERE}.reload:reload",
        "load_balancer.repoint": f"{_HERE}.repoint:repoint",
        "load_balancer.put_back": f"{_HERE}.put_back:put_back",
    },
    roles={"lead_over": "load_balancer.update", "lead_back": "load_balancer.put_back"},
    simulated=f"{_HERE}:simulated",
    ready=f"{_HERE}.ready:READY",
    own_looks=("load_balancer.update",),
    lab="cleo_console.lab.load_balancer.service:LoadBalancerService",
)

"""A connection pooler in front of PostgreSQL: PgBouncer, told what to do through its admin console.

Needs: on its host, psql, and an account that its admin console lets in (`run_as`, `admin`).
"""

from actions.system_type import SystemType

_HERE = "actions.systems.pooler"

SYSTEM = SystemType(
    name="pooler",
    title="Connection pooler",
    settings=f"{_HERE}.settings:PoolerSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "pooler.verify": f"{_HERE}.verify:verify",
        "pooler.repoint": f"{_HERE}.repoint:repoint",
        "pooler.resume": f"{_HERE}.resume:resume",
    },
    simulated=f"{_HERE}:simulated",
    ready=f"{_HERE}.ready:READY",
    lab="cleo_console.lab.pooler.service:PoolerService",
)

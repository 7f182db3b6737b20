"""MongoDB servers and replica sets, and their backups in a repository.

Needs: its address within reach of cleo, for a user with the role root. On its host: mongod, and an account that may
run programs as `run_as`; to back up and restore there, Cleo's modules if it is another machine (`backups: python`).
"""

from actions.system_type import SystemType
from journal.incident.recovery_point import PositionForm

_HERE = "actions.systems.mongodb"

SYSTEM = SystemType(
    name="mongodb",
    title="MongoDB",
    settings=f"{_HERE}.settings:MongodbSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "mongodb.is_running": f"{_HERE}.start_stop:is_running",
        "mongodb.log": f"{_HERE}.show_log:show_log",
        "mongodb.start": f"{_HERE}.start_stop:start",
        "mongodb.stop": f"{_HERE}.start_stop:stop",
        "mongodb.writers": f"{_HERE}.writers:writers",
        "mongodb.stop_writers": f"{_HERE}.writers:stop_writers",
        "mongodb.allow_writers": f"{_HERE}.writers:allow_writers",
        "mongodb.fence": f"{_HERE}.failover.fence:fence",
        "mongodb.is_fenced": f"{_HERE}.failover.fence:is_fenced",
        "mongodb.unfence": f"{_HERE}.failover.unfence:unfence",
        "mongodb.promote": f"{_HERE}.failover.promote:promote",
        "mongodb.is_promoted": f"{_HERE}.failover.promote:is_promoted",
        "mongodb.rejoin": f"{_HERE}.failover.rejoin:rejoin",
        "mongodb.is_rejoined": f"{_HERE}.failover.rejoin:is_rejoined",
        "mongodb.switch_back": f"{_HERE}.failover.switch_back:switch_back",
        "mongodb.is_switched_back": f"{_HERE}.failover.switch_back:is_switched_back",
        "mongodb.restore": f"{_HERE}.restore:restore",
        "mongodb.is_restored": f"{_HERE}.is_restored:is_restored",
        "mongodb.rebuild_indexes": f"{_HERE}.rebuild_indexes:rebuild_indexes",
        "mongodb.verify": f"{_HERE}.verify:verify",
        "mongodb.allow_ttl": f"{_HERE}.allow_ttl:allow_ttl",
        "mongodb.reapply_erasures": f"{_HERE}.erasure:reapply_erasures",
        "mongodb.erasures_left": f"{_HERE}.erasure:erasures_left",
        "mongodb.drill": f"{_HERE}.drill:drill",
        "mongodb.drill_left": f"{_HERE}.drill:drill_left",
        "mongodb.pitr": f"{_HERE}.side.pitr:pitr",
        "mongodb.pitr_verify": f"{_HERE}.side.verify:pitr_verify",
        "mongodb.selective_restore": f"{_HERE}.side.documents.selective:selective_restore",
        "mongodb.user_restore": f"{_HERE}.side.documents.user:user_restore",
        "mongodb.pitr_state": f"{_HERE}.side.pitr:pitr_state",
        "mongodb.pitr_discard": f"{_HERE}.side.pitr:pitr_discard",
    },
    backups=f"{_HERE}.backups.engine:ENGINE",
    simulated=f"{_HERE}:simulated",
    cold=f"{_HERE}.cold:COLD",
    credentials=f"{_HERE}.credentials:open_store",
    evidence=f"{_HERE}.forensics:evidence",
    traces=f"{_HERE}.traces_source:source",
    stored_keys=f"{_HERE}.stored_keys:stored_keys",
    stored_keys_by_hand=f"{_HERE}.stored_keys:by_hand",
    ready=f"{_HERE}.ready:READY",
    client="pymongo",
    lab="cleo_console.lab.mongodb.service:MongodbService",
    positions=(
        PositionForm(
            name="oplog",
            title="Up to a position in the oplog",
            help="Where the damage's entry is known: SECONDS:ORDINAL of its ts.",
            pattern=r"([0-9]{1,10}):([0-9]{1,10})",
            example="1795915811:624",
            base=10,
        ),
        PositionForm(
            name="backup",
            title="A named backup",
            help="Nothing after that backup.",
            pattern=r"[0-9]{8}-[0-9]{6}[FI]",
            example="20261122-020003F",
        ),
    ),
)

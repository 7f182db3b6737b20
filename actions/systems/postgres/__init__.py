"""PostgreSQL servers, and their backups by pgBackRest.

Needs: its address within reach of cleo, for a superuser (`pg_monitor` and `pg_read_all_data` will do to look and
verify). On its host: PostgreSQL's own programs, pgBackRest, and an account that may run programs as `run_as`.
"""

from actions.system_type import SystemType
from journal.incident.recovery_point import PositionForm

_HERE = "actions.systems.postgres"

SYSTEM = SystemType(
    name="postgres",
    title="PostgreSQL",
    settings=f"{_HERE}.settings:PostgresSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "postgres.is_running": f"{_HERE}.start_stop:is_running",
        "postgres.log": f"{_HERE}.show_log:show_log",
        "postgres.start": f"{_HERE}.start_stop:start",
        "postgres.stop": f"{_HERE}.start_stop:stop",
        "postgres.writers": f"{_HERE}.writers:writers",
        "postgres.stop_writers": f"{_HERE}.writers:stop_writers",
        "postgres.allow_writers": f"{_HERE}.writers:allow_writers",
        "postgres.restore": f"{_HERE}.restore:restore",
        "postgres.apply_wal": f"{_HERE}.apply_wal:apply_wal",
        "postgres.is_restored": f"{_HERE}.is_restored:is_restored",
        "postgres.verify": f"{_HERE}.verify:verify",
        "postgres.fence": f"{_HERE}.failover.fence:fence",
        "postgres.is_fenced": f"{_HERE}.failover.fence:is_fenced",
        "postgres.unfence": f"{_HERE}.failover.unfence:unfence",
        "postgres.pause_replay": f"{_HERE}.delayed:pause_replay",
        "postgres.resume_replay": f"{_HERE}.delayed:resume_replay",
        "postgres.replay_state": f"{_HERE}.delayed:replay_state",
        "postgres.activate_standby": f"{_HERE}.failover.activate:activate_standby",
        "postgres.is_activated": f"{_HERE}.failover.activate:is_activated",
        "postgres.promote": f"{_HERE}.failover.promote:promote",
        "postgres.is_promoted": f"{_HERE}.failover.promote:is_promoted",
        "postgres.manager": f"{_HERE}.manager.pause:manager",
        "postgres.pause_manager": f"{_HERE}.manager.pause:pause_manager",
        "postgres.resume_manager": f"{_HERE}.manager.resume:resume_manager",
        "postgres.switch_over": f"{_HERE}.manager.switch_over:switch_over",
        "postgres.replicas": f"{_HERE}.manager.rebuild:replicas",
        "postgres.rebuild_replica": f"{_HERE}.manager.rebuild:rebuild_replica",
        "postgres.switch_back": f"{_HERE}.failover.switch_back:switch_back",
        "postgres.rejoin": f"{_HERE}.failover.rejoin:rejoin",
        "postgres.is_rejoined": f"{_HERE}.failover.rejoin:is_rejoined",
        "postgres.pitr": f"{_HERE}.side.pitr:pitr",
        "postgres.pitr_verify": f"{_HERE}.side.verify:pitr_verify",
        "postgres.selective_restore": f"{_HERE}.side.rows.selective:selective_restore",
        "postgres.user_restore": f"{_HERE}.side.rows.user:user_restore",
        "postgres.reapply_erasures": f"{_HERE}.erasure:reapply_erasures",
        "postgres.erasures_left": f"{_HERE}.erasure:erasures_left",
        "postgres.drill": f"{_HERE}.side.drill:drill",
        "postgres.drill_left": f"{_HERE}.side.drill:drill_left",
        "postgres.pitr_state": f"{_HERE}.side.pitr:pitr_state",
        "postgres.pitr_discard": f"{_HERE}.side.pitr:pitr_discard",
    },
    backups=f"{_HERE}.backups.engine:ENGINE",
    roles={"replay": "postgres.apply_wal"},
    lab="cleo_console.lab.postgres.service:PostgresService",
    simulated=f"{_HERE}:simulated",
    credentials=f"{_HERE}.credentials:open_store",
    evidence=f"{_HERE}.forensics:evidence",
    traces=f"{_HERE}.traces_source:source",
    stored_keys=f"{_HERE}.stored_keys:stored_keys",
    stored_keys_by_hand=f"{_HERE}.stored_keys:by_hand",
    behind=f"{_HERE}.behind",
    cold=f"{_HERE}.cold:COLD",
    ready=f"{_HERE}.ready:READY",
    positions=(
        PositionForm(
            name="lsn",
            title="Up to a log position (LSN)",
            help="Where somebody knows the position of the damage.",
            pattern=r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})",
            example="0/3000060",
            base=16,
        ),
        PositionForm(
            name="backup",
            title="A named backup",
            help="Nothing after that backup.",
            pattern=r"[0-9]{8}-[0-9]{6}F(?:_[0-9]{8}-[0-9]{6}[DI])?",
            example="20261122-020003F",
        ),
    ),
)

"""PostgreSQL: settings, probe, actions, verification, and its backups by pgBackRest."""

from actions.system_type import PositionForm, SystemType

_HERE = "actions.systems.postgres"

SYSTEM = SystemType(
    name="postgres",
    title="PostgreSQL",
    settings=f"{_HERE}.settings:PostgresSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "postgres.is_running": f"{_HERE}.start_stop:is_running",
        "postgres.start": f"{_HERE}.start_stop:start",
        "postgres.stop": f"{_HERE}.start_stop:stop",
        "postgres.writers": f"{_HERE}.writers:writers",
        "postgres.stop_writers": f"{_HERE}.writers:stop_writers",
        "postgres.allow_writers": f"{_HERE}.writers:allow_writers",
        "postgres.restore": f"{_HERE}.restore:restore",
        "postgres.apply_wal": f"{_HERE}.apply_wal:apply_wal",
        "postgres.is_restored": f"{_HERE}.is_restored:is_restored",
        "postgres.verify": f"{_HERE}.verify:verify",
    },
    backups=f"{_HERE}.backups.engine:ENGINE",
    roles={"replay": "postgres.apply_wal"},
    lab="cleo_console.lab.postgres.service:PostgresService",
    simulated=f"{_HERE}:simulated",
    positions=(
        PositionForm(
            name="lsn", pattern=r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}", example="0/5001EA0", help="a position in the log"
        ),
        PositionForm(
            name="backup",
            pattern=r"[0-9]{8}-[0-9]{6}F(?:_[0-9]{8}-[0-9]{6}[DI])?",
            example="20261122-020003F",
            help="a backup, by its label",
        ),
    ),
)

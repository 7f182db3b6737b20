"""Redis servers, and their backups in a repository.

Needs: its address within reach of cleo, for a user of our own with every command. On its host: redis-check-rdb and
redis-check-aof, and an account that may run programs as `run_as`, write the files of settings and users, and write
beside the data directory; to back up there, Cleo's modules if it is another machine (`backups: python`).
"""

from actions.system_type import SystemType
from journal.incident.recovery_point import PositionForm

_HERE = "actions.systems.redis"

SYSTEM = SystemType(
    name="redis",
    title="Redis",
    settings=f"{_HERE}.settings:RedisSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "redis.is_running": f"{_HERE}.start_stop:is_running",
        "redis.log": f"{_HERE}.show_log:show_log",
        "redis.start": f"{_HERE}.start_stop:start",
        "redis.stop": f"{_HERE}.start_stop:stop",
        "redis.writers": f"{_HERE}.writers:writers",
        "redis.stop_writers": f"{_HERE}.writers:stop_writers",
        "redis.allow_writers": f"{_HERE}.writers:allow_writers",
        "redis.restore": f"{_HERE}.restore:restore",
        "redis.is_restored": f"{_HERE}.is_restored:is_restored",
        "redis.reload_aof": f"{_HERE}.reload_aof:reload_aof",
        "redis.warm_cache": f"{_HERE}.warm_cache:warm_cache",
        "redis.verify": f"{_HERE}.verify:verify",
        "redis.fence": f"{_HERE}.failover.fence:fence",
        "redis.is_fenced": f"{_HERE}.failover.fence:is_fenced",
        "redis.unfence": f"{_HERE}.failover.unfence:unfence",
        "redis.promote": f"{_HERE}.failover.promote:promote",
        "redis.is_promoted": f"{_HERE}.failover.promote:is_promoted",
        "redis.switch_over": f"{_HERE}.failover.switch_over:switch_over",
        "redis.rejoin": f"{_HERE}.failover.rejoin:rejoin",
        "redis.is_rejoined": f"{_HERE}.failover.rejoin:is_rejoined",
        "redis.switch_back": f"{_HERE}.failover.switch_back:switch_back",
        "redis.is_switched_back": f"{_HERE}.failover.switch_back:is_switched_back",
        "redis.user_restore": f"{_HERE}.user_restore:user_restore",
        "redis.user_left": f"{_HERE}.user_restore:user_left",
        "redis.reapply_erasures": f"{_HERE}.erasure:reapply_erasures",
        "redis.erasures_left": f"{_HERE}.erasure:erasures_left",
        "redis.drill": f"{_HERE}.drill:drill",
        "redis.drill_left": f"{_HERE}.drill:drill_left",
    },
    simulated=f"{_HERE}:simulated",
    credentials=f"{_HERE}.credentials:open_store",
    evidence=f"{_HERE}.forensics:evidence",
    traces=f"{_HERE}.traces_source:source",
    stored_keys=f"{_HERE}.stored_keys:stored_keys",
    stored_keys_by_hand=f"{_HERE}.stored_keys:by_hand",
    backups=f"{_HERE}.backups.engine:ENGINE",
    cold=f"{_HERE}.cold:COLD",
    positions=(
        PositionForm(
            name="backup",
            title="A named backup",
            help="Nothing after that backup.",
            pattern=r"[0-9]{8}-[0-9]{6}[FS]",
            example="20261122-020003F",
        ),
    ),
    ready=f"{_HERE}.ready:READY",
    client="redis",
    lab="cleo_console.lab.redis.service:RedisService",
)

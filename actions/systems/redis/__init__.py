"""Redis: settings, probe, actions, verification, and its backups."""

from actions.system_type import SystemType

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
    },
    simulated=f"{_HERE}:simulated",
    backups=f"{_HERE}.backups.engine:ENGINE",
    lab="cleo_console.lab.redis.service:RedisService",
)

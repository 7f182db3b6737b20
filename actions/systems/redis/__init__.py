"""Redis: settings, probe, actions, verification, and its backups."""

from actions.system_type import SystemType

_HERE = "actions.systems.redis"

SYSTEM = SystemType(
    name="redis",
    title="Redis",
    settings=f"{_HERE}.settings:RedisSettings",
    probe=f"{_HERE}.probe:probe",
    lab="cleo_console.lab.redis.service:RedisService",
)

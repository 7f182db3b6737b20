"""MongoDB: settings, probe, actions, verification, and its backups in a repository."""

from actions.system_type import SystemType

_HERE = "actions.systems.mongodb"

SYSTEM = SystemType(
    name="mongodb",
    title="MongoDB",
    settings=f"{_HERE}.settings:MongodbSettings",
    probe=f"{_HERE}.probe:probe",
    lab="cleo_console.lab.mongodb.service:MongodbService",
)

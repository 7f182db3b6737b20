"""Configuration: what runs on a host, and the branch of a Git repository that it comes from.

Needs: on its host, git and a Python with Cleo's modules (`python`), as an account that may write the files.
"""

from actions.system_type import SystemType
from journal.incident.recovery_point import PositionForm

_HERE = "actions.systems.configuration"

SYSTEM = SystemType(
    name="configuration",
    title="Configuration",
    settings=f"{_HERE}.settings:ConfigurationSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "configuration.diff": f"{_HERE}.diff:diff",
        "configuration.restore": f"{_HERE}.restore:restore",
        "configuration.is_restored": f"{_HERE}.restore:is_restored",
        "configuration.verify": f"{_HERE}.verify:verify",
        "configuration.drill": f"{_HERE}.drill:drill",
        "configuration.drill_left": f"{_HERE}.drill:drill_left",
    },
    positions=(
        PositionForm(
            name="commit",
            title="A commit",
            help="By its id, also where the branch no longer has it.",
            pattern=r"[0-9a-f]{7,64}",
            example="4f1c09a",
        ),
    ),
    traces=f"{_HERE}.traces_source:source",
    evidence=f"{_HERE}.forensics:evidence",
    simulated=f"{_HERE}:simulated",
    ready=f"{_HERE}.ready:READY",
    lab="cleo_console.lab.configuration.service:ConfigurationService",
)

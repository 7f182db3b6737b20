"""A toy store: settings, probe, actions, backups, tabletop and lab. Cleo finds it by its entry point."""

from actions.system_type import SystemType
from journal.incident.recovery_point import PositionForm

SYSTEM = SystemType(
    name="toy",
    title="Toy store",
    settings="cleo_toy.settings:ToySettings",
    probe="cleo_toy.probe:probe",
    examine="cleo_toy.examine:examine",
    actions={
        "toy.is_running": "cleo_toy.start_stop:is_running",
        "toy.start": "cleo_toy.start_stop:start",
        "toy.stop": "cleo_toy.start_stop:stop",
        "toy.writers": "cleo_toy.writers:writers",
        "toy.stop_writers": "cleo_toy.writers:stop_writers",
        "toy.allow_writers": "cleo_toy.writers:allow_writers",
        "toy.restore": "cleo_toy.restore:restore",
        "toy.is_restored": "cleo_toy.restore:is_restored",
        "toy.verify": "cleo_toy.verify:verify",
    },
    backups="cleo_toy.backups:ENGINE",
    positions=(
        PositionForm(
            name="serial",
            title="Up to a write",
            help="the number of the last write that comes back",
            pattern="([0-9]+)",
            example="42",
            base=10,
        ),
        PositionForm(
            name="backup",
            title="A copy as it is",
            help="by the copy's label",
            pattern=r"[0-9]{8}-[0-9]{6}-[0-9]+",
            example="20261128-151800-42",
        ),
    ),
    simulated="cleo_toy:simulated",
    ready="cleo_toy.ready:READY",
    lab="cleo_toy.lab:ToyService",
)

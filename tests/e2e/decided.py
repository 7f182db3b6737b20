"""What two faults lead to before anything is restored: what is proposed, decided, and would be refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from actions.inventory import Inventory
from actions.registry import catalogue
from actions.runner.gate_input import GateInput
from actions.runner.gates import foreseen
from cleo_console.lab import Lab
from cleo_console.lab.service_types import STORES
from journal.events.damage import DamageBegan
from journal.events.types import Kind
from journal.incident.records import StepState
from journal.incident.recovery_point import read
from journal.plan.model import RECOVERY_POINT
from tests.e2e.looked import Decider, Looks, look_at
from tests.e2e.two_faults import Fault, known_of
from tests.lab_template import copied_lab
from tests.labs import remove_abandoned_labs

_LAB = Inventory(name="lab", allows=[Kind.LAB], lab=True)
_ASKED = ("recovery-point", "strategy")
"""The gates that the decisions open."""


class Disasters(NamedTuple):
    """What real looks said of each store, sound and after each fault that befell it alone.

    Attributes:
        good_until: when all stores were sound, and had their backups.
        looks: by store and fault; no fault: as it was before.
    """

    good_until: str
    looks: Mapping[Fault, Looks]

    def of(self, faults: Sequence[Fault]) -> dict[str, Looks]:
        """Return what looks say of each store where these faults came together."""
        befell = dict(faults)
        return {system: self.looks[system, befell.get(system, "")] for system in STORES}


def looked_at(faults: Sequence[Fault]) -> Disasters:
    """Look at the stores as they are, then break one after the other, each fault in a lab of its own."""
    remove_abandoned_labs()
    looks = {(system, ""): _after(system, "") for system in STORES}
    good_until = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    return Disasters(good_until, looks | {(system, how): _after(system, how) for system, how in faults})


def _after(system: str, how: str) -> Looks:
    with _running(system) as lab:
        if how:
            lab.break_(system, how)
        return look_at(lab, system)


@contextmanager
def _running(system: str) -> Iterator[Lab]:
    with copied_lab(600, (system,)) as directory:
        yield Lab.up(directory)


def both_are_decided(disasters: Disasters, home: Path, faults: Sequence[Fault]) -> None:
    """Follow NEXT through looks and decisions, and see that these fit what befell, and open what they are to open.

    Args:
        disasters: what looks said of each fault.
        home: where the journal goes.
        faults: which two came together.
    """
    stores, known = disasters.of(faults), known_of(faults, disasters.good_until)
    decider = Decider(stores, home, **known)
    with decider.at_work():
        decider.decide_everything()
        told = "\n".join([str(decider.proposed), *decider.story()])
        seen = {system for system, looks in stores.items() if _is_seen(looks)}
        proposed = set(decider.proposed["affected"].split(","))
        assert proposed == (seen or set(STORES)), f"{seen} can be seen\n{told}"
        assert decider.comes_to, f"it leads nowhere\n{told}"
        assert decider.comes_to.system in {*known["hit"], *proposed}, f"{decider.comes_to.id} is next\n{told}"
        refused = {system: found for system in STORES if (found := list(_refused(decider, system)))}
        assert not refused, f"{refused}\n{told}"
        for point in (decider.proposed.get(RECOVERY_POINT, ""), decider.incident.decisions[RECOVERY_POINT].answer):
            assert not point or _is_before(point, decider.incident.scenario, stores), f"{point} holds damage\n{told}"


def _is_seen(looks: Looks) -> bool:
    """Return whether a look tells that a store is hit: it is down, proven wrong, or a change to it was found."""
    own = [said for _, said in looks.ends.values()]
    wrong = any(
        finding.severity == "wrong" and finding.system == looks.known.name for one in own for finding in one.findings
    )
    return looks.status != "up" or wrong or bool(_changes(looks))


def _changes(looks: Looks) -> list[DamageBegan]:
    return DamageBegan.all_of(looks.ends["damage.report"][1].facts[looks.known.name])


def _refused(decider: Decider, system: str) -> Iterator[str]:
    """Yield the gates that the decisions were to open, and that would refuse a restore which they lead to."""
    step = decider.incident.plan.by_id[f"{system}-restore"]
    if decider.incident.state(step.id) is StepState.NOT_APPLICABLE:
        return
    run = decider.commands.request_run(step.id, system=system, dry_run=True)
    incident = decider.incident
    closed = foreseen(GateInput(incident.runs[run], catalogue()[step.action], incident, _LAB, []))
    yield from (f"{gate.gate}: {gate.message}" for gate in closed if gate.gate in _ASKED)


def _is_before(answer: str, scenario: str, stores: Mapping[str, Looks]) -> bool:
    """Return whether a point lies before every change that a look found, where the scenario is that of damage."""
    if scenario != "data-corruption":
        return True
    began, point = [one.at for looks in stores.values() for one in _changes(looks)], read(answer)
    return point is not None and (not began or (point.instant is not None and point.instant <= min(began)))

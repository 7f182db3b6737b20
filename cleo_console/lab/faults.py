"""Injecting faults into the services of a lab. Each is done for real, and noted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cleo_console.lab.fault_log import Fault, note_fault, utc_now
from cleo_console.lab.post.faults import FAULTS as OF_POST
from cleo_console.lab.post.place import NAME as POST
from cleo_console.lab.post.place import Post
from cleo_console.lab.second_place.faults import FAULTS, Copy, faults_of
from cleo_console.lab.second_place.place import SecondPlace
from cleo_console.lab.service import FaultKind, Instance, LabService
from cleo_console.lab.service_types import class_of
from cleo_console.lab.sites.faults import FAULTS as OF_SITE
from cleo_console.lab.sites.faults import PrimarySite
from cleo_console.lab.sites.place import FAULTY, Sites
from cleo_console.lab.station import PRIMARY, station_of
from journal.errors import CleoError


def known_faults(
    instances: Iterable[Instance], *, sites: bool = False, post: bool = False
) -> dict[tuple[str, str], FaultKind]:
    """What can be broken, by service and fault: of the service itself, and of what the lab has beside its services.

    Args:
        instances: the lab's services.
        sites: whether each of its sites has a network.
        post: whether it has a mail server and a webhook.
    """
    known = {(each.name, kind.how): kind for each in instances for kind in (*class_of(each).faults, *faults_of(each))}
    known |= {(FAULTY, kind.how): kind for kind in OF_SITE} if sites else {}
    return known | ({(POST, kind.how): kind for kind in OF_POST} if post else {})


def inject(
    lab: Path,
    services: Mapping[str, LabService],
    system: str,
    how: str,
    offsite: SecondPlace | None = None,
    sites: Sites | None = None,
    post: Post | None = None,
) -> Fault:
    """Inject a fault into one service, or into its backups' copy, and note it.

    Raises:
        CleoError: there is no such service or fault, or it is not in a state in which it could be injected.
    """
    has = {"sites": sites is not None, "post": post is not None}
    kind = known_faults((each.instance for each in services.values()), **has).get((system, how))
    if kind is None:
        raise CleoError(f"The lab has no fault `{how}` for `{system}`.", "See `cleo lab break --list`.")
    if kind in FAULTS and offsite is None:
        raise CleoError("The lab has no second place.", "Let `cleo lab up` add one.")
    if sites and system == FAULTY:
        there = [each for each in services.values() if station_of(each.instance) == sites.stations[PRIMARY]]
        what, details = kind.inject(PrimarySite(sites, there))
    elif post and system == POST:
        what, details = kind.inject(post)
    elif kind in FAULTS and offsite:
        what, details = kind.inject(Copy(offsite, system))
    else:
        what, details = services[system].inject(kind)
    fault = Fault(str(details.pop("at", "")) or utc_now(), system, how, what, details)
    note_fault(lab, fault)
    return fault

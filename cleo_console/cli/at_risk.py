"""What would be lost now, without an incident: for ``cleo health``."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from actions.backups.unattended.standing import Standing, copies_of
from actions.health import Health
from actions.inventory import Inventory, known_systems
from actions.redaction import Redactor
from journal.errors import CleoError
from journal.events.exposure import Exposed, Exposure
from journal.incident.exposure import OFFSITE, SecondPlace, exposed_systems
from journal.store.rows import Reading
from journal.wording.exposure import exposure_span


def look_at_copies(inventory: Inventory, within_s: float) -> dict[str, SecondPlace]:
    """Return what of each system is in the second place; nothing where the inventory names none.

    Args:
        inventory: the environment.
        within_s: seconds for each system; all are looked at at once.
    """
    copies = copies_of(inventory)
    if not copies:
        return {}

    def look(one: Standing) -> SecondPlace | None:
        try:
            return one.look(within_s)
        except CleoError as error:
            return SecondPlace(site=one.site, trouble=Redactor().text(error.message))

    with ThreadPoolExecutor(max_workers=len(copies)) as pool:
        found = dict(zip(copies, pool.map(look, copies.values()), strict=True))
    return {system: place for system, place in found.items() if place}


def exposed_now(
    inventory: Inventory, measured: Mapping[str, Health], copies: Mapping[str, SecondPlace]
) -> dict[str, Exposed]:
    """Return what would be lost of each system that tells it, with it and with its site.

    Args:
        inventory: the environment.
        measured: every system's health, as it was just measured.
        copies: what is in the second place.
    """
    now = datetime.now(UTC)
    health = {
        f"health:{name}": Reading(f"health:{name}", now, {"status": one.status, "facts": one.facts})
        for name, one in measured.items()
    }
    places = {f"{OFFSITE}{name}": Reading(f"{OFFSITE}{name}", now, one.facts()) for name, one in copies.items()}
    known = {one.name: one for one in known_systems(inventory, ())}
    return exposed_systems(known, health | places)


def risk_words(one: Exposed, site: str) -> str:
    """Return both figures of a system with what each rests on."""
    return f"{_words(one.store)}; with site {site} {_words(one.site)}"


def _words(found: Exposure) -> str:
    return f"{exposure_span(found)} ({found.by})" if found.by else exposure_span(found)

"""What was found for and against a recovery strategy: whether there is a standby to promote, or a backup to restore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from journal.incident.affected import is_hit
from journal.incident.backup_catalogue import catalogue_of
from journal.incident.exposure import COPIED, NO_SECOND, NOTHING_COPIED
from journal.incident.last_good import changed_systems
from journal.incident.lost_site import is_gone, lost_site
from journal.plan.applies import applies

if TYPE_CHECKING:
    from journal.events.exposure import Exposure
    from journal.events.run import KnownSystem
    from journal.incident.state import Incident

_STRATEGY = "strategy"
COLD = "cold-standby"
"""The strategy that restores on hosts which stand by cold."""
_NO_ANSWER = ("not answering",)
_NO_HELP = ("down", *_NO_ANSWER)
ACTIVATE = "activate_standby"
"""What an action is called, of any type, that starts a warm standby and brings it to the end of the archive."""


def against(incident: Incident, strategy: str) -> str:
    """Return what speaks against a strategy, in words; empty where nothing is known to."""
    warm = set(_acted_on(incident, strategy, ACTIVATE))
    acted = ((name, name in warm) for name in _acted_on(incident, strategy, "promote"))
    standbys = (why for name, started in acted if (why := _no_standby(incident, name, started=started)))
    if strategy == COLD:
        standbys = (why for name in _acted_on(incident, strategy, "restore") if (why := _no_cold(incident, name)))
    backups = (why for name in _acted_on(incident, strategy, "restore") if (why := _no_backup(incident, name)))
    return next(standbys, "") or next(backups, "")


def backed_up(incident: Incident, strategy: str) -> str:
    """Return which backups a strategy can restore, in words; empty where it restores none, or none were found."""
    names = list(_acted_on(incident, strategy, "restore"))
    if any(is_gone(incident, name) for name in names):
        return _copied(incident, names)
    found = {name: catalogue_of(incident, name).ended for name in names}
    if not names or not all(found.values()):
        return ""
    newest = {name: max(ended, key=lambda label: ended[label]) for name, ended in found.items()}
    return "; ".join(f"{incident.roster.title(name)} has backup {label}" for name, label in newest.items())


def _copied(incident: Incident, names: list[str]) -> str:
    """Return up to when other sites have what was on the lost one, as it was written down last."""
    known = {name: one.site for name in names if (one := incident.exposed_last.get(name))}
    if not names or len(known) < len(names) or any(_unknown(site) for site in known.values()):
        return ""
    return "; ".join(f"{incident.roster.title(name)}: {site.by}" for name, site in known.items())


def _unknown(site: Exposure) -> bool:
    """Whether nothing tells that another site has anything of a system."""
    return site.seconds is None and not site.by.startswith(COPIED)


def _acted_on(incident: Incident, strategy: str, part: str) -> Iterator[str]:
    """Yield the systems that are hit, at which this strategy runs the action that plays a part."""
    answers = {**incident.answers, _STRATEGY: strategy}
    for step in incident.plan.steps():
        if step.action.endswith(f".{part}") and applies(step, answers) is not False and _STRATEGY in step.when:
            yield from (name for name in incident.roster.players(step.system) if is_hit(incident, name))


def _no_standby(incident: Incident, primary: str, *, started: bool) -> str:
    """Return why nothing can be promoted in the place of a system; where no inventory was read, nothing is known.

    ``started``: the strategy starts a standby that is down.
    """
    known = incident.roster.systems
    if not known:
        return ""
    lost = lost_site(incident)
    hot = [one for one in known.values() if one.standby_of == primary and not one.cold]
    standbys = [one for one in hot if not (lost and one.site == lost)]
    if not standbys:
        return f"{incident.roster.title(primary)} has no standby{f' outside of site {lost}' if lost else ''}"
    if changed := changed_systems(incident).get(primary):
        return f"a standby replicated it: {changed}"
    broken = [why for one in standbys if (why := _broken(incident, one, started=started))]
    return "; ".join(broken) if len(broken) == len(standbys) else ""


def _no_cold(incident: Incident, primary: str) -> str:
    """Return that no other host is named on which a system could be restored; without an inventory nothing is known."""
    known, lost = incident.roster.systems, lost_site(incident)
    cold = [one for one in known.values() if one.standby_of == primary and one.cold and one.site != lost]
    took = primary in incident.takeovers.values()
    return f"no other host is named for {incident.roster.title(primary)}" if known and not (cold or took) else ""


def _broken(incident: Incident, standby: KnownSystem, *, started: bool) -> str:
    health, wrong = incident.health.get(standby.name), incident.found_wrong.get(standby.name)
    if wrong:
        return f"{standby.name}: data {wrong}"
    hopeless = health and health.status in (_NO_ANSWER if started else _NO_HELP)
    return f"{standby.name} is {health.status}" if health and hopeless else ""


def _no_backup(incident: Incident, name: str) -> str:
    """Return that a look found no backup of a system at all; nothing where nobody looked, or a look was not whole."""
    found, one = catalogue_of(incident, name), incident.exposed_last.get(name)
    if one and one.site.by.startswith((NO_SECOND, NOTHING_COPIED)) and is_gone(incident, name):
        return f"{incident.roster.title(name)} has no backup outside of site {lost_site(incident)}: {one.site.by}"
    return f"{incident.roster.title(name)} has no backup" if found.whole and not found.ended else ""

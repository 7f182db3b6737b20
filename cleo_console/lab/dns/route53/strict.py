"""Makes moto's Route 53 as strict with a batch of changes as Route 53's documentation says: all of it, or an error."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moto.core.exceptions import ServiceException
    from moto.route53.models import RecordSet


def changed(sets: Sequence[RecordSet], changes: Sequence[Mapping[str, Any]]) -> list[RecordSet]:
    """Return a zone's record sets after a batch.

    Raises:
        ServiceException: it is not taken, in Route 53's words; nothing was changed.
    """
    found = list(sets)
    for change in changes:
        found = _after(found, change["Action"], _record_set(change))
    return found


def _after(sets: list[RecordSet], action: str, new: RecordSet) -> list[RecordSet]:
    """Return record sets after one change."""
    same = [each for each in sets if _key(each) == _key(new)]
    named = f"resource record set [name='{new.name}', type='{new.type}']"
    if action == "CREATE" and same:
        raise invalid(f"Tried to create {named} but it already exists")
    if action == "DELETE":
        if not same:
            raise invalid(f"Tried to delete {named} but it was not found")
        if _told(same[0]) != _told(new):
            raise invalid(f"Tried to delete {named} but the values provided do not match the current values")
    left = [each for each in sets if each not in same]
    if action != "DELETE":
        _require_room(left, new, named)
        left.append(new)
    return left


def _require_room(sets: Sequence[RecordSet], new: RecordSet, named: str) -> None:
    """Refuse an alias beside another type, and a set that is one of several beside one that is not."""
    others = [each for each in sets if each.name == new.name]
    if any("CNAME" in (each.type, new.type) and each.type != new.type for each in others):
        raise invalid(f"RRSet of type CNAME with DNS name {new.name} is not permitted as it conflicts")
    if any(each.type == new.type and bool(each.set_identifier) != bool(new.set_identifier) for each in others):
        raise invalid(f"{named} cannot be created as a non-simple one is there, or a simple one beside this one")


def _record_set(change: Mapping[str, Any]) -> RecordSet:
    from moto.route53.models import RecordSet

    one = copy.deepcopy(change["ResourceRecordSet"])
    one["ResourceRecords"] = [each["Value"] for each in one.get("ResourceRecords", ())]
    one["Name"] = f"{one['Name'].rstrip('.')}."
    return RecordSet(one)  # type: ignore[abstract]


def _key(one: RecordSet) -> tuple[str, str | None, str | None]:
    return one.name, one.type, one.set_identifier


def _told(one: RecordSet) -> tuple[int | None, list[str]]:
    return None if one.ttl is None else int(one.ttl), sorted(each.rstrip(".") for each in one.records)


def invalid(message: str) -> ServiceException:
    """Return the refusal of a batch."""
    return refusal("InvalidChangeBatch", f"[{message}]")


def refusal(code: str, message: str) -> ServiceException:
    """Return an error by its code, as moto raises it."""
    from moto.core.exceptions import ServiceException

    made: ServiceException = type(code, (ServiceException,), {"code": code})(message)
    return made

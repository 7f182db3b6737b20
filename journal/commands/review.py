"""Where a person writes what belongs to the report: calls, fields, action items, signatures; also after the close."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, get_args

from journal.commands.base import Commands, required
from journal.commands.refusals import NotNow
from journal.events import types as e

if TYPE_CHECKING:
    from journal.incident.state import Incident


class ReviewCommands(Commands):
    """Commands for the review of one incident. Every method blocks until its event is durable."""

    def page(self, level: str, how: str = "") -> e.Event:
        """Say that a level of the escalation matrix was called; the clock of its response runs from now.

        Raises:
            NotNow: the plan has no such level.
        """
        incident = self._incident()
        return self._append(incident, e.ContactPaged(level=_level(incident, level), how=how.strip()))

    def acknowledge(self, level: str, who: str = "") -> e.Event:
        """Say that a level has answered.

        Raises:
            NotNow: the plan has no such level.
        """
        incident = self._incident()
        return self._append(incident, e.ContactAcknowledged(level=_level(incident, level), who=who.strip()))

    def take_call_back(self, level: str) -> e.Event:
        """Say that what was noted last of a level was a mistake: its answer, or that it was called.

        Raises:
            NotNow: nothing is noted of it, or the plan has no such level.
        """
        incident = self._incident()
        if _level(incident, level) not in incident.review.calls:
            raise NotNow(f"Nothing is noted of {level}.", "There is nothing to take back.")
        return self._append(incident, e.CallTakenBack(level=level))

    def write_field(self, field: e.ReportField, text: str) -> e.Event:
        """Write one field of the report; an empty text takes it back.

        Raises:
            NotNow: the report has no such field.
        """
        if field not in get_args(e.ReportField):
            raise NotNow(f"The report has no field {field!r}.", f"It has: {', '.join(get_args(e.ReportField))}.")
        return self._append(self._incident(), e.ReportFieldWritten(field=field, text=text.strip()))

    def write_action_item(
        self, text: str, owner: str = "", due: str = "", objective: str = "", cause: str = "", *, item_id: str = ""
    ) -> e.Event:
        """Write an action item, or write an earlier one anew: one that was done is open again.

        Args:
            text: what is to be done.
            owner: who does it.
            due: until which day, as 2026-12-31; empty where nobody said.
            objective: the id of the exercise's objective that it serves; empty: none, or the earlier one's.
            cause: why it is needed; empty: nobody said, or the earlier one's.
            item_id: the earlier one's id; empty for a new one.

        Raises:
            NotNow: the text is empty, the day is none, or there is no such item or objective.
        """
        incident = self._incident()
        items = incident.review.action_items
        if item_id and item_id not in items:
            raise NotNow(f"There is no action item {item_id}.")
        if not text.strip():
            raise NotNow("The action item is empty.", "Say what is to be done.")
        new = f"A{max((int(known[1:]) for known in items), default=0) + 1}"
        before = items.get(item_id)
        body = e.ActionItemWritten(
            id=item_id or new,
            text=text.strip(),
            owner=owner.strip(),
            due=_day(due),
            objective=_objective(incident, objective.strip()) or (before.objective if before else ""),
            cause=cause.strip() or (before.cause if before else ""),
        )
        return self._append(incident, body)

    def finish_action_item(self, item_id: str, how: str) -> e.Event:
        """Say that an action item is done, and how one knows.

        Raises:
            NotNow: there is no such item, it is done already, or nothing is said of how.
        """
        incident = self._incident()
        item = incident.review.action_items.get(item_id)
        if item is None:
            raise NotNow(f"There is no action item {item_id}.", _known_items(incident))
        if item.done_at:
            raise NotNow(f"{item_id} is done since {item.done_at:%Y-%m-%d}: {item.how}", "Write it anew to open it.")
        words = required(how, "Say what was put in order, and how one knows: what was tried, measured or changed.")
        return self._append(incident, e.ActionItemDone(id=item_id, how=words))

    def drop_action_item(self, item_id: str) -> e.Event:
        """Take an action item back.

        Raises:
            NotNow: there is no such item.
        """
        incident = self._incident()
        item = incident.review.action_items.get(item_id)
        if item is None:
            raise NotNow(f"There is no action item {item_id}.")
        return self._append(incident, e.ActionItemWritten(id=item_id, text=item.text, dropped=True))

    def sign_off(self, role: str) -> e.Event:
        """Sign the report in a role; the signature names the journal's head that the person has seen.

        Raises:
            NotNow: the role is empty.
        """
        if not role.strip():
            raise NotNow("A signature wants a role.", "Say as what you sign: incident commander, system owner…")
        incident = self._incident()
        return self._append(incident, e.SignedOff(role=role.strip(), head=incident.head))


def _level(incident: Incident, level: str) -> str:
    known = [contact.level for contact in incident.plan.callable]
    if level not in known:
        raise NotNow(f"The plan has nobody to call as {level!r}.", f"It has: {', '.join(known)}.")
    return level


def _objective(incident: Incident, name: str) -> str:
    known = [str(one.get("id")) for one in incident.review.exercise.get("objectives") or ()]
    if name and name not in known:
        raise NotNow(f"There is no objective {name!r} here.", f"It has: {', '.join(known)}." if known else "")
    return name


def _known_items(incident: Incident) -> str:
    return f"It has: {', '.join(incident.review.action_items) or 'none'}."


def _day(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise NotNow(f"{text!r} is no day.", "Write it as 2026-12-31.") from None

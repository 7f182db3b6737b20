"""What a person says of themselves: that they work at a step, and what they are in the incident."""

from __future__ import annotations

from typing import get_args

from journal.commands import refusals
from journal.commands.base import Commands, known_step
from journal.commands.refusals import NotNow, raise_if
from journal.events import types as e
from journal.incident.taken import worker


class TeamCommands(Commands):
    """Where one person says who does what. Every method blocks until its event is durable."""

    def take(self, step_id: str) -> e.Event:
        """Say that this person works at a step from now on, also where somebody else did until now.

        Raises:
            NotNow: the incident is closed, the step is settled, or it is this person's already.
        """
        incident = self._incident()
        step = known_step(incident, step_id)
        raise_if(refusals.take(incident, step))
        work = worker(incident, step_id)
        if work and work.by == self._journal.actor:
            raise NotNow(f"{step.title} is yours already.")
        return self._append(incident, e.StepTaken(step=step_id, over_from=work.by if work else ""))

    def give_back(self, step_id: str) -> e.Event:
        """Say that this person does not work at a step any more.

        Raises:
            NotNow: they did not say that they do.
        """
        incident = self._incident()
        step = known_step(incident, step_id)
        work = worker(incident, step_id)
        if work is None or work.by != self._journal.actor:
            raise NotNow(f"{step.title} is not yours.", f"{work.by} works at it." if work else "Nobody took it.")
        return self._append(incident, e.StepGivenBack(step=step_id))

    def take_or_give_back(self, step_id: str) -> e.Event:
        """Give a step back that is this person's, and take any other.

        Raises:
            NotNow: the incident is closed, or the step is settled.
        """
        work = worker(self._incident(), step_id)
        return self.give_back(step_id) if work and work.by == self._journal.actor else self.take(step_id)

    def take_role(self, name: e.RoleName) -> e.Event:
        """Say what this person is from now on. Whoever led or wrote down until then is a responder.

        Raises:
            NotNow: the incident is closed, there is no such role, or it is this person's already.
        """
        incident = self._open()
        if name not in get_args(e.RoleName):
            raise NotNow(f"There is no role {name!r}.", f"There are: {', '.join(get_args(e.RoleName))}.")
        if incident.team.role(self._journal.actor) == name:
            raise NotNow(f"You are {name} already.")
        before = "" if name == "responder" else incident.team.holder(name)
        return self._append(incident, e.RoleTaken(name=name, over_from=before))

"""What stands in front of servers (a pooler, a proxy): where it is to lead, proven, and who is left at the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from actions.behind import Behind, Front, Instance, Left
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding
from actions.system_type import SystemType, load
from actions.system_types import system_type
from journal.errors import CleoError
from journal.wording.counting import count


class Answers(NamedTuple):
    """Who answered where clients come in: in words, and what kept us from asking."""

    words: str
    troubles: list[Finding]


class Fronting:
    """One pooler or proxy, and the servers behind it.

    Args:
        ctx: the context of an action on it.
        name: its name in the inventory.
        fronts: the server of the inventory that it leads to, or one that stands by for it.
    """

    def __init__(self, ctx: ActionContext, name: str, fronts: str) -> None:
        self._ctx = ctx
        self._name = name
        self._fronts = fronts

    def family(self) -> list[str]:
        """Return the servers that belong together, the primary first: who took over counts as that.

        Raises:
            ActionFailed: what it fronts is not in the inventory, or nothing that can be behind it.
        """
        root, passed, known = self._fronts, set[str](), self._ctx.inventory.systems
        if root not in known or not system_type(known[root].type).behind:
            raise ActionFailed(
                f"{self._name} fronts {root}, which is no database of the inventory that can be.", "Correct that there."
            )
        systems = {name: one for name, one in known.items() if one.type == known[root].type}
        while systems[root].standby_of in systems and root not in passed:
            passed.add(root)
            root = systems[root].standby_of
        found = [root]
        while more := [name for name, one in systems.items() if one.standby_of in found and name not in found]:
            found += more
        return found

    @property
    def behind(self) -> Behind:
        """What asks the servers behind it."""
        found: Behind = load(self._type.behind)
        return found

    def address(self, server: str) -> str:
        """Return host and port of a server, as the inventory has them."""
        return self.behind.address(self._ctx.inventory.systems[server])

    def target(self, named: str) -> str:
        """Return the server that it is to lead to: the one that is named, else the primary.

        Raises:
            ActionFailed: none of that name belongs to what it fronts.
        """
        known = self.family()
        if named and named not in known:
            raise ActionFailed(f"{named} does not belong to what {self._name} fronts: {', '.join(known)}.")
        return named or known[0]

    def require_primary(self, server: str) -> Instance:
        """Prove that a server takes writes, and return which it is.

        Raises:
            ActionFailed: it is a standby.
            CleoError: it cannot be asked, or another one answers in its place.
        """
        found = self.behind.instance(self._ctx, server)
        if not found.writes:
            raise ActionFailed(
                f"{server} is a standby: who is led there cannot write.",
                left_behind="Nothing was changed.",
                cures=[Cure(words="Promote it first.", action=self._type.role("promote"))],
            )
        return found

    def through(self, server: str, front: Front) -> Instance:
        """Ask who answers where a client comes in; see `actions.behind.Behind.through`."""
        return self.behind.through(self._ctx, server, front)

    def asked(self, server: str, primary: Instance, fronts: Sequence[Front]) -> Answers:
        """Ask at each place where clients come in who answers.

        Raises:
            ActionFailed: another server does.
        """
        troubles = list[Finding]()
        for front in fronts:
            try:
                found = self.through(server, front)
            except CleoError as error:
                text = f"nobody was let through, so it is not seen who answers: {error.message}"
                cure = "Give the inventory a user that is let in, or try it as a client."
                about = f"{self._name} {front.database}"
                troubles.append(Finding(severity="warning", about=about, text=text, cure=cure))
                continue
            if not found.is_same(primary):
                raise ActionFailed(
                    f"Through {self._name} another server answers than {server}: {found.words}.",
                    "Correct in the inventory how it reaches that server, then run this again.",
                    left_behind="Its clients go there.",
                )
        asked = len(fronts) - len(troubles)
        return Answers(f"asked through it in {asked} of {count(len(fronts), 'database')}: it answers", troubles)

    def left(self, server: str, within_s: float) -> list[Left]:
        """Count who is left at every server but this one."""
        others = [name for name in self.family() if name != server]
        return [self.behind.sessions_left(self._ctx, name, within_s) for name in others]

    def still_there(self, left: Sequence[Left]) -> list[Finding]:
        """Return what must be seen to of those that are left."""
        cure = "They do not come through it: restart those clients, or fence that server."
        return [
            Finding(severity="warning", about=self._name, text=one.words, cure=cure if one.number else "Ask there.")
            for one in left
            if one.number != 0
        ]

    @property
    def _type(self) -> SystemType:
        return system_type(self._ctx.inventory.systems[self._fronts].type)


def number_left(left: Sequence[Left]) -> int | None:
    """Return how many sessions are left; None where some could not be counted."""
    numbers = [one.number for one in left]
    return None if None in numbers else sum(number or 0 for number in numbers)


def words_left(left: Sequence[Left]) -> str:
    """Return who is left, in words."""
    return "; ".join(one.words for one in left) or "no other server of it is known"

"""The shell commands of an action: shown, copied and printed, so that a person can type them without this program.

An action makes them with the functions that it makes its own command lines with, from the inventory and its parameters
alone: no system is asked, so that they can be printed before anything has happened. A value that only the system can
tell stands in capitals (``BACKUP``). A secret is never in them.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from actions.settings import SystemSettings
from actions.transport.hosts import PodHost, SshHost
from journal.incident.recovery_point import RecoveryPoint

if TYPE_CHECKING:
    from actions.context import IncidentFacts
    from actions.inventory import Inventory

TAKE_OUT = (
    """awk -v b="$2" -v e="$3" '$0 == b {no = 1} !no; $0 == e {no = 0}' "$1" >"$1.new" """
    '&& cat "$1.new" >"$1" && rm -f "$1.new"'
)
"""Takes a block out of the file ``$1``, from the line ``$2`` to the line ``$3``; owner and permissions stay."""

S = TypeVar("S", bound=SystemSettings)


class CommandLine(msgspec.Struct, frozen=True, kw_only=True):
    """One program as an action runs it, or a line that only says something.

    Attributes:
        argv: program and arguments; empty: there is nothing to type, ``what`` says it all.
        text: what is copied as it is, where there is no program: a message.
        what: what it is for, and what to put in the place of a word in capitals.
        host: the inventory's host that it runs on.
        user: the account that it runs as; empty: the one that cleo runs as.
        env: variables that it needs.
    """

    argv: Sequence[str] = ()
    text: str = ""
    what: str = ""
    host: str = ""
    user: str = ""
    env: Mapping[str, str] = {}


class ByHand(msgspec.Struct, frozen=True, kw_only=True):
    """What is known where an action's commands are asked for.

    Attributes:
        inventory: the environment's systems.
        system: the system that is meant.
        params: the action's parameters that are given.
        incident: the incident's id; on paper there is none yet.
        point: the recovery point, where it is decided.
        facts: the incident, where there is one.
    """

    inventory: Inventory
    system: str
    params: Mapping[str, Any] = {}
    incident: str = "INCIDENT"
    point: RecoveryPoint | None = None
    facts: IncidentFacts | None = None

    def settings(self, type_: type[S]) -> S:
        """Return what the inventory says of the system."""
        return self.inventory.system(self.system, type_)


ByHandFunction = Callable[[ByHand], Sequence[CommandLine]]


def words_of(line: CommandLine) -> list[str]:
    """Return the words that a person types for it on its host: with its account and variables."""
    account = ["runuser", "-u", line.user, "--"] if line.user else []
    variables = ["env", *(f"{name}={value}" for name, value in line.env.items())] if line.env else []
    return [*account, *variables, *line.argv]


def typed(line: CommandLine) -> str:
    """Return it as a shell takes it, of root where it changes to another account; empty: there is nothing to type."""
    return shlex.join(words_of(line)) if line.argv else line.text


def place_of(line: CommandLine, inventory: Inventory) -> str:
    """Return where it is typed: ``on db1 (ssh -p 2222 root@10.0.0.5)``."""
    spec = inventory.hosts.get(line.host)
    if isinstance(spec, PodHost):
        return f"on {line.host} (kubectl exec into a ready pod with {spec.labels}, namespace {spec.namespace})"
    if not isinstance(spec, SshHost):
        return f"on {line.host}" if line.host else "here"
    port = f"-p {spec.port} " if spec.port != 22 else ""
    return f"on {line.host} (ssh {port}{f'{spec.user}@' if spec.user else ''}{spec.host})"


class Typed(NamedTuple):
    """A command as a person sees it.

    Attributes:
        where: the machine that it is typed on; empty where that is the one of the command before.
        what: what it is for, in lines.
        text: the command, as a shell takes it; empty: there is nothing to type.
    """

    where: str
    what: Sequence[str]
    text: str


def typed_lines(lines: Sequence[CommandLine], inventory: Inventory) -> list[Typed]:
    """Return command lines as a person sees them."""
    found, place = list[Typed](), ""
    for line in lines:
        here = place_of(line, inventory) if line.argv else place
        found.append(Typed("" if here == place else here, line.what.splitlines(), typed(line)))
        place = here
    return found


def script_of(lines: Iterable[Typed]) -> Iterator[str]:
    """Yield the lines of a shell script, with what each command is for as a comment before it."""
    for line in lines:
        said = [*([f"{line.where}:"] if line.where else []), *line.what]
        yield from (f"# {words}" for words in said)
        yield from [line.text] if line.text else []

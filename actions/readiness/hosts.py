"""What is looked at on a host, once for all systems that need it: the way there, accounts, programs, folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from actions.context import ActionContext
from actions.machine.directories import inspect_directories
from actions.machine.machine import Machine, last_words
from actions.readiness.ready import Need
from actions.transport import NOT_REACHED, NotLetIn
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding, State
from journal.wording.counting import count
from journal.wording.sizes import size_words

_LITTLE = 100_000_000
"""Bytes: with less free, a file system leaves no room for what a recovery writes down and keeps."""
_FEW = 1000
"""Files: with fewer to be made, a file system is as good as full."""
_PROGRAMS = 'for one do command -v -- "$one" >/dev/null 2>&1 && echo yes || echo no; done'


def look_at_host(ctx: ActionContext, host: str, systems: Sequence[str]) -> ReadyFinding:
    """Return whether a host is reached.

    Args:
        ctx: a context that reads.
        host: the inventory's name of the host.
        systems: the systems that need it.
    """
    about = f"host {host}"
    try:
        named = ctx.transport(host).host_identity()
    except CleoError as error:
        silent = isinstance(error, NOT_REACHED) and not isinstance(error, NotLetIn)
        state: State = "not measured" if silent else "wrong"
        return ReadyFinding(about=about, state=state, words=error.message, cure=error.hint, systems=systems)
    return ReadyFinding(about=about, state="ok", words=f"reached ({named.get('hostname', 'unnamed')})", systems=systems)


def look_at_accounts(ctx: ActionContext, host: str, needs: Mapping[str, Sequence[Need]]) -> Iterator[ReadyFinding]:
    """Yield what the accounts that programs run as find on a host: programs, folders, room. One not reached has none.

    Args:
        ctx: a context that reads.
        host: the inventory's name of the host.
        needs: what each system needs of it, by the system's name.

    Raises:
        CleoError: it does not answer any more.
    """
    try:
        ctx.transport(host).host_identity()
    except CleoError:
        return  # the look at the host says so
    for user in dict.fromkeys(one.user for each in needs.values() for one in each):
        yield from _as_account(ctx, host, user, needs)


def _as_account(
    ctx: ActionContext, host: str, user: str, needs: Mapping[str, Sequence[Need]]
) -> Iterator[ReadyFinding]:
    """Yield what one account finds on a host."""
    own = {name: [one for one in each if one.user == user] for name, each in needs.items()}
    systems = sorted(name for name, each in own.items() if each)
    machine = Machine(ctx, host, user)
    about = f"account {user} on {host}" if user else f"our account on {host}"
    cure = f"Log in to {host} as {user} or root, or let our account there run programs as {user} by sudo (NOPASSWD)."
    try:
        done = machine.query(["true"])
        words = "" if done.code == 0 else f"no program runs as it: {last_words(done)}"
    except NOT_REACHED:
        raise
    except CleoError as error:
        words, cure = error.message, error.hint or cure
    if words:
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=systems)
        return
    yield ReadyFinding(about=about, state="ok", words="programs run as it", systems=systems)
    yield from _programs(machine, own)
    yield from _folders(machine, own)


def _programs(machine: Machine, own: Mapping[str, Sequence[Need]]) -> Iterator[ReadyFinding]:
    """Yield a finding for each program that is missing, and one for those that are there."""
    wanted = _by_thing(own, lambda one: one.programs)
    if not wanted:
        return
    done = machine.query(["sh", "-c", _PROGRAMS, "sh", *wanted])
    answers = done.out.split()
    if done.code != 0 or len(answers) != len(wanted):
        words = f"which programs are there cannot be told: {last_words(done)}"
        yield ReadyFinding(about=f"programs on {machine.host}", state="not measured", words=words, systems=sorted(own))
        return
    missing = [name for name, there in zip(wanted, answers, strict=True) if there != "yes"]
    for name in missing:
        systems, actions = wanted[name]
        yield ReadyFinding(
            about=f"program {name} on {machine.host}",
            state="wrong",
            words=f"it is not there for {machine.account}",
            cure=f"Install it on {machine.host}, or correct its folder in the inventory.",
            systems=systems,
            actions=actions,
        )
    if there := [name.rpartition("/")[2] for name in wanted if name not in missing]:
        yield ReadyFinding(
            about=f"programs on {machine.host}",
            state="ok",
            words=f"{', '.join(there)} {'are' if len(there) > 1 else 'is'} there",
            systems=sorted(own),
        )


def _folders(machine: Machine, own: Mapping[str, Sequence[Need]]) -> Iterator[ReadyFinding]:
    """Yield a finding for each folder: whether the account may write there, and whether there is room."""
    wanted = _by_thing(own, lambda one: one.folders)
    if not wanted:
        return
    try:
        seen = inspect_directories(machine, *wanted)
    except CleoError as error:
        about = f"folders on {machine.host}"
        yield ReadyFinding(about=about, state="not measured", words=error.message, cure=error.hint, systems=sorted(own))
        return
    for one in seen:
        systems, actions = wanted[one.path]
        words, cure = "", ""
        if not one.writes:
            words = f"{machine.account} may make nothing in {one.nearest}"
            cure = f"Let it write there (chown, chmod), or mount it for writing: on {machine.host}."
        elif one.free < _LITTLE:
            words, cure = f"only {size_words(one.free)} are free", f"Make room on {one.mount} of {machine.host}."
        elif one.files is not None and one.files < _FEW:
            words = f"only {count(one.files, 'more file')} can be made there, however much is free (inodes)"
            cure = f"Remove small files on {one.mount} of {machine.host}: df -i {one.mount}"
        yield ReadyFinding(
            about=f"folder {one.path} on {machine.host}",
            state="wrong" if words else "ok",
            words=words or f"{size_words(one.free)} free, {machine.account} may write there",
            cure=cure,
            systems=systems,
            actions=actions,
        )


def _by_thing(
    own: Mapping[str, Sequence[Need]], of: Callable[[Need], Sequence[str]]
) -> dict[str, tuple[list[str], list[str]]]:
    """Return which systems and actions need each program or folder; one that somebody needs for all names no action."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for system, each in own.items():
        for need in each:
            for thing in of(need):
                systems, actions = found.get(thing, ([], list(need.actions)))
                both = [*actions, *need.actions] if actions and need.actions else []
                found[thing] = (list(dict.fromkeys([*systems, system])), list(dict.fromkeys(both)))
    return found

"""How a pooler runs, against where it is to lead and what its file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from actions.outcome import Finding
from actions.systems.pooler.behind import address_of, fronting
from actions.systems.pooler.pooler import REPOINT, RESUME, Files, Pooler
from actions.systems.pooler.seen import Seen
from journal.wording.counting import count

_LONG_S = 5.0
"""A client that waits for so long does not wait for its turn alone."""


def compare(pooler: Pooler, seen: Seen, files: Files | None) -> list[Finding]:
    """Return what is not as it is to be: ``wrong`` is what keeps clients from the primary.

    Args:
        pooler: the pooler.
        seen: how it runs.
        files: its configuration; None: it could not be read.
    """
    servers = fronting(pooler).family()
    members = {address_of(pooler, name): name for name in reversed(servers)}
    wanted = address_of(pooler, servers[0])
    found = [one for name in pooler.settings.databases for one in _of(pooler, seen, name, wanted, members)]
    return [*found, *(_file(pooler, seen, files) if files else []), *_others(pooler, files, wanted, members)]


def _of(pooler: Pooler, seen: Seen, name: str, wanted: str, members: Mapping[str, str]) -> Iterator[Finding]:
    about = f"{pooler.name} {name}"
    known = seen.databases.get(name)
    waiting, longest = seen.waits([name])
    if known is None:
        yield _wrong(pooler, about, "PgBouncer has no such database", "Correct databases: in the inventory.")
        return
    if known.leads_to != wanted:
        who = members.get(known.leads_to, "")
        text = f"leads to {who or known.leads_to}{f' ({known.leads_to})' * bool(who)}; the primary is {members[wanted]}"
        yield _wrong(pooler, about, f"{text} ({wanted})", REPOINT.words)
    if known.paused:
        held = f"{count(waiting, 'client')} wait, {longest:.0f} s already" if waiting else "nobody waits yet"
        yield _wrong(pooler, about, f"is paused: {held}", RESUME.words)
    elif longest > _LONG_S:
        text = f"{count(waiting, 'client')} wait for a server, {longest:.0f} s already"
        yield Finding(severity="warning", about=about, text=text, cure="See its log: who is behind it lets nobody in.")
    if known.disabled:
        yield Finding(
            severity="warning", about=about, text="refuses new clients", cure=f'In its console: ENABLE "{name}"'
        )


def _file(pooler: Pooler, seen: Seen, files: Files) -> Iterator[Finding]:
    for name in pooler.settings.databases:
        known, entries = seen.databases.get(name), files.of(name)
        if known is None or not entries:
            continue
        last = entries[-1]
        says = f"{last.host or 'socket'}:{last.port or '5432'}"
        if says != known.leads_to:
            text = f"its file says {says}, and it runs with {known.leads_to}: a reload or a restart changes that"
            yield Finding(severity="warning", about=f"{pooler.name} {name}", text=text, cure=REPOINT.words)


def _others(pooler: Pooler, files: Files | None, wanted: str, members: Mapping[str, str]) -> Iterator[Finding]:
    for entry in files.entries if files else ():
        who = members.get(f"{entry.host}:{entry.port or '5432'}", "")
        if who and who != members[wanted] and entry.name not in pooler.settings.databases:
            text = f"leads to {who}, which is not the primary; the inventory does not name it: it stays"
            yield Finding(
                severity="warning" if entry.name == "*" else "note", about=f"{pooler.name} {entry.name}", text=text
            )


def _wrong(pooler: Pooler, about: str, text: str, cure: str) -> Finding:
    return Finding(severity="wrong", about=about, text=text, cure=cure, system=pooler.name)

"""What is typed without the program: dig to ask; nsupdate to change, or the command of AWS."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from actions.by_hand import CommandLine
from actions.systems.dns.route53.by_hand import hosted_lines
from actions.systems.dns.sets import RecordSet
from actions.systems.dns.settings import DnsSettings, NameServer, whole


def ask_lines(settings: DnsSettings, sets: Iterable[RecordSet]) -> Iterator[CommandLine]:
    """Yield what asks for the records that are there now."""
    what = "note what is there now: nothing else has it once it is replaced"
    for name, kind in dict.fromkeys(one.key for one in sets):
        yield CommandLine(argv=dig(settings.first_server, name, kind), what=what)
        what = ""


def update_lines(settings: DnsSettings, sets: Iterable[RecordSet]) -> Iterator[CommandLine]:
    """Yield what replaces record sets in one update, if what was noted still is there."""
    sets = list(sets)
    if settings.route53:
        yield from hosted_lines(settings.route53, sets)
        return
    server = settings.first_server
    lines = [f"server {server.address} {server.port}", f"zone {whole(settings.zone)}"]
    lines += [f"prereq yxrrset {one.name} {one.kind} OLD_VALUE" for one in sets]
    lines += [f"update delete {one.name} {one.kind}" for one in sets]
    lines += [f"update add {one.name} {one.ttl} {one.kind} {value}" for one in sets for value in one.values]
    script = "\n".join([*lines, "send", "answer"])
    yield CommandLine(
        argv=["sh", "-c", f"printf '%s\\n' {shlex.quote(script)} | nsupdate -k KEY_FILE"],
        what="with what was noted for OLD_VALUE (nxrrset alone, where there was none); tsig-keygen wrote KEY_FILE",
    )


def put_back_lines(settings: DnsSettings, sets: Iterable[RecordSet], record: str) -> Iterator[CommandLine]:
    """Yield what puts records back, where they still are what was changed.

    Args:
        settings: the zone.
        sets: what the records are to be, as the inventory has it.
        record: the incident's file with what they were.
    """
    what = "`old`: values and TTLs of before the change. The commands below have the inventory's: put these in."
    yield CommandLine(argv=["cat", record], what=what)
    sets = list(sets)
    yield from ask_lines(settings, sets)
    yield from update_lines(settings, sets)


def dig(server: NameServer, name: str, kind: str) -> list[str]:
    """Return what asks one server."""
    return ["dig", f"@{server.address}", "-p", str(server.port), "+noall", "+answer", "+comments", name, kind]

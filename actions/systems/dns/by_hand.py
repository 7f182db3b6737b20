"""What is typed without the program: dig to ask; nsupdate to change, or the command of AWS."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from actions.by_hand import CommandLine
from actions.systems.dns.route53.by_hand import hosted_lines
from actions.systems.dns.sets import RecordSet, wanted_sets
from actions.systems.dns.settings import DnsSettings, Key, NameServer, Record, whole

_KEY_FILE = "KEY_FILE"
_ANOTHER = "refused whole where a prereq is not so: put in what was noted (a line a value; nxrrset where there is none)"


def other_site(settings: DnsSettings, record: Record) -> str:
    """Return the site that a record led to before, as the inventory has it: the first that is not the new one."""
    return next((name for name in record.sites if name != settings.moves_to), settings.moves_to)


def sets_at(settings: DnsSettings, records: Iterable[Record], *, moved: bool) -> list[RecordSet]:
    """Return what the inventory has of some records: once they were moved, or before."""
    return [
        one
        for record in records
        for one in wanted_sets(record, settings.moves_to if moved else other_site(settings, record))
    ]


def ask_lines(settings: DnsSettings, sets: Iterable[RecordSet]) -> Iterator[CommandLine]:
    """Yield what asks for the records that are there now."""
    what = "note what is there now: nothing else has it once it is replaced"
    for name, kind in dict.fromkeys(one.key for one in sets):
        yield CommandLine(argv=dig(settings.first_server, name, kind), what=what)
        what = ""


def replace_lines(
    settings: DnsSettings, old: Sequence[RecordSet], new: Sequence[RecordSet], *, ttl_known: bool
) -> Iterator[CommandLine]:
    """Yield what replaces record sets in one update, where they still are what is to be replaced.

    Args:
        settings: the zone.
        old: what is there, as the inventory has it.
        new: what is to be there.
        ttl_known: what is there has the inventory's TTLs.
    """
    if settings.route53:
        yield from hosted_lines(settings.route53, old, new, ttl_known=ttl_known)
        return
    if settings.key:
        yield _key_line(settings.key)
    server = settings.first_server
    lines = [f"server {server.address} {server.port}", f"zone {whole(settings.zone)}"]
    lines += [line for one in old for line in _prerequisites(one)]
    lines += [f"update delete {one.name} {one.kind}" for one in new]
    lines += [f"update add {one.name} {one.ttl} {one.kind} {value}" for one in new for value in one.values]
    script = "\n".join([f"nsupdate -k {_KEY_FILE} <<\\END", *lines, "send", "answer", "END"])
    yield CommandLine(argv=["sh", "-c", script], what=_ANOTHER)


def _prerequisites(one: RecordSet) -> list[str]:
    """Return what must be so of a record set: each value, or that there is none."""
    there = [f"prereq yxrrset {one.name} {one.kind} {value}" for value in one.values]
    return there or [f"prereq nxrrset {one.name} {one.kind}"]


def _key_line(key: Key) -> CommandLine:
    """Return what writes the key as nsupdate reads it, from where the inventory has the secret."""
    said = key.secret
    secret = f"${said.env}" if said.env else f"$({shlex.join(said.command or ['cat', said.file])})"
    held = f'key "{key.name}" {{ algorithm {key.algorithm}; secret "{secret}"; }};'
    script = f"umask 077; cat >{_KEY_FILE} <<END\n{held}\nEND"
    return CommandLine(argv=["sh", "-c", script], what=f"{_KEY_FILE}: a file of your own; remove it afterwards")


def dig(server: NameServer, name: str, kind: str) -> list[str]:
    """Return what asks one server."""
    return ["dig", f"@{server.address}", "-p", str(server.port), "+noall", "+answer", "+comments", name, kind]

"""Rewinds a copy of an old primary's data to where the new primary's history left it, instead of copying the primary.

``pg_rewind`` overwrites in place, and what it leaves where it fails is no database. So a clone is rewound, which shares
its blocks with the old data until they are written to: that costs a second, and the old data stay as they were. Where
the file system cannot share blocks a clone is a copy as long as the primary's, and nothing is won.
"""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from actions.machine.machine import last_words
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.failover.divergence import Divergence
from actions.systems.postgres.failover.rebuild import staged
from actions.systems.postgres.fence_guard import guard_file, without_guard
from actions.systems.postgres.process import control
from actions.systems.postgres.restore_command import fetch_words, in_configuration
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import Segment, format_lsn, parse_lsn, parse_segment
from journal.wording.durations import rough_duration
from journal.wording.sizes import size_words

SHARING = ("xfs", "btrfs", "zfs", "bcachefs")
"""File systems that may share blocks between two files, as ``stat -f`` calls them; cloning tells whether it does."""
CLONING = "always"
_HINTS = re.compile(r"^(?:wal_log_hints setting:\s+on|Data page checksum version:\s+[1-9])", re.MULTILINE)
_NEEDS = re.compile(r"need to copy (\d+) MB \(total source directory size is (\d+) MB\)")
_COMMON = re.compile(r"rewinding from last common checkpoint at (\S+) on timeline (\d+)")
_REDO = re.compile(r"redo ([0-9A-F]+/[0-9A-F]+)")
_LINKS = 'find "$1" -type l -print -quit; findmnt -rno TARGET 2>/dev/null | grep -F "$1/" | head -n 1; true'
_MAY = """
    SELECT string_agg(name, ', ') FROM unnest(ARRAY['pg_ls_dir(text,boolean,boolean)', 'pg_stat_file(text,boolean)',
        'pg_read_binary_file(text)', 'pg_read_binary_file(text,bigint,bigint,boolean)']) name
    WHERE NOT has_function_privilege('pg_catalog.' || name, 'EXECUTE')
"""
_FILE = "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind = 'r' ORDER BY relpages DESC LIMIT 1"
_RATE = """
begin=$(date +%s%N)
got=$("$@" | wc -c)
echo "$got $(( $(date +%s%N) - begin ))"
"""
_SAMPLE, _LEAST = 32 * 1024 * 1024, 1024 * 1024
_READ = "COPY (SELECT pg_read_binary_file('{}', 0, {}, true)) TO STDOUT (FORMAT binary)"
_OLDEST = "SELECT min(substr(name, 9)) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'"
_CLONE = """
set -e
rm -rf -- "$2"
cp -a --reflink="$3" -- "$1" "$2"
rm -f -- "$2/postmaster.pid" "$2/standby.signal" "$2/recovery.signal"
sync -f "$2"
"""
_CARRY = "[ -e {to} ] || cp -p --reflink=auto -- {here} {to} 2>/dev/null || {{ {fetch}; }}"
"""pg_rewind before 17 removes log that the primary has not, also what lies between the last common checkpoint and the
fork. The old data have it, or the archive: a checkpoint after the fork, as at a clean stop, lets it go here."""
_NO_LOG = re.compile(r"could not find previous WAL record|could not (?:open|read) .*pg_wal|could not find .* WAL")
_RECOVER = '"$@" template1 </dev/null'
_FETCHES = re.compile(r"^\s*restore_command\s*=?.*\n?", re.MULTILINE)
_FETCH = "--restore-target-wal"
_DRY_S = 900.0
MOST = 0.5
"""Of the primary: where more than that is to be fetched, a copy of it is as quick."""


class Rewinding(NamedTuple):
    """Whether a clone of the old data can be rewound.

    Attributes:
        why_not: what speaks against it; empty: it can be.
        fetched, whole: bytes that it fetches from the primary, and of the whole primary; 0: not known yet.
        rate: bytes a second that come from the primary; 0: not measured.
        carried: segments of the common log that only the old data have; pg_rewind would leave them out.
    """

    why_not: str = ""
    fetched: int = 0
    whole: int = 0
    rate: float = 0.0
    carried: tuple[str, ...] = ()

    def words(self, size: int) -> str:
        """Say what either way takes. ``size``: bytes of a copy of the primary."""
        copied = f"a copy is {size_words(size)}{self._time(size)}"
        if self.why_not:
            return f"pg_rewind is not used: {self.why_not}; {copied}"
        fetches = f"fetches {size_words(self.fetched)}{self._time(self.fetched)}"
        part = fetches if self.fetched else "makes its log whole first, and then tells what it fetches"
        return f"pg_rewind on a clone of its data {part}; {copied}, and is the way if that fails"

    def _time(self, size: int) -> str:
        return f" (at least {rough_duration(max(1.0, size / self.rate))})" if self.rate else " (time not known)"


def look(server: Server, primary: Server, conninfo: str, found: Divergence) -> Rewinding:
    """Look whether the old data can be rewound, and what that would fetch. Changes nothing."""
    way = f"{conninfo} dbname={primary.settings.database}"
    own = control(server)
    if own is None or found.lost or found.fork < 0:
        return Rewinding("nobody can tell where its history left the new primary's")
    if why := _no_rights(server, way):
        return Rewinding(_unsuited(server) or why)
    rate = _rate(server, primary, way)
    if why := _unsuited(server):
        return Rewinding(why, rate=rate)
    if not own.state.startswith("shut down"):
        return Rewinding(rate=rate)  # it is recovered as a clone first: what it fetches is told then
    return _estimate(server, server.data, primary, way, found.fork)._replace(rate=rate)


def rewind(server: Server, primary: Server, conninfo: str, fork: int) -> str:
    """Clone the old data, and rewind the clone. Call it only where ``effect`` said True.

    Args:
        server: whose data these are; it is down.
        primary: whose history they are to have.
        conninfo: how it reaches the primary.
        fork: where the primary's history left theirs, in bytes.

    Returns:
        why it came to nothing; empty: the clone is as the primary was, from its log on. The old data are as they were.
    """
    place, way = staged(server), f"{conninfo} dbname={primary.settings.database}"
    done = server.run("clone", ["sh", "-c", _CLONE, "sh", server.data, place, CLONING])
    if done.code != 0:
        return f"the data cannot be cloned ({last_words(done)})"
    get = fetch_words(server.settings.backups, {0: []})
    own = _FETCHES.sub("", without_guard(server.read(guard_file(server)) or ""))
    server.write(f"{place}/postgresql.auto.conf", f"{own}restore_command = '{in_configuration(get)}'\n")
    if why := _recover(server, place):
        return why
    with connect_verified(primary, deadline_s=300) as session:
        session.execute("CHECKPOINT")  # until then its control file may name the timeline of before its promotion
    seen = _estimate(server, place, primary, way, fork, fetch=True)
    if seen.why_not or not seen.whole:
        return seen.why_not or "pg_rewind finds nothing to rewind"
    argv = [server.program("pg_rewind"), "-D", place, f"--source-server={way}", "--progress", _FETCH]
    done = server.run("rewind", argv)
    if done.code != 0:
        return f"pg_rewind failed ({last_words(done)})"
    return next((why for name in seen.carried if (why := _carry(server, place, name, get))), "")


def _carry(server: Server, place: str, name: str, get: str) -> str:
    """See that the clone has a segment of the common log; return why not."""
    here, to = (f"{data}/pg_wal/{name}" for data in (server.data, place))
    fetch = get.replace("%f", name).replace('"%p"', shlex.quote(to)).replace("%%", "%")
    script = _CARRY.format(to=shlex.quote(to), here=shlex.quote(here), fetch=fetch)
    done = server.run(f"carry-{name}", ["sh", "-c", script])
    return f"log before the fork ({name}) is nowhere ({last_words(done)})" if done.code != 0 else ""


def _unsuited(server: Server) -> str:
    """Return why these data cannot be cloned and rewound, by what lies there."""
    kind = server.query(["stat", "-f", "-c", "%T", server.data]).out.strip()
    if kind not in SHARING:
        return f"its file system ({kind or 'not known'}) shares no blocks, so that a clone takes as long as a copy"
    if other := server.query(["sh", "-c", _LINKS, "sh", server.data]).out.split("\n")[0]:
        return f"its data lie in several places ({other}), and a clone would lead to the same"
    if not _HINTS.search(server.query([server.program("pg_controldata"), "-D", server.data]).out):
        return "it has neither data checksums nor wal_log_hints: changed pages would be missed"
    return ""


def _no_rights(server: Server, way: str) -> str:
    argv = [server.program("psql"), "-XAtqw", "-d", way, "-c", _MAY]
    done = server.query(argv, env={"PGCONNECT_TIMEOUT": "10"})
    if done.code != 0:
        return f"its replication role may not ask there ({last_words(done)})"
    if missing := done.out.strip():
        return f"its replication role may not read the primary's files (GRANT EXECUTE ON FUNCTION {missing})"
    return ""


def _estimate(server: Server, data: str, primary: Server, way: str, fork: int, *, fetch: bool = False) -> Rewinding:
    """Have pg_rewind tell what it would do; whether there is all the log that the result has to replay.

    ``fetch``: log that is not there any more may be fetched from the archive, which writes it there.
    """
    argv = [server.program("pg_rewind"), "-D", data, f"--source-server={way}", "--dry-run", "--progress"]
    done = server.query([*argv, *([_FETCH] if fetch else [])], timeout_s=_DRY_S)
    said = f"{done.out}\n{done.err}"
    size, common = _NEEDS.search(said), _COMMON.search(said)
    if "no rewind required" in said:
        return Rewinding()  # the primary has made no checkpoint since its promotion: what it fetches is told after one
    if done.code != 0 and not fetch and _NO_LOG.search(said):
        return Rewinding()
    if done.code != 0 or not size or not common:
        return Rewinding(f"it would fail: {last_words(done)}")
    fetched, whole = (int(number) << 20 for number in size.groups())
    if fetched > whole * MOST:
        return Rewinding(f"{size_words(fetched)} of {size_words(whole)} differ", fetched, whole)
    return _log(server, data, primary, common[1], int(common[2]), fork)._replace(fetched=fetched, whole=whole)


def _log(server: Server, data: str, primary: Server, at: str, timeline: int, fork: int) -> Rewinding:
    """Return which log the result has to replay: up to the fork its own, from there on what the primary still has."""
    argv = [server.program("pg_waldump"), "-p", f"{data}/pg_wal", "-t", str(timeline), "-s", at, "-n", "1"]
    begin, own = _REDO.search(server.query(argv).out), control(server, data)
    if not begin or not own or own.timeline != timeline:
        return Rewinding(f"where its replay would begin is not known (checkpoint {at} of timeline {timeline})")
    first, last = parse_lsn(begin[1]) // own.segment_bytes, fork // own.segment_bytes
    with connect_verified(primary, deadline_s=30) as session:
        row = session.execute(_OLDEST).fetchone()
    oldest = parse_segment(f"00000001{row[0]}", own.segment_bytes).number if row and row[0] else last + 1
    if oldest > last:
        return Rewinding(f"{primary.name} has no log any more from {format_lsn(fork)} on")
    return Rewinding(carried=tuple(Segment(timeline, one).name(own.segment_bytes) for one in range(first, last)))


def _recover(server: Server, place: str) -> str:
    """Have the clone replay its own log to its end, on its own and for nobody, where it was not shut down.

    With no configuration but this: its own may name the directory of the old data.
    """
    own = control(server, place)
    if own is None or own.state.startswith("shut down"):
        return "" if own else "the clone has no control file"
    settings = {
        "config_file": "/dev/null",
        "data_directory": place,
        "wal_log_hints": "on",
        "max_prepared_transactions": str(own.prepared),
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    argv = [server.program("postgres"), "--single", "-D", place, *options]
    done = server.run("recover", ["sh", "-c", _RECOVER, "sh", *argv])
    after = control(server, place)
    if done.code == 0 and after and after.state.startswith("shut down"):
        return ""
    return f"the clone cannot replay its own log ({last_words(done)})"


def _rate(server: Server, primary: Server, way: str) -> float:
    """Return how many bytes a second come from the primary, by reading some of its largest file; 0: not known."""
    try:
        with connect_verified(primary, deadline_s=30) as session:
            row = session.execute(_FILE).fetchone()
    except CannotConnect:
        return 0.0
    sample = _READ.format(row[0] if row else "", _SAMPLE)
    argv = ["sh", "-c", _RATE, "sh", server.program("psql"), "-XAtqw", "-d", way, "-c", sample]
    got, _, took = server.query(argv, timeout_s=60, env={"PGCONNECT_TIMEOUT": "10"}).out.strip().partition(" ")
    return int(got) * 1e9 / int(took) if got.isdigit() and took.isdigit() and int(got) > _LEAST else 0.0

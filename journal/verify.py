#!/usr/bin/env python3
"""Check that a journal was not altered: ``python3 -I verify.py FILE [FILE2 …] [--head HEAD] [--signers FILE]``.

This file needs Python 3.9 with SQLite 3.37 or newer and nothing else, on any machine. It only reads.
It computes the hash of every event again (see ``row_hash``), follows the chain from each to the next, and compares
what runs printed with the digests in their closing events. A journal whose disk failed continues in further files, its
segments: name all of them, in any order. What a segment holds after the beginning of the next was never acknowledged.
A chain cannot show that its own end was cut off, or that all of it was written anew; a witness can. Pass the head
that a notice, a report or a person has, whole or in its short form, as ``--head``.
With ``--each`` every file is a journal of its own: ``python3 -I verify.py --each journals/*.db``.

``--signers`` names a list of keys (``allowed_signers`` of ssh-keygen). A statement of a head (``FILE.signed-…``) with
its ``.sig`` beside it then shows that whoever has a key of that list vouched for all rows up to that head. It shows
nothing of rows after it, nor when it was signed: the time in a statement is its signer's word. A key that has expired,
or is in the list of revoked ones, counts for nothing, since whoever has it can sign with any time; ``--signed-at``
judges keys as of a time that is known from elsewhere. Needs ssh-keygen of OpenSSH 8.9 or newer.

Exit status: 0 nothing is wrong (and with ``--signers`` it is signed to its end), 1 something is, 2 this cannot be
checked (no journal, or wrongly asked), 3 nothing is wrong in it, and it is not signed to its end by such a signer.

Never import and call this in a process that has the journal open: it reads the file's first bytes, and closing
that drops SQLite's locks. ``journal.store.check`` runs it in a process of its own.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

APPLICATION_ID, FORMAT = 0x434C454F, 1
GENESIS = b"0" * 64
PAGE = 1_000
COLUMNS = ("seq", "at", "monotonic_ns", "boot_id", "actor", "host", "type", "step", "payload", "prev_hash", "hash")
CONTINUED = b"journal.continued"
REWOUND = b"exercise.rewound"
CLOSING = (b"action.finished", b"action.in_doubt")
SHORTEST_HEAD = 8
DIED = "its last program died while closing it: have that program open it once more"
TORN = "copy it, together with the -wal file beside it, into a folder that you may write to"
CLOSED = ".closing"  # a mark beside a file whose last program died as it closed it; the file holds all of its -wal
SIGNED, NAMESPACE = ".signed-", "cleo-journal-head"
STATEMENT = re.compile(r"cleo journal head 1\nincident [^\n]+\nrow (\d+)\nhead ([0-9a-f]{64})\nsigned ([^\n]+)\n")
KEYGEN_SECONDS, SMALL = 30.0, 1 << 16
NO_LOG = "it was copied without the -wal file beside it, or not closed in order"

WENT_BACK, SLACK_S = "the clock of the machine that wrote it went back", 2.0  # less than that is put right all the time

Row = tuple[Any, ...]
Closing = tuple[int, int, str, bool]


class Fault(NamedTuple):
    """Something that is not as it was written. ``row`` is an event's seq, or 0 for the whole file."""

    row: int
    what: str

    def __str__(self) -> str:
        """Return it as a line."""
        return f"row {self.row}: {self.what}" if self.row else self.what


class Signature(NamedTuple):
    """A statement of a head and its signature. ``good``: a signer made it, and the journal has that head at ``row``."""

    file: str
    good: bool
    row: int
    who: str
    words: str


class Signers(NamedTuple):
    """Who counts: a list of keys, one of revoked keys or None, and the time to judge them by (now, if empty)."""

    keys: Path
    revoked: Path | None = None
    at: str = ""


class Verdict(NamedTuple):
    """The result of a check. ``seq`` and ``head`` are the last event's; ``notes`` are for information, not faults.

    ``signatures`` are those that were checked; ``signed`` is the last row that a good one covers, or 0.
    """

    ok: bool
    seq: int
    head: str
    faults: list[Fault]
    notes: list[str]
    signatures: Sequence[Signature] = ()
    signed: int = 0


class CannotCheckError(Exception):
    """The file cannot be checked."""


def verify(path: Path, head: str | None = None, more: Sequence[Path] = (), signers: Signers | None = None) -> Verdict:
    """Check a journal.

    Args:
        path: one segment of the journal. This process must not have it open.
        head: the head's hash as a witness has it, whole or in its short form; None where there is no witness.
        more: the other segments, in any order.
        signers: check the signatures beside the files against these; None: do not look at any.

    Raises:
        CannotCheckError: a file is not there, is no journal or has a newer format, or the head is no hash.
    """
    statements = _statements([path, *more]) if signers else {}
    check = _Check(head_digits(head) if head is not None else None, {row for row, _, _ in statements.values()})
    torn = {file for file in (path, *more) if _is_wal_without_its_log(file)}
    last = path
    try:
        conn, last = _open_all([path, *more], torn)
        with closing(conn):
            check.run(conn)
    except sqlite3.DatabaseError as error:
        check.fault(0, f"SQLite cannot read the file: {error}")
    check.judge_end(last, last in torn)
    found = tuple(_signature(file, said, signers, check) for file, said in statements.items()) if signers else ()
    signed = max((one.row for one in found if one.good), default=0)
    head_now = check.head.decode("ascii", "replace")
    return Verdict(not check.faults, check.seq, head_now, check.faults, check.notes, found, signed)


def _statements(files: Sequence[Path]) -> dict[Path, tuple[int, str, str]]:
    """Return what each statement beside the files says: row, head, and when it was signed; row 0 where it is none."""
    found = {}
    for path in files:
        try:
            beside = [one for one in path.absolute().parent.iterdir() if one.name.startswith(path.name + SIGNED)]
        except OSError as error:
            raise CannotCheckError(f"what lies beside {path} cannot be listed: {error.strerror}") from error
        for file in sorted(beside):
            if not file.name.endswith(".sig"):
                said = STATEMENT.fullmatch(_small(file).decode("utf-8", "replace"))
                found[file] = (int(said[1]), said[2], said[3]) if said else (0, "", "")
    return found


def _small(file: Path) -> bytes:
    """Return what a small file holds; nothing of what is large, no file (a pipe would be waited for) or unreadable."""
    try:
        return file.read_bytes() if file.is_file() and file.stat().st_size < SMALL else b""
    except OSError:
        return b""


def _signature(file: Path, said: tuple[int, str, str], signers: Signers, check: _Check) -> Signature:
    """Check one statement: who signed it, and whether this journal has that head at that row."""
    row, head, at = said
    if not row:
        return Signature(file.name, False, 0, "", "it is no statement of a journal's head")
    who, words = _signer(file, signers)
    good = bool(who) and check.heads.get(row) == head.encode()
    if who and not good:
        check.fault(
            row, f"{who} signed another head of this row: the journal was cut off or written anew ({file.name})"
        )
    words = f"{words}; signed {at} by their own clock" if who else words
    return Signature(file.name, good, row, who, words)


def _signer(file: Path, signers: Signers) -> tuple[str, str]:
    """Return who of the signers signed a file, or nothing, and in words what was found."""
    sig = file.with_name(file.name + ".sig")
    try:
        key, namespace = signed_with(_small(sig))
    except ValueError as error:
        return "", f"there is no signature beside it that can be read: {error}"
    name = f"key SHA256:{base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip('=')}"
    if namespace != NAMESPACE:
        return (
            "",
            f"{name} signed it for another purpose ({namespace!r}, not {NAMESPACE!r}): that says nothing of a journal",
        )
    signature = ["-s", str(sig.absolute())]
    common = ["-n", NAMESPACE, *signature]
    if _keygen(file, "check-novalidate", *common)[0]:
        return "", f"the signature by {name} is not of this statement: one of the two was altered"
    listed = ["-f", str(signers.keys.absolute()), *([f"-Overify-time={signers.at}"] if signers.at else [])]
    revoked = ["-r", str(signers.revoked.absolute())] if signers.revoked else []
    status, names, why = _keygen(file, "find-principals", *signature, *listed)
    for who in [] if status else _principals(names):
        status, _, why = _keygen(file, "verify", *common, *listed, "-I", who, *revoked)
        if not status:
            return who, f"signed by {who}, {name}"
        if revoked and not _keygen(file, "verify", *common, *listed, "-I", who)[0]:
            because = f": {why}" if why else ": nothing that it signed counts, whenever that was"
            return "", f"{name} of {who} is out by the list of revoked keys{because}"
    if base64.b64encode(key).decode() in signers.keys.read_text("utf-8", "replace"):
        return "", f"{name} is in the list of signers, and does not count: {why or 'it is not allowed to sign this'}"
    return "", f"it was signed by {name}, which is not in the list of signers"


def _principals(found: str) -> Iterator[str]:
    """Yield those whose key it is, as ssh-keygen found them: a line of the list each, which may name several."""
    for line in found.splitlines():
        yield from dict.fromkeys([line, *line.split(",")])


def signed_with(armoured: bytes) -> tuple[bytes, str]:
    """Return the public key and the namespace of a signature of ssh-keygen (PROTOCOL.sshsig).

    Raises:
        ValueError: it is no such signature.
    """
    lines = armoured.decode("ascii", "replace").split()
    blob = base64.b64decode("".join(lines[3:-3]), validate=True) if len(lines) > 6 else b""
    if not blob.startswith(b"SSHSIG\0\0\0\1"):
        raise ValueError("it is no signature of ssh-keygen")
    fields, at = [], 10
    for _ in range(2):
        size = int.from_bytes(blob[at : at + 4], "big")
        fields.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    return fields[0], fields[1].decode("utf-8", "replace")


def _keygen(file: Path, what: str, *words: str) -> tuple[int, str, str]:
    """Let ssh-keygen look at a file's signature; return its exit status, what it printed, and its last complaint."""
    try:
        with file.open("rb") as signed:
            command = ["ssh-keygen", "-Y", what, *words]
            done = subprocess.run(command, stdin=signed, capture_output=True, timeout=KEYGEN_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 255, "", f"ssh-keygen could not look at it: {error}"
    complaints = [
        line for line in done.stderr.decode(errors="replace").splitlines() if "No principal matched" not in line
    ]
    return done.returncode, done.stdout.decode(errors="replace"), complaints[-1] if complaints else ""


def row_hash(columns: Row) -> str:
    """Return the SHA-256 over an event's columns in the order of the table, all but its own ``hash``.

    An integer is written as ``i<decimal>;``, a text as ``t<length in bytes>:<UTF-8 bytes>``.
    """
    return hashlib.sha256(b"".join(map(_column_bytes, columns))).hexdigest()


def _column_bytes(column: Any) -> bytes:
    if isinstance(column, int):
        return b"i%d;" % column
    if isinstance(column, bytes):
        return b"t%d:%s" % (len(column), column)
    return b"?"  # NULL or a fraction: never written, and it matches no hash


def head_digits(head: str) -> bytes:
    """Return a head's digits, whole or of its short form.

    Raises:
        CannotCheckError: it has none.
    """
    digits = head.strip().lower().replace("-", "")
    if not SHORTEST_HEAD <= len(digits) <= len(GENESIS) or digits.strip("0123456789abcdef"):
        raise CannotCheckError(f"{head!r} is no head: it has 64 hexadecimal digits, or 8 in its short form (7f3a-09bc)")
    return digits.encode()


def _is_wal_without_its_log(path: Path) -> bool:
    for pause in (0, 0.05, 0.05, 0.05):  # a program that is just opening or closing it is soon done
        time.sleep(pause)
        try:
            if path.exists() and not path.is_file():  # a pipe would be waited for
                raise CannotCheckError(f"{path} is no file")
            with path.open("rb") as file:
                header = file.read(20)
        except OSError as error:
            raise CannotCheckError(f"{path} cannot be read: {error.strerror}") from error
        if not header.startswith(b"SQLite format 3\0"):
            raise CannotCheckError(f"{path} is not an SQLite file")
        if header[18:20] != b"\2\2" or any(path.with_name(path.name + end).exists() for end in ("-wal", CLOSED)):
            return False
    return True


def _open_all(files: list[Path], torn: set[Path]) -> tuple[sqlite3.Connection, Path]:
    """Return a connection whose views ``all_events`` and ``all_output`` hold all segments, and the last file."""
    begins = {}
    for file in files:
        with closing(_open(file, file in torn)) as conn:
            ((seq,),) = conn.execute("SELECT min(seq) FROM events").fetchall()
            begins[file] = seq if isinstance(seq, int) else 0
    files = sorted(begins, key=begins.__getitem__)
    conn = _open(files[0], files[0] in torn)
    events, output, schema = "", "", "main"
    for number, file in enumerate(files[1:], 2):
        conn.execute(f"ATTACH ? AS segment{number}", (_uri(file, file in torn),))
        limit = f"(SELECT lines FROM segment{number}.carried AS c WHERE c.run = o.run)"
        output += f"SELECT * FROM {schema}.output AS o WHERE n <= coalesce({limit}, 0) UNION ALL "
        events += f"SELECT * FROM {schema}.events WHERE seq < (SELECT min(seq) FROM segment{number}.events) UNION ALL "
        schema = f"segment{number}"
    conn.execute(f"CREATE TEMP VIEW all_output AS {output} SELECT * FROM {schema}.output")
    conn.execute(f"CREATE TEMP VIEW all_events AS {events} SELECT * FROM {schema}.events")
    return conn, files[-1]


def _uri(path: Path, torn: bool) -> str:
    # With immutable, SQLite makes no -wal and -shm beside a copy that lacks them; nobody has that open.
    return f"{path.absolute().as_uri()}?{'immutable=1' if torn else 'mode=ro'}"


def _open(path: Path, torn: bool) -> sqlite3.Connection:
    conn = sqlite3.connect(_uri(path, torn), uri=True, timeout=10.0)
    conn.text_factory = bytes
    try:
        (application,) = conn.execute("PRAGMA application_id").fetchone()
        (version,) = conn.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            raise CannotCheckError(f"{path} is not a journal")
        if version > FORMAT:
            raise CannotCheckError(f"{path} has format {version}, this checker knows {FORMAT}: take a newer one")
    except (sqlite3.Error, CannotCheckError) as error:
        conn.close()
        if not isinstance(error, sqlite3.OperationalError):
            raise
        hint = DIED if path.with_name(path.name + "-journal").exists() else TORN
        raise CannotCheckError(f"{path} cannot be opened: {error}; {hint}") from error
    return conn


class _Check:
    """One pass over one journal."""

    def __init__(self, wanted: bytes | None, rows: set[int]) -> None:
        self.seq, self.head = 0, GENESIS
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self.heads: dict[int, bytes] = {}
        self._wanted = wanted
        self._witnessed_at = 0
        self._rows = rows
        self._closings: dict[int, list[Closing]] = {}
        self._at = b""
        self._went_back: list[tuple[int, float]] = []

    def fault(self, row: int, what: str) -> None:
        """Add a fault."""
        self.faults.append(Fault(row, what))

    def run(self, conn: sqlite3.Connection) -> None:
        """Check all events and all output."""
        for (line,) in conn.execute("PRAGMA integrity_check(10)").fetchall():
            if line != b"ok":
                self.fault(0, f"SQLite's integrity check: {line.decode(errors='replace')}")
        for row in _pages(conn, f"SELECT {', '.join(COLUMNS)} FROM all_events WHERE seq > ? ORDER BY seq LIMIT {PAGE}"):
            self._check_event(row)
        for run, closings in self._closings.items():
            self._check_output(conn, run, closings)

    def _check_event(self, row: Row) -> None:
        seq = row[0]
        if not isinstance(seq, int):
            self.fault(0, f"a row is numbered {seq!r}: the tables are not those that were made")
            return
        if seq > self.seq + 1 and row[6] == CONTINUED:
            what = "are in a file that was not given, or whose end was cut off; it is known of the files:"
            self.fault(seq, f"rows {self.seq + 1} to {seq - 1} {what} {row[8].decode(errors='replace')}")
            self.head = row[-2]
        elif seq != self.seq + 1:
            gap = f"row {seq - 1} is" if seq == self.seq + 2 else f"rows {self.seq + 1} to {seq - 1} are"
            self.fault(seq, f"{gap} missing before it")
        if row[-2] != self.head:
            self.fault(seq, "it does not follow the row before it: one of the two was altered, removed or moved")
        if row_hash(row[:-1]).encode() != row[-1]:
            self.fault(seq, "it does not match its own hash: it was altered")
        self._note_time(seq, row[1])
        if row[6] == REWOUND:  # a tabletop's own clock goes back with its story
            self._at = b""
        self.seq, self.head = seq, row[-1] if isinstance(row[-1], bytes) else b""
        if self._wanted and self.head.startswith(self._wanted):
            self._witnessed_at = seq
        if seq in self._rows:
            self.heads[seq] = self.head
        if row[6] in CLOSING:
            self._note_closing(seq, row)

    def _note_time(self, seq: int, at: bytes) -> None:
        """Note where a row has an earlier time than the one before it: then times tell less than the order does."""
        if at < self._at:
            try:
                before, after = (datetime.fromisoformat(one.decode().replace("Z", "+00:00")) for one in (self._at, at))
                back_s = (before - after).total_seconds()
            except (ValueError, TypeError, AttributeError):
                back_s = 0.0
            if back_s > SLACK_S:
                self._went_back.append((seq, back_s))
        self._at = at

    def _note_closing(self, seq: int, row: Row) -> None:
        try:
            payload = json.loads(row[8])
            promise = (seq, payload.get("output_lines", 0), payload.get("output_sha256", ""), row[6] == CLOSING[0])
            self._closings.setdefault(payload["run"], []).append(promise)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.fault(seq, f"its payload cannot be read: {error}")

    def _check_output(self, conn: sqlite3.Connection, run: int, closings: list[Closing]) -> None:
        there, digests = _digests(conn, run, {lines for _, lines, _, _ in closings})
        for seq, lines, sha256, finished in closings:
            if lines not in digests:
                self.fault(seq, f"run {run} printed {lines} lines, and {there} are there")
            elif digests[lines] != sha256 and (lines or sha256):
                self.fault(seq, f"what run {run} printed does not match the digest here: it was altered")
            elif finished and there > lines:
                self.fault(seq, f"run {run} printed {lines} lines, and {there} are there: some were added")

    def judge_end(self, last: Path, torn: bool) -> None:
        """Compare the end with the witness, and add the faults that only the end of the last file shows."""
        if not self.seq and not self.faults:
            self.fault(0, "there is no event in it")
        if self._went_back:
            row, most = self._went_back[0][0], max(back_s for _, back_s in self._went_back)
            times = f"{len(self._went_back)} time{'s' * (len(self._went_back) > 1)}, by {most:.0f} s at most"
            self.notes.append(
                f"{WENT_BACK} {times}, first at row {row}: the order of the rows holds, their times may not"
            )
        if (marker := last.with_name(last.name + ".next")).is_symlink():
            self.fault(0, f"the journal goes on in {marker.resolve()}: give that file as well")
        if torn and not (self._witnessed_at and self._witnessed_at == self.seq):
            self.fault(0, f"its end may be missing: {NO_LOG}")
        if self._wanted and not self._witnessed_at:
            self.fault(0, "the head given is nowhere in it: its end was cut off, or it was written anew")
        elif self._wanted and self._witnessed_at < self.seq:
            self.notes.append(f"the head given is that of row {self._witnessed_at}; later rows have no witness")


def _pages(conn: sqlite3.Connection, sql: str, *values: Any) -> Iterator[Row]:
    """Yield rows page by page, so that no read transaction stays open while others write."""
    last = -(2**63)
    while rows := conn.execute(sql, (*values, last)).fetchall():
        yield from rows
        last = rows[-1][0]


def _digests(conn: sqlite3.Connection, run: int, counts: set[int]) -> tuple[int, dict[int, str]]:
    """Return how many lines a run printed, and by number of lines the digest after each of ``counts``."""
    digest, seen = hashlib.sha256(), 0
    found = {0: digest.hexdigest()}
    sql = f"SELECT n, at, stream, text FROM all_output WHERE run = ? AND n > ? ORDER BY n LIMIT {PAGE // 20}"
    for row in _pages(conn, sql, run):
        digest.update(b"".join(map(_column_bytes, row)))
        seen += _column_bytes(row[3]).count(b"\n") + 1
        if seen in counts:
            found[seen] = digest.hexdigest()
    return seen, found


def lines_of(path: Path, verdict: Verdict, *, asked_signers: bool) -> Iterator[str]:
    """Yield what was found as people read it, a line each, the verdict last; texts are as the files have them."""
    yield f"{path}: {verdict.seq} events, head {verdict.head} ({verdict.head[:4]}-{verdict.head[4:8]})"
    yield from (f"  {fault}" for fault in verdict.faults)
    yield from (f"  note: {note}" for note in verdict.notes)
    for one in verdict.signatures:
        yield f"  {f'row {one.row}' if one.good else 'NOT GOOD'}: {one.words} ({one.file})"
    yield _end_of(verdict, asked_signers)


def _end_of(verdict: Verdict, asked_signers: bool) -> str:
    """Return the verdict in a line. What is not signed is never called right where signatures were asked for."""
    if not verdict.ok:
        return f"WRONG: {len(verdict.faults)} found."
    if not asked_signers:
        return "Nothing is wrong."
    if verdict.signed == verdict.seq:
        return "Nothing is wrong, and it is signed to its end."
    if not verdict.signed:
        return (
            "NOT SIGNED by any of these signers. Nothing is wrong in the chain, which alone proves nothing of its end."
        )
    return f"NOT SIGNED after row {verdict.signed}, up to row {verdict.seq}. Nothing is wrong in the chain."


def status_of(verdict: Verdict, *, asked_signers: bool) -> int:
    """Return the exit status."""
    if not verdict.ok:
        return 1
    return 3 if asked_signers and verdict.signed < verdict.seq else 0


def _shown(line: str) -> str:
    """Return a line that does nothing to a terminal: whoever forged a journal chose words of it."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


def main() -> int:
    """Check the journal named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Check that a journal is what was written.")
    parser.add_argument("file", type=Path, help="the journal, or an export of it")
    parser.add_argument("more", type=Path, nargs="*", help="the other files of the same journal")
    parser.add_argument("--head", help="the head that a witness holds: 64 hexadecimal digits, or 8 of them (7f3a-09bc)")
    parser.add_argument("--signers", type=Path, help="keys that may sign a journal's head (allowed_signers)")
    parser.add_argument("--revoked", type=Path, help="keys that count for nothing any more")
    parser.add_argument("--signed-at", default="", help="judge keys as of this time: YYYYMMDDHHMMSSZ; default: now")
    parser.add_argument("--each", action="store_true", help="every file is a journal of its own")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON, one line a journal")
    asked = parser.parse_args()
    if not asked.each:
        return _judge(asked.file, asked.more, asked)
    if asked.head is not None:
        parser.error("a head is of one journal: leave out --each")
    return max(_judge(file, (), asked) for file in (asked.file, *asked.more))


def _judge(file: Path, more: Sequence[Path], asked: argparse.Namespace) -> int:
    """Check one journal and print what was found; return the exit status."""
    try:
        signers = Signers(asked.signers, asked.revoked, asked.signed_at) if asked.signers else None
        for path in (asked.signers, asked.revoked):
            if path and not path.is_file():
                raise CannotCheckError(f"{path} is not there: a list of keys is needed to check signatures")
        verdict = verify(file, asked.head, more, signers)
    except (CannotCheckError, OSError) as error:
        if asked.json and asked.each:
            print(json.dumps({"error": str(error)}))
        else:
            print(f"verify: {error}", file=sys.stderr)
        return 2
    lines = map(_shown, lines_of(file, verdict, asked_signers=bool(asked.signers)))
    print(json.dumps(verdict._asdict()) if asked.json else "\n".join(lines))
    return status_of(verdict, asked_signers=bool(asked.signers))


if __name__ == "__main__":
    sys.exit(main())

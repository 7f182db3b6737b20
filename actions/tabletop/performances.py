"""What each simulated action says, how long it takes, and what it changes.

A performance is data: the lines are what a responder would see of the real action, ``seconds`` what it would
take (divided by the tabletop's speed), ``makes`` the state in which it leaves its system.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Performance:
    """One action's part.

    Attributes:
        lines: what it prints.
        summary: how it ends when it succeeds.
        seconds: how long it takes at speed 1.
        wants: the state its system must be in; in any other it fails, and says what it found.
        makes: the state its system is in afterwards; empty where it changes nothing.
        fails: how it ends when the system is not as it wants it.
    """

    lines: tuple[str, ...]
    summary: str
    seconds: float = 4.0
    wants: tuple[str, ...] = ()
    makes: str = ""
    fails: str = ""


PERFORMANCES: dict[str, Performance] = {
    "backups.hold": Performance(
        ("scheduled backups: held", "expiry: off"), "backups and expiry are held", 2, makes="held"
    ),
    "backups.release": Performance(("expiry: on", "scheduled backups: on"), "backups run again", 2, makes="released"),
    "backups.take": Performance(
        ("full backup 20261122-061500F", "new backup label: 20261122-061500F"), "a new full backup is taken", 20
    ),
    "backups.verify": Performance(
        (
            "stanza cleoai: status ok",
            "newest backup 20261122-020003F_20261122-023001I, 1.9 GB, no error",
            "archive 1 … 47: no gap",
        ),
        "newest backup is 12 min old, archive without a gap",
        6,
    ),
    "postgres.start": Performance(
        ("pg_ctl: starting", "waiting for server to start....", "LOG:  database system is ready to accept connections"),
        "PostgreSQL is up",
        6,
        wants=("recovered", "stopped"),
        makes="up",
        fails="PostgreSQL cannot start: its data directory is gone. Crash recovery is no cure; restore is next.",
    ),
    "postgres.stop": Performance(("pg_ctl: no server running",), "PostgreSQL is down already", 2),
    "postgres.stop_writers": Performance(
        ("ALTER ROLE cleo_app NOLOGIN", "0 sessions ended"), "writers are kept out", 2
    ),
    "postgres.allow_writers": Performance(
        ("ALTER ROLE cleo_app LOGIN",), "writers may write again", 2, wants=("up",), fails="PostgreSQL is not up."
    ),
    "postgres.restore": Performance(
        (
            "P00   INFO: restore command begin 2.45",
            "P00   INFO: repo1: restore backup set 20261122-020003F_20261122-023001I",
            "P01 DETAIL: restore file base/16384/16402 (1GB, 52.6%)",
            "P02 DETAIL: restore file base/16384/16407 (614MB, 84.1%)",
            "P01 DETAIL: restore file base/16384/16411 (301MB, 99.6%)",
            "P00   INFO: restore size = 1.9GB, file total = 1284",
        ),
        "restored 20261122-020003F_20261122-023001I, 1.9 GB",
        30,
        makes="restored",
    ),
    "postgres.apply_wal": Performance(
        (
            "starting archive recovery",
            "redo starts at 0/2F000028",
            "recovery stopping at 0/3A0001C8",
            "archive recovery complete",
        ),
        "recovered to the last archived record",
        15,
        wants=("restored",),
        makes="up",
        fails="There is no restored data directory to apply logs to. Restore first.",
    ),
    "postgres.verify": Performance(
        ("pg_amcheck: 214 relations, no damage", "5 of 5 tables as in the manifest", "newest heartbeat found"),
        "no damage found, 40 s of data lost",
        10,
        wants=("up",),
        fails="PostgreSQL is not up.",
    ),
}

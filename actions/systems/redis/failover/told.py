"""What a promotion would give up or leave behind, told before it: nothing of it is damage, all of it surprises."""

from __future__ import annotations

from collections.abc import Iterator

from actions.failover.fence_record import FenceRecord
from actions.outcome import Finding
from actions.systems.redis.config_file import Wanted, wanted_of
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.failover.replicas import Reached, link_words
from actions.systems.redis.failover.standing import followers
from actions.systems.redis.logins import login_findings
from actions.systems.redis.measures import FULL
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError
from journal.wording.counting import count
from journal.wording.durations import rough_duration


def lag(master: Server, replica: Server, seen: Reached) -> list[Finding]:
    """Return what the replica lacks against what is known of its master, and say it.

    By position where the master was asked as it was fenced; by the heartbeat where not. Neither is a promise: what a
    master acknowledged and had not sent is nowhere else.
    """
    ctx = replica.ctx
    ctx.log(
        f"{replica.name} has {seen.keys:,} keys; it came to {seen.position:,} of {seen.history}; {link_words(seen)}."
    )
    record = FenceRecord.of(ctx.files, master.name)
    if record and record.position and record.history == seen.history:
        return _by_position(master, replica, record.position - seen.position)
    if record and record.position:
        ctx.log(
            f"{master.name} was at {record.position:,} of another history, {record.history}: not comparable.", "err"
        )
    return _by_heartbeat(master, replica, seen)


def _by_position(master: Server, replica: Server, behind: int) -> list[Finding]:
    if behind <= 0:
        replica.ctx.log(f"It has all that {master.name} had as it was fenced.")
        return []
    replica.ctx.log(f"It lacks at most {behind:,} bytes of what {master.name} had as it was fenced.")
    text = f"lacks at most {behind:,} bytes of what {master.name} took before it was fenced"
    return [_warning(replica.name, text, "They stay in the old master's files: keep them.")]


def _by_heartbeat(master: Server, replica: Server, seen: Reached) -> list[Finding]:
    newest = replica.ctx.incident.newest_known.get(master.name)
    if newest is None or seen.newest is None:
        text = f"how much it lacks is not known: nobody asked {master.name} how far it came"
        return [_warning(replica.name, text, "Compare with what the application knows.")]
    lost = max(0.0, (newest - seen.newest).total_seconds())
    replica.ctx.log(
        f"Its newest heartbeat: {seen.newest:%Y-%m-%d %H:%M:%S} UTC; the newest known of {master.name}: "
        f"{newest:%Y-%m-%d %H:%M:%S} UTC."
    )
    if lost < 1:
        return []
    text = f"lacks {rough_duration(lost)} of writes, up to the newest that was seen of {master.name}"
    return [_warning(replica.name, text, "They stay in the old master's files: keep them.")]


def surprises(master: Server, replica: Server, seen: Reached, *, fenced: bool = True) -> list[Finding]:
    """Return what will be missing or otherwise after the promotion; ``fenced``: its master is gone then."""
    return [
        *_wrong(master, replica),
        *_writable(replica, seen),
        *_persistence(replica, seen),
        *_memory(master, replica, seen),
        *_refusals(replica, seen),
        *_logins(replica),
        *_time(replica, seen),
        *(_others(master, replica) if fenced else []),
    ]


def _wrong(master: Server, replica: Server) -> Iterator[Finding]:
    if found := replica.ctx.incident.found_wrong.get(master.name):
        text = f"in {master.name} something is wrong: {found}; whether it was replicated is not known"
        yield _warning(replica.name, text, "Verify it after the promotion, before users come.")


def _writable(replica: Server, seen: Reached) -> Iterator[Finding]:
    if seen.config.get("replica-read-only", "yes") != "yes":
        text = "replica-read-only is off: somebody may have written to it, and no position tells"
        yield _warning(replica.name, text, "Compare its keys with what the application knows.")


def _persistence(replica: Server, seen: Reached) -> Iterator[Finding]:
    if seen.config.get("appendonly") != "yes" and not seen.config.get("save"):
        text = "it keeps nothing on disk: restarted as a master it comes up empty, and empties every replica of it"
        cure = "After the promotion: CONFIG SET appendonly yes, then CONFIG REWRITE."
        yield _warning(replica.name, text, cure)
    elif seen.config.get("appendonly") != "yes":
        text = f"append-only files are off: a crash loses all since its last save (save {seen.config.get('save')})"
        yield _warning(replica.name, text, "After the promotion: CONFIG SET appendonly yes, then CONFIG REWRITE.")


def _memory(master: Server, replica: Server, seen: Reached) -> Iterator[Finding]:
    """A replica goes beyond maxmemory as its master bids; as a master it evicts, or refuses writes, at once."""
    policy = seen.config.get("maxmemory-policy", "noeviction")
    used = int(seen.info.get("used_memory") or 0)
    if seen.maxmemory and used >= FULL * seen.maxmemory:
        then = "writes are refused" if policy == "noeviction" else "keys are evicted"
        text = f"{used / seen.maxmemory:.0%} of its maxmemory is used: once it is a master, {then}"
        yield _warning(replica.name, text, "Raise it first: CONFIG SET maxmemory.")
    wanted = _wanted(master)
    if wanted and (wanted.maxmemory, wanted.policy) != (seen.maxmemory, policy):
        text = (
            f"maxmemory is {seen.maxmemory:,} ({policy}) here, and {wanted.maxmemory:,} ({wanted.policy}) at "
            f"{master.name}"
        )
        yield _warning(replica.name, text, "Set them alike, if that is not meant.")


def _wanted(master: Server) -> Wanted | None:
    try:
        return wanted_of(read_configuration(master))
    except CleoError as error:
        master.ctx.log(f"{master.name}'s settings are not compared: {error.message}", "err")
        return None


def _refusals(replica: Server, seen: Reached) -> Iterator[Finding]:
    """What a replica takes from its master, and a master refuses its clients."""
    if int(seen.config.get("min-replicas-to-write") or 0):
        text = f"min-replicas-to-write is {seen.config['min-replicas-to-write']}: without replicas it refuses writes"
        yield Finding(severity="note", about=replica.name, text=text, cure="It is tried after the promotion.")
    if seen.info.get("rdb_last_bgsave_status") == "err" or seen.info.get("aof_last_write_status") == "err":
        text = "writing to its disk failed the last time: as a master it refuses writes for that"
        yield _warning(replica.name, text, "Free its disk first; then BGSAVE.")


def _logins(replica: Server) -> Iterator[Finding]:
    """Users (ACL) are not replicated."""
    with connect_verified(replica) as client:
        yield from login_findings(client, replica.settings)


def _time(replica: Server, seen: Reached) -> Iterator[Finding]:
    if seen.expiring:
        text = f"{count(seen.expiring, 'key has', 'keys have')} a time to live: those that are past it go at once"
        yield Finding(severity="note", about=replica.name, text=text, cure="A replica leaves that to its master.")


def _others(master: Server, replica: Server) -> Iterator[Finding]:
    if others := [one.name for one in followers(master) if one.name != replica.name]:
        text = f"{', '.join(others)} go on following {master.name}, which is fenced"
        where = f"{replica.settings.address} {replica.settings.port}"
        yield _warning(replica.name, text, f"At each, afterwards: REPLICAOF {where}, and in its configuration.")


def _warning(about: str, text: str, cure: str = "") -> Finding:
    return Finding(severity="warning", about=about, text=text, cure=cure)

"""``dns.verify``: every name server and resolver answers with the new records, and nobody changes them back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext, Progress
from actions.outcome import Cure, Finding, Outcome
from actions.systems.dns.by_hand import dig
from actions.systems.dns.delegation import ds_findings
from actions.systems.dns.looking import UNSTALE, Answers, Held
from actions.systems.dns.sets import RecordSet
from actions.systems.dns.settings import DnsSettings
from actions.systems.dns.zone import Zone, find_zone, identity
from journal.wording.durations import rough_duration

_PAUSE_S = (0.25, 5.0)
"""Seconds between two rounds: at first, and at most."""
_DOWN_S = 15.0
"""Seconds after which a server that gives no answer at all is down: nobody waits for it once all others agree."""
_VALIDATES = "SERVFAIL by a resolver, and an answer to the same with +cd: it refuses the zone's signatures."
_AGAIN = Cure(
    words="Find who changed it back (external-dns, Terraform, octoDNS, a person), stop that, then update again.",
    action="dns.update",
)


@dataclass
class Watch:
    """What was seen so far.

    Attributes:
        wanted: what all are to answer with.
        wait_s: seconds until all must agree.
        began: when it began (monotonic).
        seen: the latest answers.
        held: what the authority has.
        agreed: when all agreed first.
        moved: whether the authority has answered with what is wanted.
        told: what was logged last of each server.
        ds: what is wrong between the parent's DS and the zone's keys; None: nobody looked yet.
    """

    wanted: Sequence[RecordSet]
    wait_s: float
    began: float = field(default_factory=time.monotonic)
    seen: Sequence[Answers] = ()
    held: Held = field(default_factory=Held)
    agreed: float = 0.0
    moved: bool = False
    told: dict[str, str] = field(default_factory=dict)
    ds: Sequence[Finding] | None = None

    @property
    def took_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @property
    def agree(self) -> int:
        """How many answer with what is wanted."""
        return sum(one.agrees(self.wanted) for one in self.seen)

    @property
    def open(self) -> list[Answers]:
        """Those that answer with something else, with what is stale, or with an error."""
        return [one for one in self.seen if not one.down and not one.agrees(self.wanted)]

    @property
    def down(self) -> list[Answers]:
        """Those that give no answer."""
        return [one for one in self.seen if one.down]

    @property
    def settled(self) -> bool:
        """Whether all agree that answer, and what is down was waited for."""
        return (
            not self.open
            and len(self.down) < len(self.seen)
            and (not self.down or self.took_s >= min(_DOWN_S, self.wait_s))
        )


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    settings = known.settings(DnsSettings)
    return [
        CommandLine(argv=dig(server, record.name, kind), what=server.name)
        for record in settings.records
        for server in (*settings.servers, *settings.resolvers)
        for kind in record.types()
    ] + [CommandLine(what=_VALIDATES)] * bool(settings.resolvers)


@action(
    "dns.verify",
    script="dr_verify_dns.sh",
    target=identity,
    by_hand=_by_hand,
    params={
        "wait_s": "seconds until all must agree",
        "watch_s": "seconds for which they are watched afterwards: an automation may change them back",
    },
)
def verify(ctx: ActionContext, *, wait_s: float = 540.0, watch_s: float = 30.0) -> Outcome:
    """Verify that every name server and resolver answers with the new records.

    All are asked at once, again and again, until they agree or the time is over; then they are watched.

    Needs: name servers and resolvers that can be asked from here.
    """
    zone = find_zone(ctx)
    watch = Watch(_wanted(zone), wait_s)
    watch.moved = bool(zone.moved and zone.moved.state != "begun")
    pause = _PAUSE_S[0]
    while True:
        _round(zone, watch)
        if back := _changed_back(watch, zone.authority.name):
            return _outcome(watch, back)
        watch.agreed = (watch.agreed or time.monotonic()) if watch.settled else 0.0
        if watch.agreed and time.monotonic() - watch.agreed >= watch_s:
            return _agreed(zone, watch, watch_s)
        if not watch.agreed and watch.took_s >= wait_s:
            return _not_agreed(zone, watch, wait_s)
        _wait(ctx, pause)
        pause = min(pause * 2, _PAUSE_S[1])


def _wanted(zone: Zone) -> list[RecordSet]:
    """Return what this incident last changed the records to; else what leads to the other site."""
    moved = zone.moved
    if moved and moved.state != "begun":
        return moved.new if moved.state == "made" else moved.old
    return zone.wanted(zone.settings.records, zone.settings.moves_to)


def _round(zone: Zone, watch: Watch) -> None:
    """Ask everybody, and say what became another."""
    _look(zone, watch)
    for one in watch.seen:
        told = one.told(watch.wanted)
        if _kind_of(one, watch) != watch.told.get(one.server.name):
            zone.ctx.log(told, "out" if one.agrees(watch.wanted) else "err")
            watch.told[one.server.name] = _kind_of(one, watch)
    watch.held = zone.authority.held([one.key for one in watch.wanted], watch.seen)
    asked = len(watch.seen)
    zone.ctx.progress(Progress(fraction=watch.agree / asked, text=f"{watch.agree} of {asked} agree"))


def _look(zone: Zone, watch: Watch) -> None:
    """Ask everybody; in the first round, beside that, whether the parent's DS fits the zone's keys."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        ds = pool.submit(ds_findings, zone.settings, zone.settings.servers) if watch.ds is None else None
        watch.seen = zone.look([one.key for one in watch.wanted])
        if ds:
            watch.ds = ds.result()
            for one in watch.ds:
                zone.ctx.log(str(one), "err")


def _kind_of(one: Answers, watch: Watch) -> str:
    """Return what makes an answer another one than before: not the TTL that runs down."""
    stale = " stale" * bool(one.stale)
    return one.words or "; ".join(f"{each}{stale}" for each in one.differing(watch.wanted)) or "agrees"


def _changed_back(watch: Watch, authority: str) -> Finding | None:
    """Return that the authority had the new records, and has others now."""
    if watch.held.why:
        return None
    if watch.held.has(watch.wanted):
        watch.moved = True
        return None
    if not watch.moved:
        return None
    text = f"changed back by somebody: {authority} has " + "; ".join(str(one) for one in watch.held.other(watch.wanted))
    return Finding(severity="wrong", about=watch.wanted[0].name, text=text, cure=_AGAIN.words)


def _wait(ctx: ActionContext, seconds: float) -> None:
    """Pause between two rounds; somebody may stop it meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        ctx.check_cancelled()
        time.sleep(min(left, 0.25))


def _outcome(watch: Watch, back: Finding) -> Outcome:
    return Outcome(
        ok=False,
        summary=f"{back}.",
        facts={"changed_back": True, "took_s": round(watch.took_s, 1)},
        findings=[back, *_findings(watch)],
        cures=[_AGAIN],
    )


def _agreed(zone: Zone, watch: Watch, watch_s: float) -> Outcome:
    """All agree; what is down is said, and makes it a look, not a proof. A DS that does not fit is looked at again."""
    watch.ds = zone.ds(watch.seen) if watch.ds else watch.ds
    bogus = [one for one in watch.ds or () if one.severity == "wrong"]
    but = "".join(f" But {one}." for one in bogus[:1])
    answering = len(watch.seen) - len(watch.down)
    down = ", ".join(one.server.name for one in watch.down)
    missing = f" {down} give{'s' if len(watch.down) == 1 else ''} no answer." if down else ""
    return Outcome(
        ok=not bogus,
        summary=f"{answering} of {len(watch.seen)} servers and resolvers answer with the new records, for "
        f"{rough_duration(watch_s)} now.{missing}{but}",
        facts={"agree": answering, "asked": len(watch.seen), "took_s": round(watch.took_s, 1)},
        findings=_findings(watch),
        partial=f"without {down}" if down else "",
        cures=[Cure(words=one.cure) for one in bogus[:1]],
    )


def _not_agreed(zone: Zone, watch: Watch, wait_s: float) -> Outcome:
    """The time is over: who has what, and for how long yet."""
    left = max((each.ttl for one in watch.open if one.resolver for each in one.running_out(watch.wanted)), default=0)
    still = "; ".join(one.told(watch.wanted) for one in [*watch.open, *watch.down])
    wait = Cure(
        words=f"Wait: caches forget the old answer within {rough_duration(left)}. Then verify again.",
        action="dns.verify",
    )
    old = not watch.held.why and not watch.held.has(watch.wanted)
    bogus = [Cure(words=one.hint) for one in watch.open if one.why == "bogus"]
    cures = [_update_first(zone)] if old else [*bogus[:1], *([wait] if left else [])]
    return Outcome(
        ok=False,
        summary=f"Not all agree after {rough_duration(wait_s)}: {still}.",
        facts={"asked": len(watch.seen), "agree": watch.agree, "cached_s": left},
        findings=_findings(watch),
        cures=cures,
    )


def _update_first(zone: Zone) -> Cure:
    """Return what helps where the authority has not the new records: a change that destroys, if that was decided."""
    decided = zone.ctx.incident.decisions.get("site") == "dr-site" or zone.moved is not None
    return Cure(words="Update the records first: dns.update.", action="dns.update" if decided else "")


def _findings(watch: Watch) -> list[Finding]:
    """Return a warning for each server that does not answer as it should, and for an authority that cannot be asked."""
    unasked = [] if isinstance(watch.held, Answers) or not watch.held.why else [watch.held]
    return [
        *(watch.ds or ()),
        *(
            Finding(severity="warning", about="changed back", text=f"not looked at: {one.words}", cure=one.hint)
            for one in unasked
        ),
        *(
            Finding(
                severity="warning",
                about=one.server.name,
                text=one.told_alone(watch.wanted),
                cure=one.hint or _lagging(one),
            )
            for one in [*watch.open, *watch.down]
        ),
    ]


def _lagging(one: Answers) -> str:
    """Return what to do about one that answers with something else."""
    if one.own_zone:
        return "It has a zone of that name itself (a private zone): change the record there, too."
    if one.stale:
        return UNSTALE
    if one.resolver:
        return "It forgets the answer once its TTL is over; or flush its cache, where it is ours."
    return (
        "Look whether it gets the zone: its log, its serial (rndc retransfer), NOTIFY and transfer key at the primary."
    )

"""``dns.update``: the inventory's records lead to the other site, in one update that overwrites nobody's change."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, Finding, GateClosed, Outcome
from actions.readiness.ready import DRY_RUN
from actions.systems.dns.authority import LOOK_WHO
from actions.systems.dns.by_hand import ask_lines, replace_lines, sets_at
from actions.systems.dns.change import change
from actions.systems.dns.looking import Answers, Held
from actions.systems.dns.moved import Moved
from actions.systems.dns.neighbours import findings_beside, require_no_alias
from actions.systems.dns.sets import RecordSet, differences, wanted_sets
from actions.systems.dns.settings import DnsSettings, Record
from actions.systems.dns.zone import Zone, down_findings, find_zone, identity_with_records
from journal.wording.counting import count
from journal.wording.durations import rough_duration


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    settings = known.settings(DnsSettings)
    records = chosen(settings, production=True)
    old, new = (sets_at(settings, records, moved=moved) for moved in (False, True))
    return [*ask_lines(settings, new), *replace_lines(settings, old, new, ttl_known=False)]


@action(
    "dns.update",
    script="dr_update_dns.sh",
    destructive=True,
    probe="dns.look",
    touches=("zone",),
    target=identity_with_records,
    by_hand=_by_hand,
    params={"production": "the records that users come by; without it only those that are marked as test"},
    ready=DRY_RUN,
)
def update(ctx: ActionContext, *, production: bool = False) -> Outcome:
    """Point the inventory's records at the other site.

    All of them in one update, which is made whole or not at all, and only where each record still is what was read.

    Needs: the primary name server, the key, and the right to change these records with it; of a hosted zone of Route 53
    its API, and credentials that may list and change its record sets.

    Leaves: the records as the inventory has them for `moves_to`; the old ones in the journal and in the incident's
    files, for dns.rollback. Caches keep the old answers until their TTL is over.

    Killed half way: the update was made whole or not at all; dns.look tells. Run again it goes on from there, and the
    old values stay those of before the first one.
    """
    zone = find_zone(ctx)
    records = chosen(zone.settings, production)
    if not records:
        raise ActionFailed(
            f"None of the records of {zone.name} is marked as test.",
            cures=[Cure(words="Change those that users come by.", action="dns.update", params={"production": True})],
        )
    new = zone.wanted(records, zone.settings.moves_to)
    seen = zone.look([one.key for one in new])
    held = zone.held([one.key for one in new], seen)
    beside = zone.authority.beside(records)
    require_no_alias(beside)
    old = zone.authority.own_sets(held, beside)
    findings = [*down_findings(seen), *findings_beside(beside), *zone.authority.findings(records), *zone.ds(seen)]
    shown = list(differences(old, new))
    for line in shown:
        ctx.log(line)
    if not shown:
        return Outcome(
            ok=True, summary=f"{_named(records)} led to {zone.settings.moves_to} already.", findings=findings
        )
    _require_known(zone, records, held, old)
    words = (
        f"replace {count(len(old), 'record set')} of {_named(records)} at {zone.authority.name}, if they are as shown"
    )
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would point {_named(records)} at {zone.settings.moves_to}", findings=findings)
    return _made(zone, records, (old, new), seen, findings)


def chosen(settings: DnsSettings, production: bool) -> list[Record]:
    """Return the records that are meant: with ``production`` all of them, else those for try-outs."""
    return [one for one in settings.records if production or one.test]


def _made(
    zone: Zone,
    records: Sequence[Record],
    sets: tuple[Sequence[RecordSet], Sequence[RecordSet]],
    seen: Sequence[Answers],
    findings: list[Finding],
) -> Outcome:
    """Make the change, and say how long caches keep what was."""
    old, new = list(sets[0]), list(sets[1])
    before = zone.moved
    kept = before.followed_by(old, new) if before else Moved(old=old, new=new, state="begun")
    made = change(zone, old, new, kept, seen)
    Moved(old=kept.old, new=kept.new, state="made").keep(zone.ctx.files, zone.name)
    cached = max((one.ttl for one in old if one.values), default=0)
    return Outcome(
        ok=not made.pending,
        left_behind=made.pending,
        cures=made.cures(),
        summary=f"{_named(records)} {_lead(records)} to {zone.settings.moves_to}: "
        f"{zone.authority.name} has it, {made.words}. "
        f"Caches may keep the old answer for {rough_duration(cached)}.",
        facts={
            **made.facts,
            "old": [str(one) for one in old],
            "new": [str(one) for one in new],
            "cached_s": cached,
        },
        findings=[*findings, *made.findings],
    )


def _require_known(zone: Zone, records: Sequence[Record], held: Held, old: Sequence[RecordSet]) -> None:
    """Somebody else changed a record that leads to no site of the inventory: it is replaced for a reason alone."""
    told = {one.key: one for one in old}
    strange = [one for one in records if not zone.site_of(one, held) and any(_has(told, one))]
    if not strange:
        return
    said = "; ".join(str(told[key]) for one in strange for key in told if key[0] == _key(one) and told[key].values)
    closed = GateClosed(
        "known-records",
        f"{said}: the inventory knows this of no site. Somebody changed it.",
        cures=[LOOK_WHO, Cure(words="Or replace it: somebody knows whose it is.", override="known-records")],
    )
    decide(zone.ctx, closed, "Records of nobody's are replaced")


def _has(told: dict[tuple[str, str], RecordSet], record: Record) -> list[RecordSet]:
    return [one for key, one in told.items() if key[0] == _key(record) and one.values]


def _key(record: Record) -> str:
    return next(wanted_sets(record, "")).name


def _lead(records: Sequence[Record]) -> str:
    return "lead" if records[1:] else "leads"


def _named(records: Sequence[Record]) -> str:
    """Return the names, three of them at most."""
    more = f" and {len(records) - 3} more" if records[3:] else ""
    return ", ".join(one.name.rstrip(".") for one in records[:3]) + more

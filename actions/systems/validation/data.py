"""``validation.data``: what one store refers to is in the other, counted; no row is ever shown."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.stored_keys import StoredKeys
from actions.system_type import load
from actions.systems.validation.application import Application, identity
from actions.systems.validation.by_hand import data_by_hand
from actions.systems.validation.settings import DataCheck, KeysOf
from journal.errors import CleoError
from journal.wording.counting import count

_AT_ONCE = 4
_ANOTHER_POINT = Cure(
    words="The stores come from different moments, or the damage is back: choose one point for all.",
    decision="recovery_point",
)


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one check.

    Attributes:
        check: which.
        keys: keys that the first store has, each counted as often as it is there.
        missing: different ones of these that the second store has not.
        extra: of the second store's, those that the first has not; counted where both must have the same.
        why_not: why it could not be told; empty: it could.
    """

    check: DataCheck
    keys: int = 0
    missing: int = 0
    extra: int = 0
    why_not: str = ""

    @property
    def words(self) -> str:
        """What was seen."""
        if self.why_not:
            return f"not compared: {self.why_not}"
        first, second = self.check.every.system, self.check.exist_in.system
        seen = f"{count(self.keys, 'key')} of {first}, "
        if not self.missing and not self.extra:
            return f"{seen}all found in {second}"
        return seen + " and ".join(
            [f"{self.missing:,} not in {second}"] * bool(self.missing)
            + [f"{self.extra:,} only there"] * bool(self.extra)
        )


@action("validation.data", script="dr_validate_data.sh", target=identity, by_hand=data_by_hand)
def check_data(ctx: ActionContext) -> Outcome:
    """Check data integrity across stores.

    Each check of the inventory (`data`) reads keys from one store and looks whether another has them, a few checks at a
    time. Keys are counted, and never shown. What cannot be read is no agreement. It only reads, in a dry run, too.

    Needs: the stores up, and checks in the inventory.
    """
    application = Application(ctx)
    checks = application.settings.data
    if not checks:
        raise ActionFailed(
            f"The inventory names no checks of {application.name}'s data: nothing was compared.",
            "Add those that must hold (data:), or compare by hand and note the counts.",
        )
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        seen = list(pool.map(lambda check: _compare(ctx, check, application.settings.data_minutes * 60.0), checks))
    for each in seen:
        wrong = each.why_not or each.missing or each.extra
        ctx.log(f"{each.check.name}: {each.words}", "err" if wrong else "out")
    return _outcome(seen)


def _compare(ctx: ActionContext, check: DataCheck, deadline_s: float) -> Compared:
    try:
        there = set(_keys(ctx, check.exist_in, deadline_s))
        number, wanted = 0, set[str]()
        for key in _keys(ctx, check.every, deadline_s):
            number += 1
            wanted.add(key)
    except CleoError as error:
        return Compared(check=check, why_not=error.message)
    extra = len(there - wanted) if check.same else 0
    return Compared(check=check, keys=number, missing=len(wanted - there), extra=extra)


def _keys(ctx: ActionContext, asked: KeysOf, deadline_s: float) -> Iterator[str]:
    """Yield the keys that one store has.

    Raises:
        CleoError: there is no such store, it cannot be compared, or it cannot be read.
    """
    type_ = ctx.inventory.type_of(asked.system)
    if not type_.stored_keys:
        raise CleoError(f"{asked.system} is no store whose keys can be read.", "Name another system.")
    read: StoredKeys = load(type_.stored_keys)
    for key in read(ctx.inventory.systems[ctx.incident.serving(asked.system)], asked.ask, deadline_s=deadline_s):
        ctx.check_cancelled()
        yield key


def _outcome(seen: list[Compared]) -> Outcome:
    unread = [each for each in seen if each.why_not]
    wrong = [each for each in seen if each.missing or each.extra]
    summary = f"{len(seen) - len(unread) - len(wrong)} of {count(len(seen), 'check')} hold."
    if bad := [*wrong, *unread]:
        summary += f" {bad[0].check.name}: {bad[0].words}."
    findings = [
        Finding(severity="wrong", about=each.check.name, text=each.words, cure=_ANOTHER_POINT.words) for each in wrong
    ]
    findings += [
        Finding(
            severity="warning", about=each.check.name, text=each.words, cure="Recover that store, then run this again."
        )
        for each in unread
    ]
    return Outcome(
        ok=not bad,
        summary=summary,
        facts={
            "checks": {
                each.check.name: {"keys": each.keys, "missing": each.missing, "extra": each.extra} for each in seen
            },
            "damaged": bool(wrong),
        },
        findings=findings,
        cures=[_ANOTHER_POINT] if wrong else [],
    )

"""Compares a cluster with a backup's manifest: same, changed, missing, damaged, or not compared.

Only what is proven wrong is said to be wrong. A relation that differs may have been changed after the backup: by log
that was replayed, or by people since. It is proven wrong where nothing can have changed it: where none of its pages was
changed after the manifest was taken, or where no log after the backup was replayed and nobody wrote to it since.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import msgspec

from actions.outcome import Finding
from actions.systems.postgres.cluster import Cluster, Database
from actions.systems.postgres.evidence import Evidence
from actions.systems.postgres.manifest import Manifest
from actions.systems.postgres.relations import Relation
from journal.wording.counting import count

Verdict = Literal["same", "changed", "missing", "damaged", "not looked at", "not in the manifest", "wrong", "emptied"]
LookCloser = Callable[[str, list[str]], dict[str, Evidence]]

_NAMED = 10
_OF_ROWS = ("table", "materialized view")
_RESTORE = "Keep the writers out; restore an older sound backup, or this one again."


class Case(msgspec.Struct, frozen=True):
    """One relation, or one definition, and what is said of it."""

    database: str
    name: str
    verdict: Verdict
    text: str = ""


class Comparison:
    """Compares a cluster with a manifest.

    Args:
        manifest: the backup's; None where there is none.
        found: what was looked at.
        database: the inventory's database: an older manifest knows of no other.
        exact: whether no log after the manifest was replayed, so that what was stable must be equal.
        closer: looks for evidence at relations that differ.

    Attributes:
        rows: how many rows were read, in all.
        against: the backup whose manifest it was compared with; empty: with none, so that nothing was.
    """

    def __init__(
        self, manifest: Manifest | None, found: Cluster, *, database: str, exact: bool, closer: LookCloser
    ) -> None:
        self._manifest = manifest
        self.against = manifest.label if manifest else ""
        self._exact = exact
        self._closer = closer
        known = manifest.known(database) if manifest else {}
        self.cases: list[Case] = []
        self.definitions: list[Case] = []
        relations = (one for held in found.databases.values() for one in held.relations.values())
        self.rows = sum(one.count for one in relations if one.read and one.kind in _OF_ROWS)
        for name, held in found.databases.items():
            self._database(name, known.get(name), held)
        for name in known.keys() - found.databases.keys():
            text = f"the whole database is missing ({count(len(known[name].relations), 'relation')})"
            self.cases.append(Case(name, "", "missing", text))
        if manifest and manifest.whole:
            self.definitions += _definitions("", manifest.roles, found.roles)

    def tally(self) -> dict[str, int]:
        """Return how many relations are in which case."""
        return {name: sum(case.verdict == name for case in self.cases) for name in get_args(Verdict)}

    def of(self, *verdicts: Verdict) -> list[Case]:
        """Return the relations of which one of ``verdicts`` is said."""
        return [case for case in self.cases if case.verdict in verdicts]

    def findings(self, system: str) -> list[Finding]:
        """Return what has to be said: each thing that is wrong, and the rest in as few lines as it takes."""
        found = [
            Finding(severity="wrong", about=_place(case), text=case.text, cure=_RESTORE, system=system)
            for case in self.of("damaged", "wrong")
        ]
        found += self._missing(system)
        found += self._group("emptied", "warning", "hold nothing any more", "Find out who emptied them, and when.")
        found += self._group("changed", "note", "changed since the backup, so not comparable with it", "")
        found += self._group("not in the manifest", "note", "not in the backup's manifest: not comparable", "")
        return [*found, *self._left_out(), *self._undefined(system)]

    def _missing(self, system: str) -> list[Finding]:
        missing = self.of("missing")
        if self._exact:
            return [
                Finding(severity="wrong", about=_place(case), text=case.text, cure=_RESTORE, system=system)
                for case in missing
            ]
        cure = "If nobody dropped it on purpose: recover to a point before it went."
        return [
            Finding(severity="warning", about=_named(cases), text=f"{cases[0].text}: dropped since, or lost", cure=cure)
            for cases in _by_text(missing)
        ]

    def _left_out(self) -> list[Finding]:
        """What was not looked at; what cannot be (foreign tables) has no cure."""
        found = []
        for cases in _by_text(self.of("not looked at")):
            foreign = "foreign table" in cases[0].text
            cure = "" if foreign else _cure(cases[0].text)
            severity: Literal["note", "warning"] = "note" if foreign else "warning"
            text = f"not looked at: {cases[0].text}"
            found.append(Finding(severity=severity, about=_named(cases), text=text, cure=cure))
        return found

    def _group(self, verdict: Verdict, severity: Literal["note", "warning"], text: str, cure: str) -> list[Finding]:
        cases = self.of(verdict)
        return [Finding(severity=severity, about=_named(cases), text=text, cure=cure)] if cases else []

    def _undefined(self, system: str) -> list[Finding]:
        gone = [case for case in self.definitions if case.verdict == "missing"]
        other = [case for case in self.definitions if case.verdict == "changed"]
        found = []
        if gone:
            severity: Literal["wrong", "warning"] = "wrong" if self._exact else "warning"
            text = "in the backup, and missing" + ("" if self._exact else ": dropped since, or lost")
            cure = "Create them again, from the schema's source."
            found.append(Finding(severity=severity, about=_named(gone), text=text, cure=cure, system=system))
        if other:
            found.append(Finding(severity="note", about=_named(other), text="defined otherwise than in the backup"))
        return found

    def _database(self, name: str, known: Database | None, held: Database) -> None:
        if held.skipped:
            self.cases.append(Case(name, "", "not looked at", held.skipped))
            return
        wanted = known.relations if known else {}
        unlike: dict[str, tuple[Relation, Relation]] = {}
        for relation, have in held.relations.items():
            case = _plain(name, relation, wanted.get(relation), have)
            if case:
                self.cases.append(case)
            else:
                unlike[relation] = wanted[relation], have
        evidence = self._closer(name, list(unlike)) if unlike else {}
        self.cases += [
            self._unlike(name, relation, was, have, evidence.get(relation)) for relation, (was, have) in unlike.items()
        ]
        for relation in wanted.keys() - held.relations.keys():
            self.cases.append(Case(name, relation, "missing", f"missing{_rows(wanted[relation])}"))
        if held.undefined:
            self.cases.append(Case(name, "definitions", "not looked at", f"locked: {held.undefined}"))
        elif known and not known.skipped:
            self.definitions += _definitions(name, known.definitions, held.definitions)

    def _unlike(self, database: str, name: str, was: Relation, have: Relation, seen: Evidence | None) -> Case:
        """Judge a relation that does not hold what the backup holds."""
        differs = f"{count(was.count, 'row')} in the backup, {have.count:,} now"
        if was.count == have.count:
            differs = f"{count(have.count, 'row')} as in the backup, but not the same content"
        if seen and self._proves(was, seen):
            return Case(database, name, "wrong", f"{differs}, and nothing that is logged changed it since")
        if was.count and not have.count:
            return Case(database, name, "emptied", differs)
        return Case(database, name, "changed", differs)

    def _proves(self, was: Relation, seen: Evidence) -> bool:
        if self._manifest is None or not was.filenode or was.filenode != seen.filenode:
            return False  # written anew since: TRUNCATE, VACUUM FULL, ALTER TABLE
        if self._exact and not seen.written:
            return True
        untouched = seen.newest_page is not None and 0 < seen.newest_page <= self._manifest.counted_lsn
        return untouched and seen.pages == was.pages and (self._exact or self._manifest.quiet)


def _plain(database: str, name: str, was: Relation | None, have: Relation) -> Case | None:
    """Return a relation's case, or None where it differs from what the backup holds."""
    if have.damage:
        return Case(database, name, "damaged", have.damage)
    if have.skipped:
        return Case(database, name, "not looked at", have.skipped)
    if was is None:
        return Case(database, name, "not in the manifest")
    if have.unlogged:
        emptied = was.count and not have.count
        text = f"unlogged, so emptied by the recovery; {count(was.count, 'row')} in the backup"
        return Case(database, name, "emptied", text) if emptied else Case(database, name, "changed", "unlogged")
    if not have.holds and not was.holds:
        return Case(database, name, "same")
    if not was.digest:
        return Case(database, name, "changed", "it changed while the backup was taken")
    if have.kind == "sequence":
        return Case(database, name, "same" if have.count == was.count else "changed")
    return Case(database, name, "same") if (have.count, have.digest) == (was.count, was.digest) else None


def _definitions(database: str, known: dict[str, str], found: dict[str, str]) -> list[Case]:
    cases = [Case(database, name, "missing") for name in known.keys() - found.keys()]
    return cases + [
        Case(database, name, "changed") for name, digest in known.items() if found.get(name, digest) != digest
    ]


def _rows(relation: Relation) -> str:
    return f" ({count(relation.count, 'row')})" if relation.kind in _OF_ROWS else ""


def _place(case: Case) -> str:
    return ", ".join(part for part in (case.database, case.name) if part)


def _named(cases: list[Case]) -> str:
    """Return what several cases are about: the first ten by name, and how many more."""
    names = sorted(_place(case) for case in cases)
    more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return "; ".join(names[:_NAMED]) + more


def _by_text(cases: list[Case]) -> list[list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.text, []).append(case)
    return list(found.values())


def _cure(why: str) -> str:
    if "prepared transaction" in why:
        return "Ask its application: COMMIT PREPARED or ROLLBACK PREPARED ends it. Then verify again."
    if why.startswith("locked"):
        return "End that session or wait for it, then verify again."
    if why.startswith("invalid"):
        return "It cannot be used any more: DROP DATABASE it, and create and fill it anew if it is needed."
    if "permission denied" in why:
        return "Give the inventory a user that may read everything, then verify again."
    return "Mend what stands in the way, then verify again."

"""What restoring a system's data must keep to: a recovery whose runners are killed, whatever the point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from actions.system_types import system_type
from cleo_contract.declaration import actions_of
from cleo_contract.dying_runners import Zygote
from cleo_contract.helping import strange_cures
from cleo_contract.incident import Work
from cleo_contract.system import SystemUnderTest
from journal.incident.interlock import word_to_type
from journal.incident.records import Run, RunState
from journal.verify import verify


@dataclass
class Recovery:
    """One recovery as it was played: a restore that is killed again and again, one that is not, and what comes behind.

    Attributes:
        before, dry, after_dry: the lost system, what a dry run of the restore said, and the system after it.
        kills: the points at which a runner of the restore was killed.
        killed: how the restore ended that was killed there.
        kept: what was put aside, after that one and after the next.
        other: what another incident was told meanwhile.
        lost: how dry runs of all its actions ended while it was lost.
        look: the closer look at it meanwhile.
        last: how each action of the recovery ended.
        health: whether the system was up at the end.
        journal: whether the journal verifies.
    """

    before: Mapping[str, object] = field(default_factory=dict)
    dry: Run | None = None
    after_dry: Mapping[str, object] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)
    killed: Run | None = None
    kept: list[Sequence[str]] = field(default_factory=list)
    other: Run | None = None
    lost: Sequence[Run] = ()
    look: Run | None = None
    last: dict[str, Run] = field(default_factory=dict)
    journal: bool = False


class RestoringContract:
    """Loses the data, and restores them through the real runner."""

    @pytest.fixture(scope="class")
    def recovery(self, system: SystemUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Recovery:
        """A recovery, played once."""
        home = tmp_path_factory.mktemp("recovery")
        with Work(home, system.inventory, system.name) as work:
            played = _play(system, work, home)
        played.journal = verify(work.place.journal).ok
        return played

    def test_what_helps_a_lost_system_is_named_and_can_be_asked_for(self, recovery: Recovery) -> None:
        assert [cure for run in recovery.lost for cure in run.cures], "nothing that failed says what helps"
        assert strange_cures(recovery.lost, sound=False) == []

    def test_a_point_that_no_backup_reaches_is_refused(self, system: SystemUnderTest, work: Work) -> None:
        restore = system_type(system.type).role("restore")
        before = dict(system.fingerprint())
        work.desk.decide("point", "2001-01-01T00:00:00Z", "long before the first backup")
        with work.runner():
            run = work.do(restore, dry_run=True)
            assert run.state is RunState.FAILED, run
            assert not run.summary.startswith(("KeyError", "IndexError", "ValueError", "TypeError")), run.summary
        assert dict(system.fingerprint()) == before

    def test_a_dry_run_of_a_restore_leaves_what_is_lost_as_it_is(self, recovery: Recovery) -> None:
        assert recovery.dry
        assert recovery.dry.state is RunState.SUCCEEDED, recovery.dry
        assert recovery.after_dry == recovery.before

    def test_a_restore_that_is_killed_at_every_point_comes_to_its_end(self, recovery: Recovery) -> None:
        assert recovery.killed
        assert recovery.killed.state is RunState.SUCCEEDED, recovery.killed.summary
        assert len(recovery.kills) > 1, recovery.kills
        ended = Counter(program.key for program in recovery.killed.programs if program.code == 0)
        assert [key for key, times in ended.items() if times > 1] == [], "a program that had ended was repeated"

    def test_the_next_restore_keeps_what_the_first_one_kept(self, recovery: Recovery) -> None:
        first, after = recovery.kept
        assert first
        assert list(after) == list(first), "the first copy is gone, or a fresh restore was put aside beside it"

    def test_another_incident_is_kept_off(self, system: SystemUnderTest, recovery: Recovery) -> None:
        assert recovery.other
        assert recovery.other.refusal, "two incidents restored the same system"
        assert recovery.other.refusal.gate == ("down" if system.restored_runs else "target")

    def test_the_recovery_comes_to_its_end(self, recovery: Recovery) -> None:
        assert {name: run.summary for name, run in recovery.last.items() if run.state is not RunState.SUCCEEDED} == {}
        assert recovery.journal


def _play(system: SystemUnderTest, work: Work, home: Path) -> Recovery:
    """Lose the data, restore it with runners that die, restore it once more, and finish the recovery."""
    restore = system_type(system.type).role("restore")
    at = list(system.recovery).index(restore)
    played, before_it, behind_it = Recovery(), system.recovery[:at], system.recovery[at + 1 :]
    already = set(system.kept())
    system.lose()
    played.before = dict(system.fingerprint())
    with work.runner():
        played.dry = work.do(restore, dry_run=True)
        played.after_dry = dict(system.fingerprint())
        played.lost = [
            work.do(name, dry_run=True, **system.params.get(name, {})) for name in actions_of(system_type(system.type))
        ]
        played.look = work.do("health.check", comprehensive=True)
        word = word_to_type(played.dry.target)
        _do(work, before_it, word, played)
    with Zygote() as zygote:
        kill_again_and_again(work, zygote, restore, word, system.kill_every, played)
    played.kept.append([kept for kept in system.kept() if kept not in already])
    with work.runner():
        _do(work, [restore], word, played)
        played.kept.append([kept for kept in system.kept() if kept not in already])
        played.other = _other(system, home, restore, word)
        _do(work, behind_it, word, played)
    return played


def _do(work: Work, actions: Sequence[str], word: str, played: Recovery) -> None:
    for name in actions:
        played.last[name] = work.do(name, confirmed=word)


def kill_again_and_again(work: Work, zygote: Zygote, action: str, word: str, every: int, played: Recovery) -> None:
    """Run an action whose first runner dies at its first point, the one that takes over at its second, and so on."""
    run, number = 0, 1
    while True:
        with zygote.runner(work, number) as runner:
            run = run or work.ask(action, confirmed=word)
            found = work.over(run, runner.alive)
            if found.state is RunState.IN_DOUBT:  # as a person does who has looked
                work.desk.resolve(run, "run_again", "its runner was killed")
                run = 0
        if runner.killed_at:
            played.kills.append(runner.killed_at)
        elif run:
            played.killed = found
            return
        number += every


def _other(system: SystemUnderTest, home: Path, action: str, word: str) -> Run:
    """Ask for an action in another incident, which shares the folder of claims, as all of a machine do."""
    with Work(home, system.inventory, system.name) as other, other.runner():
        return other.do(action, confirmed=word)

"""What acting on a system must keep to: dry runs, the interlock, and being asked twice."""

from __future__ import annotations

from actions.system_types import system_type
from cleo_contract.declaration import actions_of
from cleo_contract.helping import strange_cures
from cleo_contract.incident import Work
from cleo_contract.system import SystemUnderTest
from journal.incident.interlock import word_to_type
from journal.incident.records import RunState


class ActingContract:
    """Runs actions through the real runner."""

    def test_a_dry_run_changes_nothing(self, system: SystemUnderTest, work: Work) -> None:
        before = dict(system.fingerprint())
        with work.runner():
            names = list(actions_of(system_type(system.type)))
            asked = [work.ask(name, dry_run=True, **system.params.get(name, {})) for name in names]
            runs = [work.over(run) for run in asked]
        assert [run.action for run in runs if run.state not in (RunState.SUCCEEDED, RunState.FAILED)] == []
        assert [run.action for run in runs if run.programs] == []
        assert dict(system.fingerprint()) == before
        assert strange_cures(runs, sound=True) == []

    def test_nothing_destructive_starts_without_the_targets_own_name(self, system: SystemUnderTest, work: Work) -> None:
        before = dict(system.fingerprint())
        found = actions_of(system_type(system.type))
        with work.runner():
            for name in (name for name, action in found.items() if action.spec.destructive):
                for typed in ("", f"not-{target_word(work, name)}"):
                    run = work.do(name, confirmed=typed, **system.params.get(name, {}))
                    assert run.refusal, f"{name} ran after {typed!r} was typed"
                    assert run.refusal.gate == "interlock", run.refusal
        assert dict(system.fingerprint()) == before

    def test_asked_twice_is_harmless(self, system: SystemUnderTest, work: Work) -> None:
        with work.runner():
            word = target_word(work, system.asked_twice[0])
            for name in system.asked_twice:
                once = work.do(name, confirmed=word)
                assert once.state is RunState.SUCCEEDED, once
                after = dict(system.fingerprint())
                again = work.do(name, confirmed=word)
                assert again.state is RunState.SUCCEEDED, again
                assert dict(system.fingerprint()) == after, name


def target_word(work: Work, action: str) -> str:
    """Return what must be typed for an action's target."""
    return word_to_type(work.do(action, dry_run=True).target)

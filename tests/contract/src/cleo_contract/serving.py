"""What a type must keep to that is a server: it can be started, writers are kept out, somebody else may answer."""

from __future__ import annotations

import re
from pathlib import Path

from actions.system_types import system_type
from cleo_contract.acting import target_word
from cleo_contract.declaration import actions_of
from cleo_contract.helping import use_of
from cleo_contract.incident import Work
from cleo_contract.looking import measured
from cleo_contract.restoring import Recovery
from cleo_contract.system import SystemUnderTest
from journal.incident.records import RunState


class ServingContract:
    """Looks at it and starts it through the real runner, also where it hangs, is lost, or is somebody else."""

    def test_a_closer_look_tells_whether_a_start_is_of_use(self, system: SystemUnderTest, work: Work) -> None:
        type_ = system_type(system.type)
        with work.runner():
            seen = work.do("health.check", comprehensive=True)
            with system.hangs():
                hung = work.do("health.check", comprehensive=True)
        assert {one.action for one in seen.settles} <= set(actions_of(type_))
        assert use_of(seen, type_.role("start"), system.name) == "needless"
        assert use_of(hung, type_.role("start"), system.name) != "needless", "it answers nothing"

    def test_a_stranger_at_its_address_is_not_believed(self, system: SystemUnderTest, work: Work) -> None:
        type_ = system_type(system.type)
        with system.stranger() as changed:
            assert measured(system, 8.0).status not in ("up", "degraded")
            with work.runner():
                assert work.do(type_.role("verify")).state is not RunState.SUCCEEDED
                for role in ("stop_writers", "allow_writers", "start"):
                    work.do(type_.role(role))
            assert not changed()

    def test_a_closer_look_at_what_is_lost_says_of_a_start_what_that_says(
        self, system: SystemUnderTest, recovery: Recovery
    ) -> None:
        start = system_type(system.type).role("start")
        tried = next(run for run in recovery.lost if run.action == start)
        assert recovery.look
        wanted = "open" if tried.state is RunState.SUCCEEDED else "impossible"
        assert use_of(recovery.look, start, system.name) == wanted

    def test_it_may_be_called_anything(self, system: SystemUnderTest, tmp_path: Path) -> None:
        renamed = tmp_path / "renamed.yaml"
        renamed.write_text(re.sub(rf"^  {system.name}:$", "  orders-2:", system.inventory.read_text(), flags=re.M))
        start = system_type(system.type).role("start")
        with Work(tmp_path / "home", renamed, "orders-2") as work, work.runner():
            run = work.do(start)
            assert run.state is RunState.SUCCEEDED, run
            assert "orders-2" in run.summary

    def test_what_runs_unseen_is_not_restored_under(self, system: SystemUnderTest, work: Work) -> None:
        restore = system_type(system.type).role("restore")
        with work.runner():
            word = target_word(work, restore)
            with system.unseen():
                before = dict(system.fingerprint())
                assert work.do(restore, confirmed=word).state in (RunState.REFUSED, RunState.FAILED)
                assert dict(system.fingerprint()) == before

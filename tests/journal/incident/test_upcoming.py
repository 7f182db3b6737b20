"""Which step is next: never past a failure to what it guards, paperwork beside the work, what helps at once first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.cures import advised_against, cure_params, found_to_help, helps, own_cure, remedy
from journal.incident.upcoming import beside, due_beside, next_step
from tests.journal.stories import Story, plan, step

DB = {"action": "db.act", "system": "db"}
RESTORE = {"action": "db.restore", "system": "db"}
DB_THERE = KnownSystem(name="db", type="db", plays="db", acts=["db"])


def upcoming(told: Story) -> str:
    found = next_step(told.incident)
    return found.id if found else ""


def phases(*groups: list[dict[str, Any]]) -> Story:
    data = plan()
    data["phases"] = [
        {"id": f"p{n}", "title": f"P{n}", "sections": [{"title": "S", "steps": steps}]}
        for n, steps in enumerate(groups)
    ]
    return Story(data)


def test_paperwork_stands_beside_the_work_and_comes_when_nothing_else_can_be_done() -> None:
    told = Story(plan(step("page", items=["who"], beside=True), step("look", **DB), step("restore", **DB)))
    assert (upcoming(told), [one.id for one in beside(told.incident)]) == ("look", ["page"])
    told.run("look")
    told.tell(e.RunRequested(step="restore", action="db.act"))
    assert upcoming(told) == "page"


def test_paperwork_is_due_when_its_window_is_nearly_over_and_never_in_the_place_of_what_is_next() -> None:
    paper = [step(name, items=["who"], beside=True) for name in ("page", "tell")]
    data = plan(*paper, step("look", **DB), step("restore", **DB))
    data["phases"][0]["window"] = {"start": "0 s", "end": "15 min"}
    told = Story(data)
    begun = told.incident.declared_at
    assert due_beside(told.incident, begun + timedelta(minutes=9)) is None
    due = due_beside(told.incident, begun + timedelta(minutes=11))
    assert due and (due.step.id, due.left, due.more) == ("page", 240, 1)
    assert upcoming(told) == "look"
    over = due_beside(told.incident, begun + timedelta(minutes=16))
    assert over and over.left == -60
    told.tell(e.ItemChecked(step="page", item="who", checked=True))
    assert (due := due_beside(told.incident, begun + timedelta(minutes=11))) and (due.step.id, due.more) == ("tell", 0)
    told.run("look")
    told.tell(e.RunRequested(step="restore", action="db.act"))
    assert (upcoming(told), due_beside(told.incident, begun + timedelta(minutes=11))) == ("tell", None)


def test_who_only_waits_for_an_answer_comes_after_other_paperwork() -> None:
    call = step("call", items=["On call", "Lead"], calls=["L1"], beside=True)
    told = Story(
        plan(call, step("tell", items=["who"], beside=True), escalation=[{"level": "L1", "role": "", "contact": ""}])
    )
    told.tell(e.ItemChecked(step="call", item="Lead", checked=True))
    assert upcoming(told) == "call"
    told.tell(e.ContactPaged(level="L1"))
    assert [one.id for one in beside(told.incident)] == ["tell", "call"]
    assert due_beside(told.incident, told.incident.declared_at) is None


def test_nobody_is_sent_past_a_failure_into_a_later_phase() -> None:
    told = phases([step("check", **DB), step("other", **DB)], [step("open-to-users", **DB)])
    told.run("check", status="failed")
    assert upcoming(told) == "check"
    told.run("other")
    assert upcoming(told) == "check"
    told.tell(e.StepSkipped(step="check", reason="it does not matter today"))
    assert upcoming(told) == "open-to-users"


def test_nobody_is_sent_into_a_later_phase_while_the_recovery_is_under_way() -> None:
    told = phases([step("restore", **DB)], [step("get-ready-to-close", items=["all is well"])])
    told.tell(e.RunRequested(step="restore", action="db.act"))
    assert upcoming(told) == ""


def test_the_phase_is_that_of_the_recovery_until_paperwork_alone_is_left() -> None:
    told = phases([step("look", **DB), step("page", items=["who"], beside=True)], [step("restore", **DB)])
    assert told.incident.phase.id == "p0"
    told.run("look")
    assert told.incident.phase.id == "p1"
    told.run("restore")
    assert told.incident.phase.id == "p0"
    told.tell(e.ItemChecked(step="page", item="who", checked=True))
    assert told.incident.phase.id == "p1"


def test_what_another_step_on_the_same_system_would_refuse_is_not_next() -> None:
    data = plan(step("warm", **DB), step("allow", **DB), step("elsewhere", action="cache.act", system="cache"))
    data["systems"]["cache"] = {"title": "The cache", "tier": "critical"}
    told = Story(data)
    there = [DB_THERE, KnownSystem(name="cache", type="cache", plays="cache", acts=["cache"])]
    told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=there))
    assert upcoming(told) == "warm"
    warm = told.tell(e.RunRequested(step="warm", action="db.act", system="db"))
    assert upcoming(told) == "elsewhere", "what works on one system keeps nobody from another"
    told.tell(e.RunRequested(step="elsewhere", action="cache.act", system="cache"))
    assert upcoming(told) == ""
    told.tell(e.ActionStarted(step="warm", run=warm, action="db.act"))
    assert upcoming(told) == ""
    told.tell(e.ActionFinished(step="warm", run=warm, status="succeeded", summary="warm"))
    assert upcoming(told) == "allow"


@pytest.mark.parametrize("how", ["failed", "succeeded"], ids=["what helps", "what a look found to help"])
def test_what_helps_waits_as_well_while_another_step_works_on_its_system(how: str) -> None:
    told = Story(plan(step("verify", together="looks", **DB), step("start", **DB), step("restore", **RESTORE)))
    told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=[DB_THERE]))
    told.run("verify", status=how, cures=[e.Cure(words="its data is damaged", action="db.restore")])
    assert upcoming(told) == "restore"
    start = told.tell(e.RunRequested(step="start", action="db.act", system="db"))
    assert upcoming(told) == "", "the runner would refuse it, again and again"
    told.tell(e.ActionStarted(step="start", run=start, action="db.act"))
    told.tell(e.ActionFinished(step="start", run=start, status="succeeded", summary="up"))
    assert upcoming(told) == "restore"


def test_a_reopened_step_is_next_again() -> None:
    told = phases([step("check", **DB)], [step("open-to-users", **DB)])
    told.run("check")
    told.tell(e.StepReopened(step="check", reason="it looked at the wrong one"))
    assert upcoming(told) == "check"


def test_what_was_cancelled_is_not_passed_over() -> None:
    told = phases([step("restore", **DB)], [step("open-to-users", **DB)])
    told.run("restore", status="cancelled")
    assert upcoming(told) == "restore"


def test_what_a_look_found_to_help_at_once_comes_before_everything_else() -> None:
    told = Story(
        plan(step("look", together="looks", **DB), step("decide", items=["x"]), step("start", action="db.start"))
    )
    told.run("look", cures=[e.Cure(words="it has no process, and its data is whole", action="db.start")])
    assert upcoming(told) == "start"
    told.run("start", status="succeeded")
    assert upcoming(told) == "decide"


def test_what_a_step_leaves_to_be_done_again_is_next_in_its_order_though_it_was_done_before() -> None:
    """Servers that change places leave the application kept out, and one of them fenced, once more."""
    steps = [step("join", action="db.join", optional=True), step("let", action="db.let"), step("tell", items=["x"])]
    told = Story(plan(*steps, step("switch", action="db.switch", optional=True)))
    told.run("let")
    told.run("join")
    told.run("switch", cures=[e.Cure(words="kept out", action="db.let"), e.Cure(words="fenced", action="db.join")])
    assert upcoming(told) == "let"
    assert (found := found_to_help(told.incident, told.incident.plan.by_id["let"])) and found.cure.words == "kept out"
    told.run("let")
    assert upcoming(told) == "join"
    told.run("join")
    assert upcoming(told) == "tell"


def test_a_failure_that_names_what_helps_leads_there_and_back() -> None:
    told = Story(plan(step("apply", action="db.apply"), step("restore", action="db.restore")))
    told.run("restore")
    told.run("apply", status="failed", cures=[e.Cure(words="the log is torn", action="db.restore", cost="20 min")])
    by_id = told.incident.plan.by_id
    found = remedy(told.incident, by_id["apply"])
    assert found and (found.step.id, found.cure.cost) == ("restore", "20 min")
    assert helps(told.incident, by_id["restore"]) == found
    told.run("restore")
    assert remedy(told.incident, by_id["apply"]) is None
    assert upcoming(told) == "apply"


def test_what_helps_at_the_failed_step_itself_comes_before_another_one_that_helps_less() -> None:
    told = Story(plan(step("apply", action="db.apply"), step("restore", action="db.restore")))
    other, otherwise = told.incident.plan.by_id["restore"], told.incident.plan.by_id["apply"]
    smaller = e.Cure(words="take the older set", action="db.apply", params={"backup": "A"})
    told.run("apply", status="failed", cures=[smaller, e.Cure(words="or all of it anew", action="db.restore")])
    assert own_cure(told.incident, otherwise) == smaller
    assert cure_params(told.incident, otherwise) == {"backup": "A"}
    assert (remedy(told.incident, otherwise), helps(told.incident, other)) == (None, None)
    told.run("apply", status="failed")
    assert (own_cure(told.incident, otherwise), cure_params(told.incident, otherwise)) == (None, {})


def test_the_step_that_helps_is_run_with_what_the_failure_says() -> None:
    told = Story(plan(step("verify", action="db.verify"), step("restore", action="db.restore")))
    told.run("restore")
    cure = e.Cure(words="restore the one before", action="db.restore", params={"backup": "A"})
    told.run("verify", status="failed", cures=[cure])
    restore = told.incident.plan.by_id["restore"]
    assert cure_params(told.incident, restore) == {"backup": "A"}
    told.run("restore")
    assert cure_params(told.incident, restore) == {}


def test_a_decision_is_what_helps_until_it_was_taken_anew() -> None:
    decide = {"name": "point", "question": "To when?", "options": {"a": {"title": "A"}, "b": {"title": "B"}}}
    told = Story(plan(step("point", decision=decide), step("restore", action="db.restore")))
    told.tell(e.DecisionMade(step="point", name="point", answer="a"))
    told.run("restore", status="failed", cures=[e.Cure(words="no set leads there", decision="point")])
    found = remedy(told.incident, told.incident.plan.by_id["restore"])
    assert found and found.step.id == "point"
    told.tell(e.DecisionMade(step="point", name="point", answer="b"))
    assert (remedy(told.incident, told.incident.plan.by_id["restore"]), upcoming(told)) == (None, "restore")


def test_a_refused_step_leads_to_what_opens_its_gate_though_that_was_done_before() -> None:
    told = Story(plan(step("hold", action="b.hold"), step("restore", action="db.restore")))
    told.run("hold")
    run = told.tell(e.RunRequested(step="restore", action="db.restore"))
    told.tell(e.RunRefused(step="restore", run=run, gate="hold", message="The hold is gone.", opens="b.hold"))
    steps = told.incident.plan.by_id
    found = remedy(told.incident, steps["restore"])
    assert found and (found.step.id, found.cure.words) == ("hold", "The hold is gone.")
    assert helps(told.incident, steps["hold"]) == found
    told.run("hold")
    assert (remedy(told.incident, steps["restore"]), helps(told.incident, steps["hold"])) == (None, None)


def test_a_decision_that_rules_out_what_helps_is_taken_anew() -> None:
    decide = {"name": "way", "question": "How?", "options": {"a": {"title": "A"}, "b": {"title": "B"}}}
    told = Story(
        plan(
            step("way", decision=decide),
            step("restore", action="db.restore", when={"way": ["b"]}),
            step("verify", action="db.verify"),
        )
    )
    told.tell(e.DecisionMade(step="way", name="way", answer="a"))
    told.run("verify", status="failed", cures=[e.Cure(words="it is damaged", action="db.restore")])
    verify = told.incident.plan.by_id["verify"]
    ways = []
    for answer in ("b", "a"):
        found = remedy(told.incident, verify)
        ways.append(found and found.step.id)
        told.tell(e.DecisionMade(step="way", name="way", answer=answer))
    assert ways == ["way", "restore"]
    assert remedy(told.incident, verify) is None, "it was decided again after the failure"


def test_a_restore_that_is_run_again_makes_stale_what_was_verified_before_it() -> None:
    restore = {"action": "db.restore", "system": "db", "destructive": True, "verified_by": "verify"}
    told = Story(
        plan(
            step("stop", action="db.stop", destructive=True),
            step("restore", needs=["stop"], **restore),
            step("apply", needs=["restore"], **{**restore, "action": "db.apply"}),
            step("verify", needs=["apply"], **DB),
            step("test", needs=["verify"], action="test"),
            step("told", needs=["verify"], items=["people"]),
            step("erase", needs=["verify"], action="db.erase", system="db", destructive=True),
            step("deploy", needs=["verify"], action="app.deploy", system="app", destructive=True),
        )
    )
    for one in ("stop", "restore", "apply", "verify", "test", "erase", "deploy"):
        told.run(one)
    told.tell(e.StepMarkedDone(step="told", note=""))
    told.run("restore", status="failed")
    states = {one: told.state(one) for one in told.incident.steps}
    assert states == {
        "stop": "done",
        "restore": "failed",
        "apply": "waiting",
        "verify": "waiting",
        "test": "waiting",
        "told": "marked done",
        "erase": "waiting",
        "deploy": "done",
    }
    assert told.incident.steps["verify"].note == "it was done before Restore was run again"


def test_what_is_held_again_is_to_be_released_again() -> None:
    told = Story(plan(step("hold", action="b.hold"), step("release", action="b.release")))
    told.run("hold", started={"undone_by": "b.release"})
    told.run("release")
    told.run("hold", started={"undone_by": "b.release"})
    assert (told.state("release"), upcoming(told)) == ("ready", "release")


def test_what_is_proposed_after_another_may_be_run_before_it() -> None:
    told = Story(plan(step("release", after=["backup"], **DB), step("backup", **DB)))
    assert (upcoming(told), told.state("release")) == ("backup", "ready")
    told.run("backup")
    assert upcoming(told) == "release"


def test_two_that_failed_do_not_send_to_each_other_for_ever() -> None:
    told = Story(plan(step("fence", action="db.fence"), step("block", action="db.block")))
    told.run("fence", status="failed", cures=[e.Cure(words="block it first", action="db.block")])
    told.run("block", status="failed", cures=[e.Cure(words="fence it first", action="db.fence")])
    by_id = told.incident.plan.by_id
    assert remedy(told.incident, by_id["fence"]) is None
    assert (found := remedy(told.incident, by_id["block"])) and found.step.id == "fence"
    told.run("fence", status="failed", cures=[e.Cure(words="block it first", action="db.block")])
    told.run("block", status="failed")
    assert (remedy(told.incident, by_id["fence"]), remedy(told.incident, by_id["block"])) == (None, None)


@pytest.mark.timeout(20)
def test_a_plan_of_many_ways_from_step_to_step_is_gone_through_once() -> None:
    many = [step(f"s{n}", needs=[f"s{m}" for m in (n - 1, n - 2) if m >= 0], **DB) for n in range(80)]
    restore = step("restore", needs=["s79"], destructive=True, verified_by="verify", action="db.restore")
    told = Story(plan(*many, restore, step("verify", needs=["restore"], **DB)))
    told.run("verify")
    told.run("restore")
    assert told.state("verify") == "ready"


def test_what_a_gate_refuses_leads_to_the_step_that_opens_it_though_that_was_skipped() -> None:
    told = Story(plan(step("stop", **DB), step("fence", action="db.fence", needs=["stop"])))
    told.run("stop", status="failed")
    told.tell(e.StepSkipped(step="stop", reason="its host does not answer"))
    run = told.tell(e.RunRequested(step="fence", action="db.fence"))
    told.tell(e.RunRefused(step="fence", run=run, gate="order", message="not after what failed", opens="stop"))
    assert upcoming(told) == "stop"
    told.tell(e.StepMarkedDone(step="stop", note="the deployments are scaled to zero"))
    assert upcoming(told) == "fence"


def test_what_cannot_be_confirmed_leads_to_what_helps_instead_of_to_itself_again() -> None:
    decide = {"name": "way", "question": "Which?", "options": {"here": {"title": "Here"}, "there": {"title": "There"}}}
    told = Story(plan(step("way", decision=decide), step("stop", action="db.stop", destructive=True)))
    told.tell(e.DecisionMade(step="way", name="way", answer="here"))
    assert upcoming(told) == "stop"
    run = told.tell(e.RunRequested(step="stop", action="db.stop", dry_run=True))
    told.tell(e.ActionStarted(step="stop", run=run, action="db.stop", dry_run=True))
    lost = e.Cure(words="its host does not answer: recover elsewhere", decision="way")
    told.tell(e.ActionFinished(step="stop", run=run, status="failed", summary="lost", cures=[lost]))
    assert upcoming(told) == "way"
    told.tell(e.DecisionMade(step="way", name="way", answer="there"))
    assert upcoming(told) == "stop"


def test_what_its_dry_run_failed_for_want_of_a_step_is_run_with_whether_it_knew_its_target_or_not() -> None:
    told = Story(plan(step("fence", action="db.fence", destructive=True)))
    known = [e.Identity(name="host", value="db1", known="unknown")]
    network = e.Cure(words="fence it by its network", action="db.fence", params={"by": "network"})
    run = told.tell(e.RunRequested(step="fence", action="db.fence", dry_run=True))
    told.tell(e.ActionStarted(step="fence", run=run, action="db.fence", target=known, dry_run=True))
    told.tell(e.ActionFinished(step="fence", run=run, status="failed", summary="not reached", cures=[network]))
    fence = told.incident.plan.by_id["fence"]
    assert (upcoming(told), own_cure(told.incident, fence)) == ("fence", network)
    assert cure_params(told.incident, fence) == {"by": "network"}
    told.tell(e.StepMarkedDone(step="fence", note="its port is shut"))
    assert own_cure(told.incident, fence) is None


def test_an_action_that_would_do_harm_by_what_a_look_found_is_advised_against() -> None:
    told = Story(plan(step("look", together="looks", **DB), step("reload", action="db.reload"), step("warm", **DB)))
    against = e.Cure(words="its file is torn in the middle", leave_out="db.reload")
    told.run("look", cures=[against])
    reload = told.incident.plan.by_id["reload"]
    assert (upcoming(told), advised_against(told.incident, reload)) == ("reload", against)
    told.run("look")
    assert advised_against(told.incident, reload) is None


def test_a_dry_run_that_never_learned_its_target_tells_too_what_is_better_left_out() -> None:
    """Nothing can be typed for it, so no other run tells; one that did know its target only tried."""
    gone = e.Cure(words="its host is not reached", leave_out="db.stop")
    told = Story(plan(step("stop", action="db.stop", destructive=True)))
    for target, cure in (([e.Identity(name="host", value="db1", known="reported")], None), ([], gone)):
        run = told.tell(e.RunRequested(step="stop", action="db.stop", dry_run=True))
        told.tell(e.ActionStarted(step="stop", run=run, action="db.stop", target=target, dry_run=True))
        told.tell(e.ActionFinished(step="stop", run=run, status="failed", summary="not reached", cures=[gone]))
        assert advised_against(told.incident, told.incident.plan.by_id["stop"]) == cure


def test_an_optional_step_is_next_while_it_takes_back_what_is_in_force_or_helps_against_what_a_run_found() -> None:
    told = Story(
        plan(
            step("pause", action="db.pause", system="db", optional=True),
            step("restore", **RESTORE),
            step("resume", action="db.resume", system="db", optional=True),
            step("rebuild", action="db.rebuild", system="db", optional=True),
            step("open", items=["users come"]),
        )
    )
    assert upcoming(told) == "restore"
    ran(told, "pause", "db.pause", undone_by="db.resume")
    ran(told, "restore", "db.restore")
    assert upcoming(told) == "resume"
    ran(
        told, "resume", "db.resume", cures=[e.Cure(words="One is stale.", action="db.rebuild", params={"member": "n2"})]
    )
    assert upcoming(told) == "rebuild"
    assert cure_params(told.incident, told.incident.plan.by_id["rebuild"]) == {"member": "n2"}
    ran(told, "rebuild", "db.rebuild")
    assert upcoming(told) == "open"


def test_what_says_that_it_left_nothing_is_not_in_force() -> None:
    told = Story(plan(step("pause", action="db.pause", system="db", optional=True), step("restore", **RESTORE)))
    ran(told, "pause", "db.pause", undone_by="db.resume", facts={"in_force": False})
    assert not told.incident.in_force


def test_a_run_ends_what_it_took_back_at_another_system() -> None:
    told = Story(plan(step("fence", action="db.fence", system="db"), step("rebuild", action="db.rebuild", system="db")))
    ran(told, "fence", "db.fence", undone_by="db.unfence")
    ran(told, "rebuild", "db.rebuild", facts={"lifts": "db.unfence", "lifts_at": "far"})
    assert told.incident.in_force
    ran(told, "rebuild", "db.rebuild", facts={"lifts": "db.unfence", "lifts_at": "db"})
    assert not told.incident.in_force


def ran(told: Story, step_id: str, action: str, **more: Any) -> None:
    ended = {name: more.pop(name) for name in ("cures", "facts") if name in more}
    asked = told.tell(e.RunRequested(step=step_id, action=action, system="db"))
    target = [e.Identity(name="confirm", value="db@one", known="reported")]
    told.tell(e.ActionStarted(step=step_id, run=asked, action=action, system="db", target=target, **more))
    told.tell(e.ActionFinished(step=step_id, run=asked, status="succeeded", summary="told", **ended))

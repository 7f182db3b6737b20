"""The bundled plan is the complete written one, with its safety rules."""

from __future__ import annotations

import re

import pytest

from cleo_console.plans import bundled
from journal.plan.applies import applies
from journal.plan.load import load_plan
from journal.plan.model import Plan

WRITTEN_SCRIPTS = [
    "dr_check_status.sh",
    "dr_verify_backups.sh",
    "dr_health_check.sh --comprehensive",
    "dr_damage_report.sh > damage_$(date +%Y%m%d_%H%M%S).log",
    "systemctl stop postgresql",
    "dr_restore_postgres.sh --latest",
    "dr_apply_wal.sh --from-backup",
    "dr_verify_postgres.sh",
    "dr_restore_mongo.sh --latest",
    "dr_rebuild_indexes.sh",
    "dr_verify_mongo.sh",
    "dr_restore_redis.sh --latest",
    "dr_reload_aof.sh",
    "dr_warm_cache.sh",
    "dr_pull_images.sh --stable",
    "kubectl apply -f k8s/disaster-recovery/",
    "dr_verify_deployments.sh",
    "dr_validate_data.sh",
    "dr_test_auth.sh",
    "dr_test_api.sh",
    "pytest tests/dr/test_smoke.py -v",
    "pytest tests/dr/test_integration.py -v",
    "dr_performance_test.sh",
    "dr_update_lb.sh --dr-site",
    "dr_enable_traffic.sh",
    "dr_update_dns.sh --production",
    "dr_verify_dns.sh",
    'pitr_restore.sh --timestamp "2024-01-15 14:30:00"',
    "pitr_verify.sh",
    "selective_restore.sh --table users --date yesterday",
    "user_restore.sh --user-id <id> --date <date>",
]
"""In the order of the written plan, but for the load balancer, which goes before DNS."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(bundled()).plan


def needed_by(plan: Plan, step: str) -> set[str]:
    """Every step that must come before ``step``."""
    found: set[str] = set()
    queue = [step]
    while queue:
        queue += [needed for needed in plan.by_id[queue.pop()].needs if needed not in found]
        found.update(queue)
    return found


def test_every_script_of_the_written_plan_is_bound_to_an_action(plan: Plan) -> None:
    assert [step.script for step in plan.steps() if step.script] == WRITTEN_SCRIPTS
    assert all(step.action for step in plan.steps() if step.script)


def test_the_objectives_are_the_written_ones(plan: Plan) -> None:
    hours = {name: tier.rto / 3600 for name, tier in plan.objectives.rto.items()}
    assert hours == {"critical": 1, "non-critical": 4, "full": 8}
    minutes = {name: data.rpo / 60 for name, data in plan.objectives.rpo.items()}
    assert minutes == {"database": 15, "files": 60, "configuration": 0}
    assert "postgres-verify" in plan.objectives.rto["critical"].validated_by


def test_the_scenarios_are_the_written_ones(plan: Plan) -> None:
    assert [(s.title, s.likelihood, s.severity) for s in plan.scenarios.values()] == [
        ("Database Failure", "Medium", "high"),
        ("Infrastructure Failure", "Low", "high"),
        ("Data Corruption", "Low", "critical"),
        ("Security Breach", "Medium", "critical"),
        ("Natural Disaster", "Very Low", "critical"),
    ]


def test_the_phases_and_windows_are_the_written_ones(plan: Plan) -> None:
    assert [(p.title, p.window.text if p.window else "") for p in plan.phases if not p.optional] == [
        ("Initial Response", "0-15 minutes"),
        ("Assessment", "15-30 minutes"),
        ("Recovery Execution", "30 minutes - 4 hours"),
        ("Validation", "1-2 hours"),
        ("Switchover", "30 minutes"),
    ]


def test_what_is_written_without_a_script_is_there_too(plan: Plan) -> None:
    said = {step.title for step in plan.steps()} | {item for step in plan.steps() for item in step.items}
    assert said >= {
        "Determine severity level",
        "Activate appropriate response team",
        "Begin incident documentation",
        "Notify stakeholders",
        "Update status page",
        "Alert on-call personnel",
        "Test critical user flows",
        "Verify data consistency",
        "Check performance metrics",
        "Complete incident report",
        "Update runbooks",
        "Document lessons learned",
        "Root cause analysis",
        "Impact assessment",
        "Prevention measures",
        "Update DR procedures",
        "Enhance monitoring",
        "Schedule additional training",
    }
    assert [option.title for option in plan.strategies.values()] == [
        "Hot standby failover",
        "Warm standby activation",
        "Cold standby activation",
        "Cold recovery from backups",
    ]
    assert [(c.level, c.respond_within / 60) for c in plan.escalation] == [("L1", 15), ("L2", 30), ("L3", 60)]
    assert [len(test.items) for test in plan.tests] == [3, 3, 3]
    assert [b.schedule for b in plan.backups] == ["*/15 * * * *", "0 * * * *", "0 2 * * *", "0 3 * * 0"]
    assert [(a.name, a.after) for a in plan.alerts] == [("BackupFailed", 65 * 60), ("ReplicationLag", 10 * 60)]


@pytest.mark.parametrize("scenario", ["data-corruption", "security-breach"])
def test_where_replicas_hold_the_damage_they_are_refused(plan: Plan, scenario: str) -> None:
    assert plan.scenarios[scenario].refuses == {
        "recovery_point": ["latest"],
        "strategy": ["hot-standby", "warm-standby", "cold-standby"],
    }


@pytest.mark.parametrize(
    ("step", "before"),
    [
        ("postgres-promote", "postgres-fence"),
        ("mongodb-promote", "mongodb-fence"),
        ("redis-promote", "redis-fence"),
        ("postgres-restore", "stop-writers"),
        ("postgres-restore", "recovery-point"),
        ("postgres-restore", "postgres-stop"),
        ("postgres-restore", "fence-old-site"),
        ("mongodb-restore", "mongodb-stop-writers"),
        ("mongodb-restore", "recovery-point"),
        ("redis-restore", "redis-stop-writers"),
        ("redis-restore", "recovery-point"),
        ("allow-writers", "postgres-verify"),
        ("allow-writers", "postgres-erasure"),
        ("postgres-erasure", "erasure-list"),
        ("postgres-erasure", "redis-erasure"),
        ("mongodb-allow-writers", "mongodb-erasure"),
        ("redis-allow-writers", "redis-erasure"),
        ("mongodb-allow-writers", "mongodb-verify"),
        ("redis-allow-writers", "redis-verify"),
        ("files-restore", "files-stop-writers"),
        ("files-restore", "recovery-point"),
        ("files-allow-writers", "files-verify"),
        ("configuration-restore", "recovery-point"),
        ("deploy-dr", "postgres-verify"),
        ("deploy-dr", "files-verify"),
        ("deploy-dr", "configuration-verify"),
        ("update-lb", "postgres-fence"),
        ("update-lb", "mongodb-fence"),
        ("update-lb", "redis-fence"),
        ("update-lb", "fence-old-site"),
        ("update-lb", "postgres-verify"),
        ("enable-traffic", "test-traffic"),
        ("test-traffic", "update-lb"),
        ("update-dns", "update-lb"),
        ("update-dns", "test-traffic"),
        ("failback-switch", "failback-prepare"),
        ("pitr-verify", "pitr-restore"),
    ],
)
def test_the_safe_order_is_held_by_needs(plan: Plan, step: str, before: str) -> None:
    assert before in needed_by(plan, step)
    order = list(plan.by_id)
    assert order.index(before) < order.index(step)


@pytest.mark.parametrize("step", ["postgres-stop", "mongodb-stop", "redis-stop", "files-stop-writers"])
def test_nobody_is_led_to_a_lost_host_before_the_cold_standbys_play_its_part(plan: Plan, step: str) -> None:
    assert "activate-cold" in plan.by_id[step].after


def test_every_step_stands_after_those_it_needs(plan: Plan) -> None:
    order = list(plan.by_id)
    late = [(s.id, n) for s in plan.steps() for n in s.needs if order.index(n) > order.index(s.id)]
    assert late == []


def test_nothing_waits_for_what_may_well_fail_on_a_bad_day(plan: Plan) -> None:
    waited_for = {needed for step in plan.steps() for needed in step.needs}
    assert waited_for.isdisjoint(
        {"check-status", "verify-backups", "health-check", "damage-report", "postgres-start", "hold-backups"}
    )


def test_the_three_stores_do_not_wait_for_each_other(plan: Plan) -> None:
    assert not any(name.startswith(("mongodb", "redis")) for name in needed_by(plan, "postgres-verify"))
    assert not any(name.startswith(("postgres", "redis")) for name in needed_by(plan, "mongodb-verify"))
    assert not any(name.startswith(("postgres", "mongodb")) for name in needed_by(plan, "redis-restore"))


def test_a_cold_recovery_in_place_shows_only_what_it_takes(plan: Plan) -> None:
    answers = {
        "scenario": "database-failure",
        "affected": "postgres",
        "strategy": "cold-recovery",
        "site": "original-site",
        "postgres_cure": "restore",
    }
    shown = [step.id for step in plan.steps() if step.when and applies(step, answers)]
    assert shown == [
        "pause-replay",
        "stop-writers",
        "postgres-start",
        "postgres-cure",
        "postgres-pause",
        "postgres-stop",
        "postgres-restore",
        "postgres-apply-wal",
        "postgres-verify",
        "postgres-resume",
        "postgres-rebuild",
        "postgres-switch-over",
        "erasure-list",
        "postgres-erasure",
        "allow-writers",
    ]


def test_a_database_that_came_back_by_itself_is_not_restored(plan: Plan) -> None:
    answers = {"affected": "postgres", "strategy": "cold-recovery", "postgres_cure": "crash-recovery"}
    assert applies(plan.by_id["postgres-restore"], answers) is False
    assert applies(plan.by_id["postgres-stop"], answers) is False
    assert applies(plan.by_id["postgres-verify"], answers) is True


@pytest.mark.parametrize("strategy", ["hot-standby", "warm-standby"])
def test_a_failover_promotes_and_does_not_restore(plan: Plan, strategy: str) -> None:
    answers = {"affected": "postgres,redis", "strategy": strategy}
    assert applies(plan.by_id["postgres-promote"], answers) is True
    assert applies(plan.by_id["postgres-fence"], answers) is True
    assert applies(plan.by_id["postgres-restore"], answers) is False
    assert applies(plan.by_id["redis-promote"], answers) is True
    assert applies(plan.by_id["mongodb-fence"], answers) is False


def test_what_is_not_written_is_marked_and_says_why(plan: Plan) -> None:
    ours = {step.id for step in plan.steps() if step.ours}
    assert ours >= {"hold-backups", "stop-writers", "postgres-start", "postgres-fence", "test-traffic", "take-backup"}
    assert not any(step.script for step in plan.steps() if step.ours)
    assert all(step.text for step in plan.steps())


def test_step_numbers_in_the_texts_are_right(plan: Plan) -> None:
    named = {
        "hold-backups": ["release-backups"],
        "release-backups": ["hold-backups"],
        "stop-writers": ["allow-writers"],
        "allow-writers": ["stop-writers", "validate-data"],
        "mongodb-stop-writers": ["mongodb-allow-writers"],
        "mongodb-allow-writers": ["mongodb-stop-writers"],
        "redis-stop-writers": ["redis-allow-writers"],
        "redis-allow-writers": ["redis-stop-writers"],
        "mongodb-allow-ttl": ["mongodb-restore"],
        "reopen-lb": ["isolate"],
        "files-stop-writers": ["files-allow-writers"],
        "files-allow-writers": ["files-stop-writers"],
        "postgres-promote": ["strategy"],
    }
    for step in plan.steps():
        found = re.findall(r"\b\d\.\d\.\d\b", step.text)
        assert sorted(found) == sorted(plan.numbers[name] for name in named.get(step.id, [])), step.id


def test_what_a_scenario_suggests(plan: Plan) -> None:
    def suggested(name: str, scenario: str) -> str:
        step = plan.decision(name)
        assert step is not None and step.decision is not None
        return plan.suggested(step.decision, scenario)

    assert suggested("affected", "database-failure") == "postgres,mongodb,redis"
    assert suggested("severity", "data-corruption") == "critical"
    assert suggested("strategy", "natural-disaster") == "warm-standby"
    assert suggested("recovery_point", "database-failure") == "latest"
    assert suggested("recovery_point", "data-corruption") == ""
    assert suggested("site", "database-failure") == ""

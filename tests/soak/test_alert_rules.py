"""The alert rules made from the plan, as promtool plays them: when each fires, and when it does not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cleo_console.test_cli import Cleo

SYSTEM = 'system="postgres",type="postgres",site="primary",data="database"'
STORE = 'system="postgres",type="postgres"'
INFO = f'cleo_system_info{{{SYSTEM},plays="postgres",standby_of="",cold="0",backed_up="1"}}'
STANDBY = 'system="standby",type="postgres",site="dr",data="database"'
STANDBY_INFO = f'cleo_system_info{{{STANDBY},plays="",standby_of="postgres",cold="0",backed_up="0"}}'
UP = f'cleo_system_status{{{SYSTEM},status="up"}}'
EXPOSED = f'rpo_exposure_seconds{{{SYSTEM},scope="store"}}'
INSTALLED = {'cleo_exporter_info{inventory="lab",version="1"}': "1x200"}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("rules")
    Cleo(home)("exporter", "rules", "-o", str(home))
    return home


SITE = EXPOSED.replace("store", "site")
EXPORTER = 'cleo_exporter_info{inventory="lab",version="1",instance="%s:9477"}'
READY = 'cleo_measured_timestamp{what="readiness",system=""}'
CASES: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "BackupFailed": (
        {f"backup_last_success_timestamp{{{STORE}}}": "0x99"},
        {f"backup_last_success_timestamp{{{STORE}}}": "0+60x99"},
        "70m",
    ),
    "ReplicationLag": (
        {f"replication_lag_seconds{{{STANDBY}}}": "301x9"},
        {f"replication_lag_seconds{{{STANDBY}}}": "300x9"},
        "6m",
    ),
    "RpoAtRisk": ({EXPOSED: "721x9"}, {EXPOSED: "720x9"}, "1m"),
    "SiteRpoAtRisk": ({SITE: "721x9"}, {SITE: "720x9"}, "1m"),
    "RpoNotMeasured": ({INFO: "1x9"}, {INFO: "1x9", EXPOSED: "5x9"}, "6m"),
    "SystemDown": (
        {f'cleo_system_status{{{SYSTEM},status="not answering"}}': "1x9"},
        {UP: "1x9", f'cleo_system_status{{{SYSTEM},status="degraded"}}': "1x9"},
        "2m",
    ),
    "SystemNotMeasured": (
        {INFO: "1x9", f'cleo_system_status{{{SYSTEM},status="not measured"}}': "1x9"},
        {INFO: "1x9", UP: "1x9"},
        "6m",
    ),
    "ReplicationNotMeasured": (
        {STANDBY_INFO: "1x9"},
        {STANDBY_INFO: "1x9", f"replication_lag_seconds{{{STANDBY}}}": "1x9"},
        "6m",
    ),
    "BackupsNotMeasured": ({INFO: "1x9"}, {INFO: "1x9", f"backup_last_success_timestamp{{{STORE}}}": "0x9"}, "6m"),
    "RestoreNotTested": (
        {f"backup_listed{{{STORE}}}": "1x99"},
        {f"backup_listed{{{STORE}}}": "1x99", f"backup_last_restored_timestamp{{{STORE}}}": "0x99"},
        "70m",
    ),
    "IncidentsNotMeasured": ({}, {'cleo_incidents_open{kind="REAL"}': "0x9"}, "6m"),
    "TestsNotMeasured": ({}, {'cleo_test_overdue{test="t",every="month"}': "0x99"}, "70m"),
    "TestOverdue": (
        {'cleo_test_overdue{test="t",every="month"}': "1x99"},
        {'cleo_test_overdue{test="t",every="month"}': "0x99"},
        "70m",
    ),
    "RtoAtRisk": (
        {'rto_left_seconds{incident="I",tier="c"}': "899x9", 'rto_target_seconds{incident="I",tier="c"}': "3600x9"},
        {'rto_left_seconds{incident="I",tier="c"}': "900x9", 'rto_target_seconds{incident="I",tier="c"}': "3600x9"},
        "1m",
    ),
    "StepInDoubt": (
        {'cleo_incident_in_doubt{incident="I"}': "1x9"},
        {'cleo_incident_in_doubt{incident="I"}': "0x9"},
        "6m",
    ),
    "NotReady": ({'cleo_ready{scenario="s"}': "0x9"}, {'cleo_ready{scenario="s"}': "1x9"}, "1m"),
    "ReadinessNotMeasured": ({}, {READY: "0x99"}, "70m"),
    "MeasurementFails": (
        {'cleo_measurement_failed{what="health",system="x"}': "1x30"},
        {'cleo_measurement_failed{what="health",system="x"}': "1x10 _x20"},
        "16m",
    ),
    "CleoExporterGone": ({'cleo_exporter_info{inventory="lab",version="1"}': "1x1 _x30"}, {}, "20m"),
    "CleoExporterLost": (
        {EXPORTER % "a": "1x50", EXPORTER % "b": "1x9 _x40"},
        {EXPORTER % "a": "1x50", EXPORTER % "b": "1x50"},
        "30m",
    ),
}
"""Of each rule: series with which it fires, those with which it is silent, and when that is looked at."""


def test_every_rule_fires_and_is_silent_where_it_should_be(rules: Path) -> None:
    made = yaml.safe_load((rules / "dr-alerts.yaml").read_text())
    names = {rule["alert"] for group in made["groups"] for rule in group["rules"]}
    assert names == set(CASES), "a rule that nobody saw fire is no rule"
    for name, (fires, silent, at) in CASES.items():
        firing(rules, fires, **{name: (at, True)})
        firing(rules, silent, **{name: (at, False)})


def firing(rules: Path, series: dict[str, str], **expected: tuple[str, bool]) -> None:
    """Play series of a value a minute; each alert named is to fire, or not to, at a time."""
    tests: list[dict[str, Any]] = []
    for alert, (at, fires) in expected.items():
        said = {"eval_time": at, "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'}
        tests.append(said | {"exp_samples": [{"labels": "{}", "value": 1}] if fires else []})
    inputs = [{"series": name, "values": values} for name, values in (INSTALLED | series).items()]
    played = [{"interval": "1m", "input_series": inputs, "promql_expr_test": [one]} for one in tests]
    path = rules / "played.yaml"
    path.write_text(yaml.safe_dump({"rule_files": ["dr-alerts.yaml"], "evaluation_interval": "30s", "tests": played}))
    done = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_finds_nothing_wrong_and_the_plans_rules_are_as_it_has_them(rules: Path) -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", "--lint=all", "--lint-fatal", str(rules / "dr-alerts.yaml")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    theirs = yaml.safe_load((rules / "dr-alerts.yaml").read_text())["groups"][0]
    assert theirs["name"] == "disaster_recovery"
    assert [(one["alert"], one["expr"], one["for"]) for one in theirs["rules"]] == [
        ("BackupFailed", "backup_last_success_timestamp < time() - 3600", "5m"),
        ("ReplicationLag", "replication_lag_seconds > 300", "5m"),
    ]


def test_backups_that_stop_are_alarmed_by_ours_before_the_rpo_is_missed_and_by_the_plans_after_65_minutes(
    rules: Path,
) -> None:
    stopped = {EXPOSED: "0+60x100", f"backup_last_success_timestamp{{{STORE}}}": "0x100", INFO: "1x100", UP: "1x100"}
    firing(rules, stopped, RpoAtRisk=("12m", False))
    firing(rules, stopped, RpoAtRisk=("13m", True), BackupFailed=("64m", False))
    firing(rules, stopped, BackupFailed=("66m", True), RpoNotMeasured=("90m", False))


def test_what_is_not_measured_is_alarmed_and_never_taken_for_good(rules: Path) -> None:
    gone = {
        EXPOSED: "5x10 _x30",
        f"backup_last_success_timestamp{{{STORE}}}": "1x10 _x30",
        f"replication_lag_seconds{{{STANDBY}}}": "1x10 _x30",
        UP: "1x10 _x30",
        INFO: "1x40",
        STANDBY_INFO: "1x40",
        f'cleo_system_status{{{STANDBY},status="up"}}': "1x40",
    }
    alerts = ("RpoNotMeasured", "BackupsNotMeasured", "ReplicationNotMeasured", "SystemNotMeasured")
    firing(rules, gone, **dict.fromkeys(alerts, ("10m", False)))
    firing(rules, gone, **dict.fromkeys(alerts, ("22m", True)))


def test_an_exporter_that_is_gone_and_a_system_that_is_down_are_alarmed(rules: Path) -> None:
    down = {f'cleo_system_status{{{SYSTEM},status="down"}}': "0 0 1x20", INFO: "1x30"}
    firing(rules, down, SystemDown=("2m", False), CleoExporterGone=("9m", False))
    firing(rules, down, SystemDown=("4m", True))
    gone = {'cleo_exporter_info{inventory="lab",version="1"}': "1x5 _x30"}
    firing(rules, gone, CleoExporterGone=("17m", True))


def test_a_standby_that_lags_and_what_is_left_of_an_rto(rules: Path) -> None:
    late = {
        f"replication_lag_seconds{{{STANDBY}}}": "200 301x20",
        'rto_left_seconds{incident="INC-1",tier="critical"}': "1200-60x30",
        'rto_target_seconds{incident="INC-1",tier="critical"}': "3600x30",
        f"backup_last_restored_timestamp{{{STORE}}}": "0x30",
    }
    firing(rules, late, ReplicationLag=("4m", False), RtoAtRisk=("4m", False), RestoreNotTested=("20m", False))
    firing(rules, late, ReplicationLag=("8m", True), RtoAtRisk=("8m", True))

"""Alert rules and the ServiceMonitor, made from a plan: its own rules, and those that keep what it promises. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from journal.plan.model import Plan
from journal.plan.routine import DataClass
from journal.wording.durations import Duration

Rule = dict[str, Any]

PLAN_GROUP, OUR_GROUP = "disaster_recovery", "disaster_recovery_cleo"
AT_RISK = 0.8
"""From this part of an objective on somebody is alarmed: what is left of it is for the alarm's way, and to act."""
SCRAPE, EVALUATED = "30s", "30s"
_DAYS = {"month": 31, "quarter": 92, "year": 366}
"""Days after which a test of the plan is overdue."""
_UNKNOWN_MOST_S, _READY_S = 300, 86400
_MISSED_FOR = "6h"
"""For so long one of several exporters is missed: one that was taken away on purpose stops alarming after that."""
_SYSTEM = "{{ $labels.system }}"


def alert_rules(plan: Plan) -> dict[str, Any]:
    """Return ``dr-alerts.yaml``: the plan's rules as it has them, and ours in a group of their own."""
    theirs = [_rule(one.name, one.expr, one.wait, one.severity, summary=one.summary) for one in plan.alerts]
    ours = [
        *_of_exposure(plan),
        *_of_systems(),
        *_of_backups(plan),
        *_of_incidents(plan),
        *_of_readiness(),
        *_of_looks(),
    ]
    return {
        "groups": [
            {"name": PLAN_GROUP, "rules": theirs},
            {"name": OUR_GROUP, "interval": EVALUATED, "rules": ours},
        ]
    }


def service_monitor(plan: Plan) -> dict[str, Any]:
    """Return ``dr-monitoring.yaml``: the plan's ServiceMonitor, for the Prometheus operator."""
    said = plan.monitoring
    label, _, value = said.get("selector", "app=cleoai-dr").partition("=")
    endpoint = {
        "port": said.get("port", "metrics"),
        "interval": said.get("interval", SCRAPE),
        "path": said.get("path", "/metrics"),
    }
    return {
        "apiVersion": said.get("apiVersion", "monitoring.coreos.com/v1"),
        "kind": said.get("kind", "ServiceMonitor"),
        "metadata": {"name": said.get("name", "dr-health")},
        "spec": {"selector": {"matchLabels": {label: value}}, "endpoints": [endpoint]},
    }


def _of_exposure(plan: Plan) -> Iterator[Rule]:
    """Yield the rules that alarm before the plan's RPO is missed, and where nobody knows whether it is."""
    for name, data in plan.objectives.rpo.items():
        labels = f'data="{name}"'
        most, wait = int(data.rpo * AT_RISK), 0 if data.rpo else 60
        words = f"{{{{ $value | humanizeDuration }}}} of {_SYSTEM} would be lost with"
        promised = f"the RPO of {data.title} is {data.rpo}"
        yield _rule(
            "RpoAtRisk",
            f'rpo_exposure_seconds{{scope="store",{labels}}} > {most}',
            wait,
            "critical",
            summary=f"{words} its disks; {promised}",
            description=_late(plan, name, data),
            data=name,
        )
        yield _rule(
            "SiteRpoAtRisk",
            f'rpo_exposure_seconds{{scope="site",{labels}}} > {most}',
            wait,
            "warning",
            summary=f"{words} the site {{{{ $labels.site }}}}; {promised}",
            data=name,
        )
        yield _rule(
            "RpoNotMeasured",
            f'cleo_system_info{{standby_of="",{labels}}} unless on (system) rpo_exposure_seconds{{scope="store"}}',
            max(60, min(_UNKNOWN_MOST_S, data.rpo // 3)),
            "warning",
            summary=f"Nobody knows what of {_SYSTEM} would be lost now; {promised}",
            data=name,
        )


def _late(plan: Plan, name: str, data: DataClass) -> str:
    """Return which of the plan's own alarms come too late for what it promises."""
    late = [one for one in plan.alerts if one.data == name and one.after > data.rpo]
    return ". ".join(f"The plan's own {one.name} comes {one.after} after the fault" for one in late)


def _of_systems() -> Iterator[Rule]:
    yield _rule(
        "SystemDown",
        'cleo_system_status{status=~"down|not answering"} == 1',
        60,
        "critical",
        summary=f"{_SYSTEM} ({{{{ $labels.site }}}}) is {{{{ $labels.status }}}}",
    )
    yield _rule(
        "SystemNotMeasured",
        'cleo_system_info{cold="0"} unless on (system) cleo_system_status{status!="not measured"}',
        _UNKNOWN_MOST_S,
        "warning",
        summary=f"Nobody knows how {_SYSTEM} ({{{{ $labels.site }}}}) is",
    )
    yield _rule(
        "ReplicationNotMeasured",
        'cleo_system_info{standby_of!="",cold="0"} unless on (system) replication_lag_seconds',
        _UNKNOWN_MOST_S,
        "warning",
        summary=f"Nobody knows how far {_SYSTEM} is behind {{{{ $labels.standby_of }}}}",
    )


def _of_backups(plan: Plan) -> Iterator[Rule]:
    yield _rule(
        "BackupsNotMeasured",
        'cleo_system_info{backed_up="1"} unless on (system) backup_last_success_timestamp',
        _UNKNOWN_MOST_S,
        "warning",
        summary=f"Nobody can list the backups of {_SYSTEM}",
    )
    tests = [test for test in plan.tests if any("restor" in item.casefold() for item in test.items)]
    if days := min((_DAYS[test.every] for test in tests), default=0):
        yield _rule(
            "RestoreNotTested",
            f"time() - backup_last_restored_timestamp > {days * 86400}"
            " or backup_listed == 1 unless on (system) backup_last_restored_timestamp",
            3600,
            "warning",
            summary=f"No backup of {_SYSTEM} is known to have been restored and verified in {days} days",
        )


def _of_incidents(plan: Plan) -> Iterator[Rule]:
    yield _rule(
        "IncidentsNotMeasured",
        "cleo_exporter_info unless on (instance) cleo_incidents_open",
        _UNKNOWN_MOST_S,
        "warning",
        summary="Nobody reads which incidents are open: RtoAtRisk and StepInDoubt are silent",
    )
    if plan.tests:
        yield _rule(
            "TestsNotMeasured",
            "cleo_exporter_info unless on (instance) cleo_test_overdue",
            3600,
            "warning",
            summary="Nobody reads whether the plan's tests were held: TestOverdue is silent",
        )
    yield _rule(
        "TestOverdue",
        "cleo_test_overdue == 1",
        3600,
        "warning",
        summary="{{ $labels.test }} is due every {{ $labels.every }}, and no journal here shows it: cleo schedule",
    )
    yield _rule(
        "RtoAtRisk",
        "rto_left_seconds < rto_target_seconds / 4",
        0,
        "critical",
        summary="{{ $labels.incident }}: {{ $value | humanizeDuration }} are left of the RTO {{ $labels.tier }}",
    )
    yield _rule(
        "StepInDoubt",
        "cleo_incident_in_doubt > 0",
        300,
        "warning",
        summary="{{ $labels.incident }}: {{ $value }} steps are in doubt, and nobody has judged them",
    )


def _of_readiness() -> Iterator[Rule]:
    yield _rule(
        "NotReady",
        "cleo_ready == 0",
        0,
        "warning",
        summary="{{ $labels.scenario }} would not be recovered from in time and whole: see cleo ready",
    )
    yield _rule(
        "ReadinessNotMeasured",
        f'cleo_exporter_info unless on (instance) (time() - cleo_measured_timestamp{{what="readiness"}} < {_READY_S})',
        3600,
        "warning",
        summary="Nobody has looked for a day whether the plan can be carried out: cleo ready",
    )


def _of_looks() -> Iterator[Rule]:
    yield _rule(
        "MeasurementFails",
        "cleo_measurement_failed == 1",
        900,
        "warning",
        summary=f"{{{{ $labels.what }}}} {_SYSTEM}: what was seen is getting old, the looks fail",
    )
    yield _rule(
        "CleoExporterGone",
        "absent(cleo_exporter_info)",
        _UNKNOWN_MOST_S,
        "critical",
        summary="Nobody asks how exposed the data are: no exporter is scraped",
    )
    yield _rule(
        "CleoExporterLost",
        f"max by (instance) (max_over_time(cleo_exporter_info[{_MISSED_FOR}])) unless on (instance) cleo_exporter_info",
        _UNKNOWN_MOST_S,
        "critical",
        summary="The exporter at {{ $labels.instance }} answered in the last 6 hours, and does no more",
    )


def _rule(
    name: str, expr: str, wait: float, severity: str, *, summary: str, description: str = "", data: str = ""
) -> Rule:
    told = {"summary": summary} | ({"description": description} if description else {})
    of = {"data": data} if data else {}
    timed = {"for": _prometheus(int(wait))} if wait else {}
    return {"alert": name, "expr": expr, **timed, "labels": {"severity": severity, **of}, "annotations": told}


def _prometheus(seconds: int) -> str:
    """Return a duration as Prometheus writes it."""
    return str(Duration(seconds)).replace(" min", "m").replace(" ", "")

"""A catalogue of the actions that the bundled plan uses, since `journal` must not import the real one."""

from __future__ import annotations

from journal.plan.action_spec import ActionSpec, Param

RESTORE = ActionSpec(
    name="postgres.restore",
    title="Restore",
    destructive=True,
    params=[
        Param(name="backup", type="str", default=""),
        Param(name="latest", type="bool", default=False),
        Param(name="workers", type="int", default=2),
        Param(name="share", type="float", default=0.5),
    ],
)
CHECK = ActionSpec(name="status.check", title="Check")
PLANNED_ACTIONS = ActionSpec(name="dns.verify", title="Verify DNS", available=False)
WANTS = ActionSpec(
    name="postgres.pitr",
    title="Restore to a moment",
    destructive=True,
    params=[Param(name="timestamp", type="str", required=True)],
)

CATALOGUE = {spec.name: spec for spec in (RESTORE, CHECK, PLANNED_ACTIONS, WANTS)}

SMALL_PLAN = """\
title: Small
version: "1"
objectives:
  rto:
    critical: {title: Critical, rto: 4 h, validated_by: [verify]}
  rpo:
    database: {title: Database, rpo: 15 min}
systems:
  db: {title: The database, tier: critical, data: database}
scenarios:
  lost:
    title: Lost
    impact: No data
    likelihood: Low
    severity: high
    systems: [db]
    strategy: cold
    refuses: {recovery_point: [latest]}
strategies:
  cold: {title: From backups}
  hot: {title: Standby}
phases:
  - id: first
    title: First
    window: {start: 0 s, end: 15 min}
    sections:
      - title: Look
        steps:
          - id: look
            title: Look
            action: status.check
          - id: strategy
            title: Choose
            decision:
              name: strategy
              question: How?
              options:
                cold: {title: From backups}
                hot: {title: Standby}
          - id: point
            title: Point
            decision: {name: recovery_point, question: To when?, kind: recovery-point, default: latest}
          - id: hit
            title: What
            decision: {name: affected, question: What is hit?, kind: systems}
      - title: Mend
        steps:
          - id: restore
            title: Restore
            action: postgres.restore
            params: {latest: true}
            destructive: true
            system: db
            when: {strategy: [cold], affected: [db], scenario: [lost]}
            needs: [strategy, point]
            verified_by: verify
            expect: 1 h 30 min
          - id: verify
            title: Verify
            needs: [restore]
            items: [Count the rows]
"""
"""A plan without errors and warnings."""

"""Actions that the plan names and a later version brings.

They are in the catalogue so that the plan can be checked and the console can say "not available yet: do
it by hand, and note what you did". They are run in tabletops alone, and there their gates count.
"""

from __future__ import annotations

from journal.plan.action_spec import ActionSpec, Param


def _flag(name: str) -> Param:
    return Param(name=name, type="bool", default=False)


def _text(name: str) -> Param:
    return Param(name=name, type="str", default="")


def _planned(
    name: str, title: str, script: str = "", *params: Param, destructive: bool = False, gates: tuple[str, ...] = ()
) -> ActionSpec:
    return ActionSpec(
        name=name,
        title=title,
        script=script,
        system=name.split(".")[0],
        params=list(params),
        destructive=destructive,
        gates=gates,
        available=False,
    )


PLANNED_ACTIONS = [
    _planned("kubernetes.pull_images", "Pull the images", "dr_pull_images.sh", _flag("stable")),
    _planned("kubernetes.apply", "Apply manifests", "kubectl apply", _text("path"), destructive=True),
    _planned("kubernetes.verify_deployments", "Verify the deployments", "dr_verify_deployments.sh"),
]

"""Where everything of a lab's emulated ELBv2 lies, and its process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cleo_console.lab.emulated_aws import EmulatedAws

GROUPS = {"primary": "app-primary", "dr": "app-dr"}
"""The target group of each site."""


@dataclass(frozen=True)
class Place(EmulatedAws):
    """An emulated ELBv2 of a lab.

    Args:
        front: where users come in.
    """

    front: int

    program: ClassVar[str] = "cleo_console.lab.load_balancer.elbv2.program"
    title: ClassVar[str] = "ELBv2"

    @property
    def sick(self) -> Path:
        """The target groups whose targets fail their checks, a name each; missing: none."""
        return self.workspace.directory / "sick"

    def said(self) -> dict[str, Any]:
        """See `EmulatedAws`."""
        return {"front": self.front, "sick": str(self.sick)}

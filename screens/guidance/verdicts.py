"""What a person can say of a run of which nobody knows how it ended."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["done", "failed", "run_again"]

VERDICTS: dict[Verdict, str] = {
    "done": "It was done: what it left is what it should have left",
    "failed": "It failed: the step counts as failed",
    "run_again": "Neither: make the step ready, to be run again by hand",
}
NO_PROBE = "There is no probe for this action: look at the system yourself."

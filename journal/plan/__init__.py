"""The plan: the steps that responders follow, as data."""

from journal.plan.model import Plan, Step

__all__ = ["Plan", "Step"]

"""The plan: what a responder is walked through, as data."""

from journal.plan.model import Plan, Step

__all__ = ["Plan", "Step"]

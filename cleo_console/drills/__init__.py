"""Drills by calendar: how the plan's tests stand, and what runs them."""

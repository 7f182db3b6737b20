"""Failing over, as it is for every type of system: how an old primary is fenced, and what is written down of it."""

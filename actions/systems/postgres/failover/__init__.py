"""Failover: the old primary is kept from writing, and a standby takes its place."""

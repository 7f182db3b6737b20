"""Patroni as what manages a server: recognised, paused, resumed, switched over, its stale replicas rebuilt."""

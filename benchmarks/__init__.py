"""Benchmarks of everything that has a limit: ``python -m benchmarks``."""

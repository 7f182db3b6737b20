"""What is promised with a number, measured: ``python -m benchmarks``."""

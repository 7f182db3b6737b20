"""The tests that are run where the inventory names none: pytest runs them as a program of its own."""

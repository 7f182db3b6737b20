"""Exercises: script, moments, assessment."""

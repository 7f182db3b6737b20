"""Exercises: their script, their moments, and what they showed."""

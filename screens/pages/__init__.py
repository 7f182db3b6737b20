"""Whole screens above the incident console: timeline, health, contacts, output, report, help."""

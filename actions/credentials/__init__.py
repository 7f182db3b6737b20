"""Passwords changed after a break-in, with the proof that the old ones are worth nothing."""

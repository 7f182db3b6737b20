"""Dialogs: each asks one thing and gives its answer back."""

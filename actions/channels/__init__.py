"""Channels as an inventory names them: their settings, and whether what is written there can be used."""

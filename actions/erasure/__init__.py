"""Erasure requests: what a restore brought back of users who were erased since the recovery point goes again."""

"""What an intruder left, kept before a restore replaces it: copied, digested, and never changed afterwards."""

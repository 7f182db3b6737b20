"""Whether each scenario of the plan would be recovered from now, told from what was looked at on an ordinary day."""

"""Whether the steps of a plan could be done now: looks on an ordinary day that change nothing anywhere."""

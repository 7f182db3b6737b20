"""The incident's state, folded from its events, and what is computed from that state."""

"""The incident's state, folded from its events, and what follows from that state."""

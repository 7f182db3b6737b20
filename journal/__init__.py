"""The truth: plan, events, the store that keeps them, the state that follows from them, the report."""

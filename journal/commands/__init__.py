"""What people say and ask for: each is checked and becomes one durable event."""

"""The event types: everything that can be said about an incident."""

"""Looking at everything at once: status, health, damage."""

"""Actions over all systems at once: status, health, damage."""

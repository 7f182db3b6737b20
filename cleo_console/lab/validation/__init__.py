"""A small stand-in for CleoAI's API: a real process that reads the lab's stores, as a service of a lab."""

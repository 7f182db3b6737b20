"""A game day: an exercise on the real lab. Its injects break it; participants recover it with real actions."""

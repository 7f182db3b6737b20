"""The console of whoever leads an exercise, on a terminal of its own."""

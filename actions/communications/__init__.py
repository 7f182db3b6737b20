"""Telling people: audiences, the channels that reach them, what they are told, and what came back of each."""

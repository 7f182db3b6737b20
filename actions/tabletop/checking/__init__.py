"""Checks a script before anybody plays it: that whatever it names exists, and that it can come to what it asks for."""

"""Whom a lab's incidents tell: a mail server and a webhook that keep what they get, and can be broken."""

"""An incident while it goes on: its session, news from the journal, commands to it, notices."""

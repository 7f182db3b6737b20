"""Following an incident while it goes on: the session, news from the journal, writes on their way, notices."""

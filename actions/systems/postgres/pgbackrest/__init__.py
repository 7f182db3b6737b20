"""pgBackRest's command line, configuration and repositories."""

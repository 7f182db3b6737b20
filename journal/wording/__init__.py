"""Words that console, line mode and report share."""

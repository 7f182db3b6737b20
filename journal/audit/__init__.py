"""The evidence pack for auditors: what many journals show of a span of time, and what they do not show."""

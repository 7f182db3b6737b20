"""The post-incident report: one model, three forms."""

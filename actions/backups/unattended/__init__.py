"""Backups outside of an incident: from cron, a CronJob or a shell, one at a time for each system."""

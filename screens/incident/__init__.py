"""The incident console: checklist, step, health and status line of one incident."""

"""Before an incident is open: the list of incidents, and declaring one."""

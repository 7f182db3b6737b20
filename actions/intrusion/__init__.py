"""What an intruder leaves behind, looked for in what runs and in the backups that it is to be restored from."""

"""What every system that runs on a machine of its own needs: its programs and files, directories, room, old data."""

# identity: print the host's name and, where it has one, its machine id.

uname -n
cat /etc/machine-id 2>/dev/null || :

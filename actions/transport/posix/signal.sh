# signal SPOOL NUMBER: send it to the program's process group, if that still is the program's; answer yes or no.
#
# The kernel hands out no id that still names a group: where the leader is gone, the group is what it left.

spool=$(absolute "$1") number=$2
started=$(cat "$spool/started" 2>/dev/null)
pid=$(fact pid "$started")
now=$(ticks "${pid:-none}")
if [ -z "$pid" ] || [ "$(fact boot "$started")" != "$(boot_id)" ]; then
    echo no
elif [ -n "$now" ] && [ "$now" != "$(fact start "$started")" ]; then
    echo no
elif kill "-$number" "-$pid" 2>/dev/null || sudo -n kill "-$number" "-$pid" 2>/dev/null; then
    echo yes
else
    echo no
fi

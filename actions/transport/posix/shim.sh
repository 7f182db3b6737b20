# Runs one program for a runner that may die or lose its link, and leaves its exit status: actions/transport/shim.py
# for hosts where only POSIX sh and setsid(1) can be counted on. It cannot hold a lock; its process id, start time
# and boot in `started` tell whether it lives. A shell cannot tell "ended by signal 15" from "exited with 143".
#
#   sh shim.sh keep SPOOL UMASK USER NAMES ARGV...      first answers one line: started, taken, or why not

role=$1 spool=$2 mask=$3 user=$4 names=$5
shift 5

# keep ARGV...: start the program in a session of its own, and record its end.
keep() {
    trap : HUP INT TERM # outlive them; unlike an ignored signal, a trapped one is handed back to the program
    end=$spool/finished.$$
    if ! printf '%-80s\n' '' >"$end"; then # set aside while there is room on the disk
        echo "cannot write to $spool"
        exit 125
    fi
    sync "$end" 2>/dev/null
    setsid sh "$0" program "$spool" "$mask" "$user" "$names" "$$" "$(ticks $$)" "$@" </dev/null &
    child=$!
    exec >/dev/null # the answer is the child's to give
    # A trapped signal interrupts the wait; /proc keeps the child's name until it was waited for.
    while wait "$child"; code=$?; [ "$code" -gt 128 ] && [ -e "/proc/$child" ]; do :; done
    fact shim "$(cat "$spool/started" 2>/dev/null)" | grep -qx "$$" || {
        rm -f "$end" # it never ran, or another shim keeps it
        exit 125
    }
    [ "$code" -gt 128 ] && [ "$code" -lt 193 ] && code=$((128 - code))
    tries=600 line="code=$code up=$(uptime)"
    until printf '%-80s\n' "$line" 1<>"$end" && { sync "$end" 2>/dev/null || :; } && ln "$end" "$spool/finished"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || exit 1
        sleep 1
    done
    rm -f "$end"
    sync "$spool" 2>/dev/null
}

# program SHIM SHIM_TICKS ARGV...: record the start, then become the program.
program() {
    record="pid=$$ start=$(ticks $$) boot=$(boot_id) up=$(uptime) shim=$1 shim_start=$2"
    shift 2
    if ! leave started "$record"; then
        [ -e "$spool/started" ] && echo taken || echo "cannot write to $spool"
        exit 125
    fi
    echo started
    exec >>"$spool/out" 2>>"$spool/err"
    # Room for what it prints, while there is some: a disk that fills up then ends no program.
    { fallocate -n -l 16777216 "$spool/out" && fallocate -n -l 1048576 "$spool/err"; } >/dev/null 2>&1
    umask "$mask"
    # A shell starts what runs in the background with INT and QUIT ignored; newer coreutils can undo that.
    env --default-signal=INT,QUIT true 2>/dev/null && set -- env --default-signal=INT,QUIT "$@"
    become "$user" "$names" "$@"
}

"$role" "$@"

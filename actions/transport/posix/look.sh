# look SPOOL OUT_OFFSET ERR_OFFSET LIMIT: print where a program stands, and what it printed since.
#
# Four lines and two runs of bytes: what lives now; the record `started`; the record `finished`; the sizes of what
# follows; standard output; standard error. What lives is looked at first: where the shim is gone and left no
# `finished`, there will be none.

spool=$(absolute "$1") out_from=$2 err_from=$3 limit=$4

# fresh FILE FROM: print how many bytes there are to send.
fresh() {
    size=0
    [ ! -e "$1" ] || size=$(wc -c <"$1")
    size=$((size - $2))
    [ "$size" -lt "$limit" ] || size=$limit
    echo "$size"
}

# send FILE FROM SIZE
send() {
    [ "$3" -eq 0 ] || tail -c "+$(($2 + 1))" "$1" | head -c "$3"
}

started=$(cat "$spool/started" 2>/dev/null)
pid=$(fact pid "$started") shim=$(fact shim "$started")
echo "boot=$(boot_id) start=$(ticks "${pid:-none}") shim_start=$(ticks "${shim:-none}") state=$(state "${pid:-none}")"
echo "$started"
if [ -e "$spool/finished" ]; then cat "$spool/finished"; else echo; fi
out=$(fresh "$spool/out" "$out_from") err=$(fresh "$spool/err" "$err_from")
echo "out=$out err=$err"
send "$spool/out" "$out_from" "$out"
send "$spool/err" "$err_from" "$err"

# start SPOOL CWD SHIM USER NAMES ARGV...: start a program under the shim; answer what the shim answers.

spool=$(absolute "$1") cwd=$2 shim=$3 user=$4 names=$5
shift 5

refuse() {
    echo "$1"
    exit 0
}

command -v setsid >/dev/null || refuse "cannot detach: setsid(1) is missing (Debian: util-linux)"
reason=$(why_not "$user")
[ -z "$reason" ] || refuse "cannot become $user: $reason"
command -v -- "$1" >/dev/null || refuse "missing"
cd -- "$cwd" 2>/dev/null || refuse "cannot enter $cwd"

mask=$(umask)
umask 077
mkdir -p -- "$spool" 2>/dev/null || refuse "cannot make $spool"
[ ! -e "$spool/started" ] || refuse taken
printf '%s\n' "$shim" >"$spool/shim.sh.$$" || refuse "cannot write to $spool"
mv -f "$spool/shim.sh.$$" "$spool/shim.sh" # never written over: another shim may be reading it
# The answer ends when the program, too, has let go of this pipe: by then the start is written.
echo "$(setsid sh "$spool/shim.sh" keep "$spool" "$mask" "$user" "$names" "$@" </dev/null 2>>"$spool/shim.log" &)"

# What the scripts beside this file share; every one of them is sent with this in front. POSIX sh on Linux.

# ticks PID: print when the process started, in clock ticks since boot; nothing where it is gone or a zombie.
ticks() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    case $1 in Z | X | x) ;; *) echo "${20}" ;; esac
}

# state PID: print the letter of the process's state, proc(5); nothing where it is gone.
state() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    echo "$1"
}

boot_id() { cat /proc/sys/kernel/random/boot_id; }

uptime() { cut -d ' ' -f 1 /proc/uptime; }

# fact NAME LINE: print the value of NAME=value in a line of such pairs.
fact() {
    case " $2" in *" $1="*) value=" $2" ;; *) return 0 ;; esac
    value=${value##*" $1="}
    echo "${value%% *}"
}

# leave NAME LINE: write a record of the spool durably; fail where somebody has left it before.
leave() {
    draft=$spool/$1.$$
    printf '%s\n' "$2" >"$draft" && sync "$draft" 2>/dev/null
    ln "$draft" "$spool/$1" 2>/dev/null # link(2): atomic, and never replaces
    left=$?
    rm -f "$draft"
    sync "$spool" 2>/dev/null
    return "$left"
}

# absolute PATH: print it with a leading ~/ made the home folder.
absolute() {
    case $1 in '~/'*) echo "$HOME/${1#??}" ;; *) echo "$1" ;; esac
}

# is_us USER: whether that account is empty or already ours.
is_us() { [ -z "$1" ] || [ "$(id -u "$1" 2>/dev/null)" = "$(id -u)" ]; }

# why_not USER: print why we cannot run programs as USER; nothing where we can.
why_not() {
    is_us "$1" && return
    if ! id -u "$1" >/dev/null 2>&1; then
        echo "there is no account $1"
    elif [ "$(id -u)" = 0 ]; then
        command -v setpriv >/dev/null || echo "setpriv(1) is missing (Debian: util-linux)"
    elif ! said=$(sudo -n -u "$1" true 2>&1); then
        echo "sudo does not let $(id -un) run programs as $1 ($(printf '%s' "$said" | tail -n 1 | sed 's/^.*sudo: //'))"
    fi
}

# become USER NAMES ARGV...: turn into the program, as USER, keeping the variables NAMES (with commas between).
become() {
    user=$1 names=$2
    shift 2
    is_us "$user" && exec "$@"
    if [ "$(id -u)" = 0 ]; then
        eval "HOME=~$user"
        USER=$user LOGNAME=$user
        export HOME USER LOGNAME
        exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
    fi
    exec sudo -n -u "$user" ${names:+"--preserve-env=$names"} -- "$@"
}

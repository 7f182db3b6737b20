#!/bin/sh
# Installs the Debian packages named as arguments, when root and when any is missing; otherwise says what to do.
set -eu
missing=
for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "These packages are missing:$missing" >&2
    echo "Install them with: sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Debian would start a server of its own on the default port; tests and lab bring their own, elsewhere.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT INT TERM
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d  # nothing is started while packages are installed
    chmod +x /usr/sbin/policy-rc.d
fi
apt-get update -qq
# shellcheck disable=SC2086  # a list of names
apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $missing
for package in prometheus prometheus-alertmanager redis-server haproxy pgbouncer docker-registry containerd etcd-server patroni; do  # nor at boot
    service=$package; [ "$package" != etcd-server ] || service=etcd
    case " $missing " in *" $package "*) update-rc.d "$service" disable >/dev/null 2>&1 || true ;; esac
done

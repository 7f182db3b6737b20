#!/bin/bash
# node-up.sh FOLDER PROGRAMS NUMBER: a node of a lab's cluster, in network, mount and PID namespaces of its own. Number 1 is
# the control plane (etcd, API server, controllers, scheduler) and the registry, too; 2 to 9 join the cluster in FOLDER.
# FOLDER/env says NAME (of what is made on the network), NET and PODS (the first three and two numbers of addresses).
# From the machine itself: API server https://$NET.2:16443, registry http://$NET.2:5000, pods directly.
set -euo pipefail
D=$(cd "$1" && pwd); B=$(cd "$2" && pwd); N=$3
here=$(cd "$(dirname "$0")" && pwd)
. "$D/env"
S=$D/node$N; NODE=$NAME-$N; IP=$NET.$((N + 1)); SUBNET=$PODS.$((N - 1))
mkdir -p "$S"/{run,log,cni,kubelet,var/log,var/cni,var/kubelet} "$D"/{registry,certs,certs.d/registry.lab} /var/lib/cni /var/lib/kubelet
cd "$D"

# --- keys: one authority for everything
issue() { # file subject names
  openssl req -newkey rsa:2048 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out "$1.crt" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth' "$3") 2>/dev/null
}
umask 077
if [ ! -f tokens.csv ]; then
  token=$(openssl rand -hex 20)
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=lab-ca -keyout ca.key -out ca.crt 2>/dev/null
  issue apiserver /CN=kube-apiserver "IP:$NET.2,IP:127.0.0.1,IP:10.96.0.1,DNS:kubernetes.default.svc"
  issue kubelet-client "/O=system:masters/CN=apiserver-kubelet-client" DNS:x
  openssl genrsa -out sa.key 2048 2>/dev/null
  cat >kubeconfig <<K
apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "https://$NET.2:16443", certificate-authority: $D/ca.crt}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: lab, context: {cluster: lab, user: admin, namespace: default}}]
current-context: lab
K
  echo "$token,admin,admin,\"system:masters\"" >tokens.csv
fi
token=$(cut -d, -f1 tokens.csv)
printf 'header = "Authorization: Bearer %s"\ncacert = "%s"\nsilent\n' "$token" "$D/ca.crt" >"$S/curl.conf"
[ -f "node$N/kubelet.crt" ] || issue "node$N/kubelet" "/O=system:nodes/CN=system:node:$NODE" "IP:$IP,DNS:$NODE"
umask 022

# --- configuration
cat >"$S/containerd.toml" <<C
version = 2
root = "$S/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "$S/run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.lab/pause:1"
  restrict_oom_score_adj = true            # without CAP_SYS_RESOURCE runc cannot set a pause container's -998
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$S/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$D/certs.d"
C
printf 'server = "http://%s.2:5000"\n[host."http://%s.2:5000"]\n  capabilities = ["pull", "resolve"]\n' "$NET" "$NET" >certs.d/registry.lab/hosts.toml
cat >"$S/cni/10-lab.conflist" <<C
{"cniVersion":"0.4.0","name":"lab","plugins":[
 {"type":"bridge","bridge":"cni0","isGateway":true,"hairpinMode":true,
  "ipam":{"type":"host-local","dataDir":"$S/run/ipam","ranges":[[{"subnet":"$SUBNET.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}},
 {"type":"loopback"}]}
C
cat >registry.yml <<C
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $D/registry}, delete: {enabled: true}}
http: {addr: "$NET.2:5000"}
C
cat >"$S/kubelet.yml" <<C
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $IP
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $D/ca.crt}}
authorization: {mode: AlwaysAllow}
tlsCertFile: $S/kubelet.crt
tlsPrivateKeyFile: $S/kubelet.key
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failSwapOn: false
oomScoreAdj: 0
makeIPTablesUtilChains: false
resolvConf: ""
clusterDomain: cluster.local
healthzBindAddress: 127.0.0.1
readOnlyPort: 0
evictionHard: {memory.available: 10Mi, nodefs.available: "1%", imagefs.available: "1%"}
imageGCHighThresholdPercent: 100          # else a full disk collects the pause image, which no registry has
syncFrequency: 2s
nodeStatusUpdateFrequency: 2s
C
cat >"$S/kubelet.sh" <<K
$B/kubelet --config=$S/kubelet.yml --kubeconfig=$D/kubeconfig --root-dir=$S/kubelet --hostname-override=$NODE --node-ip=$IP \\
  --container-runtime=remote --container-runtime-endpoint=unix://$S/run/containerd.sock --v=1 >>$S/log/kubelet.log 2>&1 &
echo \$! >$S/run/kubelet.pid
K

# --- network: nodes and machine on one bridge, nothing else. No default route: the kubelet would look for a cloud's
#     metadata server, and wait for it.
ip link show "$NAME-br" >/dev/null 2>&1 || { ip link add "$NAME-br" type bridge; ip addr add "$NET.1/24" dev "$NAME-br"; ip link set "$NAME-br" up; }
ip link set "$NAME-br" alias "cleo-lab:${D%/*/*}"  # the lab's folder: where that is gone, the next lab removes what is left
ip netns list | grep -qw "$NODE" || {
  ip netns add "$NODE"
  ip link add "$NODE" type veth peer name eth0 netns "$NODE"
  ip link set "$NODE" master "$NAME-br" up
  ip -n "$NODE" addr add "$IP/24" dev eth0; ip -n "$NODE" link set eth0 up; ip -n "$NODE" link set lo up
  for m in 1 2 3 4 5 6 7 8 9; do [ $m = "$N" ] || ip -n "$NODE" route add "$PODS.$((m - 1)).0/24" via "$NET.$((m + 1))"; done
}
ip route replace "$SUBNET.0/24" via "$IP"

# --- the pause image, made by hand: busybox that reaps and waits
[ -f pause.tar ] || python3 "$here/../image.py" --pause pause.tar

# --- everything that runs, under one process: when it dies, the kernel ends all the rest
rm -f "$S"/run/*.pid "$S/run/started"
# nsenter, not `ip netns exec`: that mounts /sys anew, and hides the cgroups
setsid nsenter --net="/run/netns/$NODE" unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
  bash "$here/inside.sh" "$D" "$B" "$NET" "$N" >"$S/log/inside.log" 2>&1 </dev/null &
echo $! >"$S/unshare.pid"
until [ -f "$S/run/started" ]; do
  sleep .05
  kill -0 "$(cat "$S/unshare.pid")" 2>/dev/null || { echo "it ended: see $S/log" >&2; exit 1; }
done
pgrep -P "$(cat "$S/unshare.pid")" >"$S/inside.pid"

# --- ready, and not as etcd remembers it: the heartbeat is newer than this start, and the kubelet answers
since=$(date -u +%Y-%m-%dT%H:%M:%SZ -r "$S/run/started")
for _ in $(seq 900); do
  curl -s --cacert ca.crt --cert kubelet-client.crt --key kubelet-client.key "https://$IP:10250/healthz" | grep -q ok &&
  curl -K "$S/curl.conf" "https://$NET.2:16443/api/v1/nodes/$NODE" |
    python3 -c 'import json,sys; c=[c for c in json.load(sys.stdin)["status"]["conditions"] if c["type"]=="Ready"][0]; sys.exit(not (c["status"]=="True" and c["lastHeartbeatTime"]>=sys.argv[1]))' "$since" 2>/dev/null && exit 0
  sleep .1
done
echo "the node is not ready after 90 s: see $S/log" >&2
exit 1

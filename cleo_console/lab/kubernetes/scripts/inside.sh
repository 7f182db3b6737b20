#!/bin/bash
# inside.sh FOLDER PROGRAMS NET NUMBER: process 1 of a node's namespaces. See node-up.sh.
D=$1; B=$2; NET=$3; N=$4; S=$D/node$N; cd "$D" || exit 1
mount --make-rshared /                               # the kubelet wants shared mounts; private to this namespace
mount --bind "$S/var/log" /var/log                   # three places that cannot be configured: /var/log/pods,
mount --bind "$S/var/cni" /var/lib/cni               # the results of CNI,
mount --bind "$S/var/kubelet" /var/lib/kubelet       # and the device plugins' socket
mkdir -p /run/containerd; mount -t tmpfs tmpfs /run/containerd
echo 1 >/proc/sys/net/ipv4/ip_forward                # this namespace's own
# The kubelet sets these three for the whole machine (panic_on_oops!): it finds them done.
for kv in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
  f="$S/run/sysctl-$(basename "${kv%=*}")"; echo "${kv#*=}" >"$f"; mount --bind "$f" "/proc/sys/${kv%=*}"
done
start() { n=$1; shift; "$@" >>"$S/log/$n.log" 2>&1 & echo $! >"$S/run/$n.pid"; }
start containerd containerd -c "$S/containerd.toml"
if [ "$N" = 1 ]; then
  start registry docker-registry serve "$D/registry.yml"
  start etcd etcd --data-dir "$D/etcd" --unsafe-no-fsync --log-level error --listen-client-urls http://127.0.0.1:2379 \
    --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
  start apiserver "$B/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --bind-address="$NET.2" --advertise-address="$NET.2" \
    --secure-port=16443 --insecure-port=0 --cert-dir="$D/certs" --tls-cert-file="$D/apiserver.crt" --tls-private-key-file="$D/apiserver.key" \
    --client-ca-file="$D/ca.crt" --kubelet-client-certificate="$D/kubelet-client.crt" --kubelet-client-key="$D/kubelet-client.key" \
    --kubelet-certificate-authority="$D/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --service-cluster-ip-range=10.96.0.0/16 --service-account-issuer=https://kubernetes.default --service-account-key-file="$D/sa.key" \
    --service-account-signing-key-file="$D/sa.key" --authorization-mode=Node,RBAC --token-auth-file="$D/tokens.csv" \
    --allow-privileged=true --profiling=false
  until [ "$(curl -K "$S/curl.conf" "https://$NET.2:16443/readyz")" = ok ]; do sleep .05; done
  start controllers "$B/kube-controller-manager" --kubeconfig="$D/kubeconfig" --service-account-private-key-file="$D/sa.key" --root-ca-file="$D/ca.crt" \
    --bind-address=127.0.0.1 --port=0 --cert-dir="$D/certs" --leader-elect=false --node-monitor-period=1s --node-monitor-grace-period=20s \
    --controllers='*,-nodeipam,-route,-service,-cloud-node-lifecycle,-csrsigning,-csrapproving'
  start scheduler "$B/kube-scheduler" --kubeconfig="$D/kubeconfig" --bind-address=127.0.0.1 --port=0 --cert-dir="$D/certs" --leader-elect=false
fi
until ctr -a "$S/run/containerd.sock" version >/dev/null 2>&1; do sleep .05; done
ctr -a "$S/run/containerd.sock" -n k8s.io images import "$D/pause.tar" >/dev/null
. "$S/kubelet.sh"
touch "$S/run/started"
trap 'exit 0' TERM
while :; do wait -n 2>/dev/null || sleep 1; done

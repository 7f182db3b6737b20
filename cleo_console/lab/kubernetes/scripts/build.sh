#!/bin/bash
# build.sh FOLDER: builds kube-apiserver, kube-controller-manager, kube-scheduler and kubelet from Debian bookworm's source
# package (1.20.2, with its dependencies in it), and puts them into FOLDER once all four are whole.
# Five minutes of two cores, 2.7 GB in a temporary folder that is removed, 350 MB in FOLDER. Root: it installs packages.
set -euo pipefail
folder=${1:?usage: build.sh FOLDER}
work=$(mktemp -d -p "${TMPDIR:-/var/tmp}" cleo-kubernetes-XXXXXX)
new=$(mktemp -d -p "$(dirname "$folder")" .kubernetes-XXXXXX)
trap 'chmod -R u+w "$work"; rm -rf "$work" "$new"' EXIT
cd "$work"

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends golang-go jq rsync make gcc libc6-dev dpkg-dev \
  golang-github-modern-go-reflect2-dev >/dev/null

# sources of the mirror that packages come from, in lists of our own: the machine's stay as they are
mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
  awk '$1 == "bookworm" && !found { print $2; found = 1 }')
[ -n "$mirror" ] || { echo "apt knows no mirror of Debian bookworm" >&2; exit 1; }
mkdir -p lists/partial
echo "deb-src $mirror bookworm main" >sources.list
mine=(-qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" -o APT::Sandbox::User=root)
apt-get "${mine[@]}" update
apt-get "${mine[@]}" source kubernetes >/dev/null
cd kubernetes-1.20*

# The reflect2 1.0.1 in the source does not fit Go 1.18 and newer: an API server built with it dies in mapiterinit as soon
# as a kubelet joins. Debian packages 1.0.2, which is made for it.
v=vendor/github.com/modern-go/reflect2
rm $v/*.go $v/*.s
cp /usr/share/gocode/src/github.com/modern-go/reflect2/*.go /usr/share/gocode/src/github.com/modern-go/reflect2/*.s $v/
mkdir -p .go/src/k8s.io && ln -sfn "$PWD" .go/src/k8s.io/kubernetes
export GOPATH=$PWD/.go GOCACHE=$work/cache CGO_ENABLED=0 GOPROXY=off
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet)
nice -n 10 make WHAT="${programs[*]/#/cmd/}"
for each in "${programs[@]}"; do cp -L "_output/bin/$each" "$new/"; done
chmod 755 "$new"
rm -rf "$folder"
mv -T "$new" "$folder"

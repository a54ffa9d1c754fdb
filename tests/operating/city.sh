#!/usr/bin/env bash
# Follows docs/operating.md: city.sh FOLDER REPOSITORY PROGRAMS, as root in namespaces of its own (mount, network, processes).
#
# FOLDER/blocks has the page's commands in their order, NN.MACHINES.sh. Each runs on each of its machines: with the machine's own
# /etc, /root, /run, /usr/local/bin, /var/lib and /var/log, its name, and all addresses of the page on loopback. Only what
# stands in bin/ is not the real thing: systemctl, scp, and the copying of programs.
set -euo pipefail

export FOLDER=$1 REPOSITORY=$2 PROGRAMS=$3
here=$(cd "$(dirname "$0")" && pwd)
cp -r "$here/bin" "$FOLDER/bin"

# Users of services come to the programs through it.
chmod 711 "$FOLDER"
ip link set lo up
for last in 11 12 13 14 15; do ip address add "10.20.0.$last/32" dev lo; done
# The folders of programs and repository may lie where a machine has its own.
mkdir -p "$FOLDER/programs"
mount --bind "$PROGRAMS" "$FOLDER/programs"

machine() {
    local root="$FOLDER/$1"
    mkdir -p "$root"/{root/yong/target/release,run,usr/local/bin,var/lib,var/log}
    cp -a /etc "$root/etc"
    cp -r "$REPOSITORY/deploy" "$root/root/yong/deploy"
    mkdir -p "$root/root/yong/city"
    cp -r "$REPOSITORY/city/story" "$root/root/yong/city/story"
    rm -f "$root/etc/profile.d/yong.sh"
}

# The block's commands, as somebody types them who signed in as root.
# shellcheck disable=SC2016
follow='
    hostname "$1"
    for folder in etc root run usr/local/bin var/lib var/log; do mount --bind "$FOLDER/$1/$folder" "/$folder"; done
    export HOME=/root PATH="$FOLDER/bin:$PATH"
    umask 022
    cd /root
    [ ! -f /etc/profile.d/yong.sh ] || . /etc/profile.d/yong.sh
    . "$2"
'

for name in ledger gongan credit archive window admin; do machine "$name"; done
for block in "$FOLDER"/blocks/*.sh; do
    machines=${block%.sh}
    for name in ${machines##*/??.}; do
        echo "== $(basename "$block") on $name"
        unshare --mount --uts bash -euo pipefail -c "$follow" "$name" "$name" "$block" < /dev/null
    done
done
echo "== done"

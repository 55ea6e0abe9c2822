#!/bin/bash
# SPDX-License-Identifier: MIT
# probe.sh: what a probe costs, against what one would do otherwise.
# Runs inside the lab (tests/lab/boot), NFSAFE and SERVER being the programs; prints the
# lines of measure.py.
here=$(dirname "$0")
# shellcheck source=tests/lab/nas.sh
. "$here/../lab/nas.sh"
nfsafe=${NFSAFE:?} server=${SERVER:?}
measure=$here/measure.py
mnt=/mnt/bench
mkdir -p "$mnt"

# mounted VERS: a mount, a look at it, and an end, as a careful script does it.
mounted() {
	local options="vers=$1,proto=tcp,soft,timeo=50,retrans=1,retry=0"
	[ "$1" != 3 ] || options+=,nolock
	echo "sh -c 'mount -t nfs -o $options nas1:/export/lab $mnt && df $mnt && umount $mnt'"
}

against_one() {
	"$measure" --repeat="$2" --limit=20 "$1" \
		"probe 3=$nfsafe probe --vers=3 nas1:/export/lab" \
		"probe 3 --write=$nfsafe probe --vers=3 --write nas1:/export/lab" \
		"probe 4.1=$nfsafe probe --vers=4.1 nas1:/export/lab" \
		"rpcinfo=rpcinfo -T tcp nas1 nfs 3" \
		"showmount=showmount -e nas1" \
		"mount 3=$(mounted 3)" \
		"mount 4.1=$(mounted 4.1)"
}

# A thousand addresses of one scripted server, every tenth of them frozen.
against_many() {
	local faults=() sources=() addresses=() i
	for ((i = 0; i < 1000; i++)); do
		addresses+=("127.1.$((i / 250)).$((i % 250 + 1))")
		sources+=("${addresses[i]}:/export")
		((i % 10)) || faults+=("--fault=silent%${addresses[i]}")
	done
	printf '%s\n' "${addresses[@]}" >/tmp/addresses
	printf '%s\n' "${sources[@]}" >/tmp/sources
	"$server" --address=0.0.0.0 --port=2049 --mountport=20048 --portmap-port=111 \
		"${faults[@]}" >/tmp/server.out &
	nas_wait 5 "the scripted server listens" grep -q ready /tmp/server.out
	# shellcheck disable=SC2016 # for the shell that runs it
	"$measure" --repeat=1 --limit=60 --memory "1,000 sources" \
		"probe 3=$nfsafe probe --vers=3 --timeout=2s "'$(cat /tmp/sources)' \
		"rpcinfo=xargs -a /tmp/addresses -I {} -P 64 timeout 2 rpcinfo -T tcp {} nfs 3"
	kill "$!"
}

nas_start nas1 || exit 1
against_one "0 ms" 7
nas_delay nas1 20
against_one "20 ms" 5
nas_calm nas1
nas_freeze nas1
against_one "frozen" 1
nas_thaw nas1
against_many

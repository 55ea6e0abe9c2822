#!/bin/bash
# SPDX-License-Identifier: MIT
# exec.sh: what a safe mount costs, against the script that one would write.
# Runs inside the lab, after NFSAFE was set; prints the lines of measure.py.
# shellcheck source-path=SCRIPTDIR source=../lab/check.sh
. "$(dirname "$0")/../lab/check.sh"
# shellcheck source-path=SCRIPTDIR source=../lab/site.sh
. "$lab/site.sh"
measure=$(dirname "$0")/measure.py
mnt=/mnt/bench
mkdir -p "$mnt"

against_script() {
	local vers options
	for vers in 3 4.1; do
		site vers=$vers || exit 1
		options=vers=$vers,proto=tcp,soft,timeo=50,retrans=1,retry=0
		[ $vers != 3 ] || options+=,nolock
		[ "$1" = "0 ms" ] || nas_delay nas1 20
		"$measure" --repeat=5 --limit=20 "$1" \
			"exec $vers=$NFSAFE --config $conf exec nas1 -- /bin/true" \
			"script $vers=sh -c 'rpcinfo -T tcp nas1 nfs 3 &&
				mount -t nfs -o $options nas1:/export/lab $mnt && true && umount $mnt'"
		nas_calm nas1
	done
}

against_script "0 ms"
against_script "20 ms"

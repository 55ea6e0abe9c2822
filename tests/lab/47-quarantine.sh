#!/bin/bash
# Proves that a destination whose server died under a run is in quarantine: no run, exec
# or init there (75, nothing mounted) although the server is well again; the next
# destination is used instead; healthy probes over the time end it, one that is not passed
# begins the count anew; release ends it by hand. That it is on the disk before anything
# is done about the trip.
# Seen to catch: a quarantine that was written after the teardown.
# limit: 180
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

quarantined() { sql "SELECT count(*) FROM quarantine WHERE ended_ms IS NULL AND destination = '$1'"; }
work="/bin/sh -c 'echo 1 >\$NFSAFE_MOUNTPOINT/x; [ ! -e $state/wait ] || sleep 1000'"
check "set up" site hosts="nas1 nas2" full="$work" \
	extra="$(printf 'quarantine_probes = 2\nquarantine_time = 3s')"
# tripped: a run onto nas1 whose server dies
tripped() {
	touch "$state/wait"
	nfsafe run --level full --to nas1 >"$out" 2>"$err" &
	wait_for 20 in_phase backup
	nas_freeze nas1
	wait $!
	status=$? ran="a run whose server died"
	exits 124 "${1-}tripped: exit 124"
	rm "$state/wait"
	nas_thaw nas1
	is "${1-}in quarantine" "$(quarantined nas1)" 1
}
tripped
is "before anything was done about it" "$(sql "SELECT since_ms <= started_ms FROM quarantine
	JOIN phase ON phase.run = quarantine.run AND name = 'breaker'")" 1
is "and only there" "$(quarantined nas2)" 0
wait_for 20 timeout 2 rpcinfo -T tcp nas1 nfs 3
nf run --level full --to nas1 --force
exits 75 "well again, but in quarantine: exit 75, --force or not"
says "is in quarantine since .*1 of 2 healthy probes.*nfsafe release nas1" "says so, and what ends it"
is "recorded as skipped" "$(outcome outcome)" skipped
nothing_mounted "nothing is mounted"
nf run --level full
exits 0 "the next destination is used"
is "nas2" "$(outcome destination)" nas2
nas_freeze nas1
nf exec nas1 -- true
exits 75 "frozen and in quarantine: exit 75"
says "0 of 2 healthy probes.*verdict is frozen" "the count begins anew"
nas_thaw nas1
wait_for 20 timeout 2 rpcinfo -T tcp nas1 nfs 3
nf init nas1
exits 75 "init obeys it, too"
sleep 3.1
nf run --level full --to nas1
exits 0 "healthy for long enough: used by the same run"
says "quarantine is over: 2 healthy probes over 3s" "says so"
is "out of quarantine" "$(quarantined nas1)" 0

tripped "again, "
nf release nas1
exits 0 "release"
wait_for 20 timeout 2 rpcinfo -T tcp nas1 nfs 3
nf run --level full --to nas1
exits 0 "and a run is good"

done_testing

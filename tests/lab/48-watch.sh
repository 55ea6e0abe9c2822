#!/bin/bash
# Proves what the watch sees beside a server that is silent, over v3 and 4.1, by a server
# that does as it is told (tests/server):
#   unwritable  NULL is answered, WRITE is not: also while nobody writes; JUKEBOX for ever
#   stuck       all is well, but one process's calls are not answered, or with "later"
#   refused     a WRITE that is refused is told once, and is the answer of a living server
#   lost        the server restarts, its sessions are gone: the canary has a new one
# Seen to catch: a watch without its canary; JUKEBOX taken for an answer to a WRITE; no
# blocked task taken for ours.
# limit: 400
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

server=$BUILD/tests/server/nfs-server
# scripted VERS COMMAND [LINE]: a site whose server is the scripted one, in the place of
# nas1's; LINE is for its destination.
scripted() {
	site vers="$1" init=no full="$2" extra=$'port = 3049\nmountport = 3048\n'"${3-}" || return 1
	unscripted
	mkfifo "$state/control"
	nas_on nas1 "$server" --address=10.77.1.2 --port=3049 --mountport=3048 \
		--portmap-port=3111 --export=/export/lab --control \
		<"$state/control" >"$state/server" 2>&1 &
	server_pid=$!
	exec 8>"$state/control"
	wait_for 5 grep -q ready "$state/server" && nfsafe init nas1 >"$state/init" 2>&1
}
server_pid=''
unscripted() {
	[ -n "$server_pid" ] || return 0
	exec 8>&-
	wait "$server_pid" 2>/dev/null
	server_pid=''
}
fault() { echo "fault $1" >&8; }
status() { [ "$1" = 3 ] && echo "NFS3ERR_$2@nfs3.$3" || echo "NFS4ERR_$2@$3"; }

# started: a run in the background, its command at work; $pid is it.
started() {
	nfsafe run --level full >"$out" 2>"$err" &
	pid=$!
	wait_for 20 in_phase backup
	# The canary has been answered.
	sleep 3
}
# ended NAME: waits for it; $elapsed from $start on.
ended() {
	wait "$pid"
	status=$? elapsed=$(($(now) - start)) ran="run of $1"
}
# trips NAME WORDS: the run, for which it is $start since the fault.
trips() {
	ended "$1"
	exits 124 "$1: exit 124"
	within 11000 "$1: ended in time"
	says "died: $2" "$1: it is told why"
	is "$1: recorded" "$(outcome outcome)" aborted
	nothing_mounted "$1: nothing is mounted"
	nothing_blocked "$1: nothing is blocked"
}
idle="/bin/sleep 40"
write="/bin/sh -c 'while dd if=/dev/zero of=\$NFSAFE_MOUNTPOINT/big bs=1M count=2 conv=fsync; do sleep 0.2; done'"
look="/bin/sh -c 'while sleep 0.3; do ls -l \$NFSAFE_MOUNTPOINT >/dev/null; done'"
unwritten="calls answered, but nothing written"

for vers in 3 4.1; do
	scripted $vers "$idle"
	is "$vers: no WRITE, nobody writes: set up" "$?" 0
	started
	start=$(now)
	fault silent@WRITE
	trips "$vers: no WRITE, nobody writes" "$unwritten"

	scripted $vers "$write"
	is "$vers: no WRITE: set up" "$?" 0
	started
	start=$(now)
	fault silent@WRITE
	trips "$vers: no WRITE" "$unwritten"

	later=JUKEBOX
	[ $vers = 3 ] || later=DELAY
	stuck=silent@GETATTR
	[ $vers = 4.1 ] || stuck=$(status $vers $later GETATTR)
	scripted $vers "$write"
	is "$vers: JUKEBOX for ever: set up" "$?" 0
	started
	start=$(now)
	fault "$(status $vers $later WRITE)"
	trips "$vers: JUKEBOX for ever" "$unwritten"

	# On v4 who is told "later" waits such that a signal ends it: that is not blocked.
	scripted $vers "$look" "options = actimeo=0"
	is "$vers: stuck: set up" "$?" 0
	started
	start=$(now)
	fault "$stuck"
	trips "$vers: stuck" "a process blocked, and nothing done for it.*; blocked: [0-9]+ ls"

	scripted $vers "/bin/sleep 8"
	is "$vers: refused: set up" "$?" 0
	started
	start=$(now)
	fault "$(status $vers ROFS WRITE)"
	ended "$vers: refused"
	exits 0 "$vers: refused: goes on"
	is "$vers: refused: is told once" "$(grep -c 'refuses to write.*ROFS' "$err")" 1
	unscripted

	check "$vers: lost: set up" site vers=$vers full="/bin/sleep 12"
	started
	start=$(now)
	nas_restart nas1
	ended "$vers: lost"
	exits 0 "$vers: lost: goes on"
	check "$vers: lost: the canary writes again" \
		[ -n "$(find "$lab_state/nas1/lab" -name '.nfsafe-beat-*' -mmin -0.05)" ]
done
done_testing

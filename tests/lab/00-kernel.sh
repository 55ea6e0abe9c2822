#!/bin/bash
# Proves that the private kernel is one to trust: processes keep their vector registers,
# what it needs is there, and a name that nobody knows fails at once.
# Seen to catch: xstate-shim that restores no more than the SSE state.
# limit: 60
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"

run "$BUILD/tests/lab/xstate-check"
exits 0 "vector registers survive a change of process ($(cat "$out"))"
is "it runs as root" "$(id -u)" 0
for fs in nfs nfs4 overlay ext4 tmpfs; do
	check "file system $fs" grep -qw "$fs" /proc/filesystems
done
check "IPv6" ping -q -c 1 -W 1 ::1
run getent hosts no-such-host.example
exits 2 "an unknown name is unknown"
within 1000 "and that at once"
check "nfsafe runs" "$NFSAFE" --version
nothing_mounted "nothing is mounted"
nothing_blocked "nothing is blocked"
done_testing

#!/bin/bash
# Proves the main job on a healthy server, over v3, 4.0 and 4.1: a full first, then nothing
# due, then an incremental; what was written is on the server, nothing is mounted
# afterwards, the record says so; exec passes the status of its command on, in both
# directions through pipes; the bare mountpoint cannot be written to.
# Seen to catch: operands of exec that were not ended, and so came twice.
# limit: 120
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

on_server() { cat "$lab_state/nas1/lab/$(outcome label)"; }
bare_is_writable() { : >"$mountpoint/file"; }
for vers in 3 4.0 4.1; do
	check "$vers: init" site vers=$vers
	nothing_mounted "$vers: init leaves nothing mounted"
	check "$vers: root cannot write below the bare mountpoint" eval '! bare_is_writable'
	nf run
	exits 0 "$vers: the first run"
	is "$vers: says nothing, as cron wants it" "$(cat "$out" "$err")" ""
	is "$vers: was a full" "$(outcome level)/$(outcome outcome)" full/good
	is "$vers: its data are on the server" "$(on_server)" full
	is "$vers: each phase is in the record" "$(phases)" \
		"probe ok,mount ok,guard ok,backup ok,quiesce ok,unmount ok"
	nf run -v
	exits 0 "$vers: nothing is due"
	says "nothing is due" "$vers: and -v says so"
	nf run --level incremental --json
	exits 0 "$vers: an incremental"
	json .outcome good "$vers: --json tells"
	is "$vers: its data are on the server" "$(on_server)" incremental
	nothing_mounted "$vers: nothing is mounted"
done

nf exec nas1 -- /bin/sh -c 'exit 7'
exits 7 "exec passes an exit status on"
nf exec nas1 -- /bin/sh -c 'kill -9 $$'
exits 137 "exec passes a signal on, as shells do"
nf exec nas1 -- /nowhere/command
exits 127 "exec: no such command"
nf exec nas1 -- /etc/passwd
exits 126 "exec: not executable"
head -c 3000000 /dev/urandom >"$state/data"
nfsafe exec nas1 -- sh -c 'cat >$NFSAFE_MOUNTPOINT/data' <"$state/data"
nfsafe exec nas1 -- sh -c 'cat $NFSAFE_MOUNTPOINT/data' | cmp - "$state/data"
is "exec: data go through its pipes unchanged" "${PIPESTATUS[*]}" "0 0"
mkdir -p /tmp/tiny && mount -t tmpfs -o size=1M tiny /tmp/tiny
nfsafe exec nas1 -- head -c 8000000 /dev/zero >/tmp/tiny/full 2>"$err"
is "exec: output that did not fit is no success" "$?" 74
umount /tmp/tiny
nfsafe exec nas1 -- yes 2>/dev/null | head -n 1 >/dev/null
is "exec: a reader that has enough ends the command, as without nfsafe" "${PIPESTATUS[0]}" 141
printf 'echo no shell\n' >"$state/script" && chmod 755 "$state/script"
nf exec nas1 -- "$state/script"
exits 126 "exec: no shell for a file without #!"
(nfsafe exec nas1 -- head -c 100000 /dev/zero) <&- >&- 2>&-
is "closed descriptors: nothing is written into the lock" "$(($(stat -c %s "$state/run/nfsafe.lock") < 4096))" 1
nothing_mounted "exec leaves nothing mounted"
nf exec nas2 -- true
exits 78 "exec: no such destination"
says "nas2.*(did you mean 'nas1'|no destination)" "and the nearest name"
nf run --level weekly
exits 64 "run: no such level"
nothing_blocked "nothing is blocked"
done_testing

#!/bin/bash
# Proves what becomes of who still holds the mount at the end of a good backup: what the
# command left behind is ended; a stranger is named with pid, name and what it holds,
# waited for and not killed, and the mount leaves its place all the same; suspect, exit 1.
# Seen to catch: a stranger that was killed; a mount that stayed.
# limit: 120
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

check "set up" site full="/bin/sh -c '(cd \$NFSAFE_MOUNTPOINT && exec setsid sleep 1000) & sleep 0.2'"
nf run --level full
exits 1 "the command left a process on the share: suspect"
says "left processes" "it is told"
is "and the process is ended" "$(pgrep -u backup-user -c)" 0
is "recorded" "$(outcome outcome)" suspect
nothing_mounted "nothing is mounted"

# In the command's own group, and not ready when it ends: no good backup, either.
sed -i "s@^full = .*@full = /bin/sh -c '(i=0; while [ \$i -lt 100 ]; do i=\$((i+1)); echo \$i; sleep 0.05; done >\$NFSAFE_MOUNTPOINT/data) \& exit 0'@" "$conf"
nf run --level full
exits 1 "a part of the command goes on: suspect"
is "recorded as such" "$(outcome outcome)" suspect
# Out of the command's group, and holding nothing at the moment of any look.
sed -i "s@^full = .*@full = /bin/sh -c 'setsid sh -c \"for i in 1 2 3 4 5 6 7 8; do sleep 1; date >>\$NFSAFE_MOUNTPOINT/late; done\" \& sleep 0.2'@" "$conf"
nf run --level full
exits 1 "a part of the command that went its own way goes on: suspect"
is "and is ended" "$(pgrep -u backup-user -c)" 0
sed -i 's|^full = .*|full = /bin/sleep 2|' "$conf"
(wait_for 10 mountpoint -q "$mountpoint" && cd "$mountpoint" && exec sleep 1000) &
sleep 0.1
nf run --level full
stranger=$(pgrep -f 'sleep 1000')
exits 1 "a stranger holds the mount: suspect"
within 20000 "waited for no longer than umount_timeout"
says "$stranger sleep" "it is named"
says "cwd" "with what it holds"
check "and not killed" kill -0 "$stranger"
is "the mount has left its place" "$(grep -c ' /srv/nfsafe' /proc/self/mountinfo)" 0
kill "$stranger"
wait_for 5 eval '[ -z "$(mounted_nfs)" ]'
nothing_mounted "when it ends, nothing is left"

(wait_for 10 mountpoint -q "$mountpoint" && cd "$mountpoint" && exec sleep 4) &
nf run --level full
exits 0 "a stranger that leaves in time does no harm"
nothing_mounted "nothing is mounted"
nothing_blocked "nothing is blocked"
done_testing

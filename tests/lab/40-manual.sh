#!/bin/bash
# Proves what nfsafe(8) says of run, exec and init where it takes a server that serves:
# what is said and what is not, the environment of a command, and the exit codes that
# tests/cli cannot reach: 0, 1, 2, 124, 126, 127, 128 plus N, and a command's own.
# limit: 240
# shellcheck source-path=SCRIPTDIR source=check.sh disable=SC2016
. "$(dirname "$0")/check.sh"

nas_start nas1
chmod 777 "$lab_state/nas1/lab"
mkdir -p /etc/nfsafe
cat >/etc/nfsafe/nfsafe.conf <<'END'
[destination nas1]
source = nas1:/export/lab
umount_timeout = 2s
[backup]
destinations = nas1
user = backup
full = /usr/local/bin/full
incremental = /bin/sh -c 'echo it broke; exit 3'
timeout_full = 5s
END
cat >/usr/local/bin/full <<'END'
#!/bin/sh
env | sort >"$NFSAFE_MOUNTPOINT/env"
echo written
[ ! -e /tmp/sleep ] || exec sleep "$(cat /tmp/sleep)"
END
chmod 755 /usr/local/bin/full
point=/srv/nfsafe/nas1
silent() { [ ! -s "$out" ] && [ ! -s "$err" ]; }

check "the configuration is good" "$NFSAFE" config check

run "$NFSAFE" run
exits 69 "before init: the destination does not pass"
says 'run nfsafe init' "before init: what to do"

run "$NFSAFE" init nas1
exits 0 "init"
says '^nas1 .* is this host.s destination now: marker [-0-9a-f]{36}' "init: what it did"
is "init: the mountpoint is root's, 0555" "$(stat -c '%U %a' $point)" "root 555"
check "init: whose it is stands on the export" \
	grep -q '^destination = nas1$' "$lab_state/nas1/lab/.nfsafe-destination"
run "$NFSAFE" init nas1
says 'was this host.s destination already' "init: again is fine"

run "$NFSAFE" run
exits 0 "run: a full that was due"
check "run: nothing to say when all is well" silent
is "run: the environment" "$(sed 's/=full-[0-9.]*/=full-TIME/; s/^\(NFSAFE_RUN\)=[1-9][0-9]*/\1=N/; s/^\(HOME\|SHELL\)=.*/\1/; /^PWD=/d' \
	"$lab_state/nas1/lab/env" | tr '\n' ' ')" \
	"HOME LC_ALL=C.UTF-8 LOGNAME=backup NFSAFE_DESTINATION=nas1 NFSAFE_LABEL=full-TIME \
NFSAFE_LEVEL=full NFSAFE_MOUNTPOINT=$point NFSAFE_RUN=N \
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SHELL USER=backup "
is "run: as the backup's user" "$(stat -c %U "$lab_state/nas1/lab/env")" backup
run "$NFSAFE" run
exits 0 "run: nothing due"
check "run: nothing to say when nothing is due" silent
run "$NFSAFE" run --level full -v
says '^full-.* on nas1: good' "run -v: the result"
says '^written$' "run -v: the output of the backup"

run "$NFSAFE" run --level incremental
exits 2 "run: the command failed"
says 'ended with 3' "run: how the command failed"
says '^it broke$' "run: the last it said"
echo 60 >/tmp/sleep
run "$NFSAFE" run --level full
exits 124 "run: timeout_full"
says 'did not end by its deadline' "run: timeout_full, told"

"$NFSAFE" run --level full 2>"$scratch/first" &
first=$!
backs_up() { "$NFSAFE" status | grep -q '^running *backup on nas1'; }
check "status: what runs" wait_for 20 backs_up
# A second by the clock of a machine that may be busy: one of three tries.
for _ in 1 2 3; do
	run "$NFSAFE" exec nas1 -- true
	[ "$elapsed" -gt 1000 ] || break
done
exits 75 "a second one is skipped"
within 1000 "a second one is skipped at once"
says "another nfsafe run holds the lock: pid $first since .*, in phase backup on nas1" \
	"a second one is told who"
kill -HUP $first
{ wait $first; } 2>/dev/null
is "SIGHUP ends it in order" "$?" 129
nothing_mounted "after SIGHUP"
rm /tmp/sleep

run "$NFSAFE" exec nas1 -- sh -c 'exit 7'
exits 7 "exec: the command's own status"
run "$NFSAFE" exec nas1 -- sh -c 'kill -KILL $$'
exits 137 "exec: a command that a signal ended"
run "$NFSAFE" exec nas1 -- /nosuch
exits 127 "exec: no such command"
run "$NFSAFE" exec nas1 -- /etc/passwd
exits 126 "exec: no program"
run "$NFSAFE" exec nas1 -- sh -c 'cp /bin/true $NFSAFE_MOUNTPOINT && $NFSAFE_MOUNTPOINT/true'
exits 126 "exec: programs on the share cannot be executed"
run "$NFSAFE" exec nas1 -- sh -c 'echo "$NFSAFE_MOUNTPOINT $NFSAFE_DESTINATION [$NFSAFE_LEVEL]"; cd /; sleep 600 &'
exits 1 "exec: what is left running is ended, and makes it suspect"
says "^$point nas1 \[\]\$" "exec: the environment"

"$NFSAFE" exec nas1 -- sleep 3 2>"$scratch/held" &
first=$!
check "a stranger comes in" wait_for 20 grep -q " $point nfs " /proc/mounts
(cd $point && exec sleep 600) &
wait $first
is "held by a stranger: suspect" "$?" 1
check "held by a stranger: who" grep -q "held after 2 s by $! sleep (cwd)" "$scratch/held"
is "held by a stranger: not in its place any more" "$(grep " $point nfs " /proc/mounts)" ""
kill $!
wait

run "$NFSAFE" probe --write
exits 0 "probe: ok"
# A state_dir, and a command, that lie on a share which somebody else has mounted.
mkdir -p /mnt/other
check "a mount of somebody else" mount -i -t nfs \
	-o vers=3,nolock,port=2049,mountport=20048,addr=10.77.1.2,soft,timeo=10,retrans=0 \
	nas1:/export/other /mnt/other
ln -s /mnt/other/state /var/lib/linked
sed -e '1i[nfsafe]\nstate_dir = /var/lib/linked' -e 's|^full = .*|full = /mnt/other/full|' \
	/etc/nfsafe/nfsafe.conf >/etc/nfsafe/other.conf
nas_freeze nas1
run "$NFSAFE" probe
exits 2 "probe: frozen"
says 'nas1: frozen' "probe: frozen, told"
run "$NFSAFE" -c /etc/nfsafe/other.conf config check
exits 78 "config check: state_dir on NFS, frozen"
within 2000 "config check: does not touch it"
says 'other.conf:2: state_dir: /var/lib/linked is on /mnt/other \(nfs\)' "config check: where it is"
says 'other.conf:9: warning: full: /mnt/other/full is on /mnt/other' "config check: a command on NFS"
run "$NFSAFE" -c /etc/nfsafe/other.conf run
exits 78 "run: state_dir on NFS, frozen"
within 2000 "run: does not touch it"
nas_thaw nas1
umount -i /mnt/other
nothing_mounted "at the end"
nothing_blocked "at the end"
done_testing

#!/bin/bash
# Proves that each fault of nas.sh is what it says, seen with nothing of nfsafe: by rpcinfo,
# a TCP connection, ping, and the kernel's own client; and that nas_start ends them all.
# Seen to catch: the packet filter left out for IPv6, a ganesha that nobody told of its
# new exports, a mount that had failed so that everything was written to a local folder.
# limit: 180
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"

null() { timeout -s KILL 5 rpcinfo -T "${2:-tcp}" "$1" nfs 3; }
accepts() { timeout 2 bash -c "exec 3<>/dev/tcp/$1/$2"; }
refused() { timeout 2 bash -c "exec 3<>/dev/tcp/$1/$2" 2>&1 | grep -q 'Connection refused'; }
pings() { ping -q -c 1 -W 1 "$1"; }
fails() { ! "$@"; }
soft=soft,timeo=50,retrans=0
v3=vers=3,nolock,proto=tcp,port=2049,mountproto=tcp,mountport=20048,addr=10.77.1.2,$soft
mkdir -p /mnt/a /mnt/b

start=$(now)
nas_start nas1 && nas_start nas2
echo "# two servers up after $(($(now) - start)) ms"
for host in nas1 nas2; do
	check "$host serves" null "$host"
	check "$host serves over IPv6" null "$host-6" tcp6
done
check "a v3 mount" mount -i -t nfs -o "$v3" nas1:/export/lab /mnt/a
check "a 4.1 mount" mount -i -t nfs -o "vers=4.1,addr=10.77.2.2,$soft" nas2:/export/lab /mnt/b
echo one >/mnt/a/file && echo two >/mnt/b/file
is "what is written over v3 is on nas1" "$(cat "$lab_state"/nas1/lab/file)" one
is "what is written over 4.1 is on nas2" "$(cat "$lab_state"/nas2/lab/file)" two
umount -i /mnt/b

nas_freeze nas1
check "frozen: answers ping" pings nas1
check "frozen: accepts a connection" accepts nas1 2049
check "frozen: rpcbind answers" rpcinfo -T tcp nas1 100000
RUN_LIMIT=2 run rpcinfo -T tcp nas1 nfs 3
exits 137 "frozen: answers no call"
check "frozen: the other server serves" null nas2
stat -f /mnt/a >"$scratch/stat" 2>&1 &
some_blocked() { [ -n "$(blocked_tasks)" ]; }
check "frozen: who asks is seen to be blocked" wait_for 5 some_blocked
wait $!
check "frozen: and fails on a soft v3 mount" grep -q "Input/output error" "$scratch/stat"
nothing_blocked "frozen: nobody is blocked after that"
nas_thaw nas1
check "thawed: serves" null nas1
check "thawed: the mount works again" timeout 5 cat /mnt/a/file

nas_stop nas1
check "stopped: port 2049 refuses" refused nas1 2049
check "stopped: rpcbind answers" rpcinfo -T tcp nas1 100000
nas_restart nas1
check "restarted: the mount finds it again" timeout 10 cat /mnt/a/file

nas_refuse nas1
check "refuse: port 2049 refuses" refused nas1 2049
check "refuse: port 111 refuses" refused nas1 111
check "refuse: answers ping" pings nas1
nas_restart nas1
check "restarted: serves" null nas1

nas_cut nas1
check "cut: no ping" fails pings nas1
check "cut: no connection, and no refusal" fails refused nas1 2049
nas_heal nas1
check "healed: serves" null nas1

nas_delay nas1 50
run rpcinfo -T tcp nas1 nfs 3
check "50 ms each way: a call takes 100 ms and more" [ "$elapsed" -ge 300 ]
nas_calm nas1
nas_loss nas1 100 from
check "100 % loss from it: no answer" fails pings nas1
nas_calm nas1
nas_loss nas1 30
is "30 % loss: some pings fail, some do not" \
	"$(ping -q -i 0.02 -c 60 -W 1 nas1 | grep -Eo ' [0-9.]+% packet loss' |
		awk '{ print ($1 + 0 > 5 && $1 + 0 < 95) }')" 1
nas_calm nas1
nas_slow nas1 8mbit
start=$(now)
dd if=/dev/zero of=/mnt/a/slow bs=64k count=16 conv=fsync status=none
check "8 Mbit/s: a megabyte takes about a second" [ $(($(now) - start)) -ge 800 ]
nas_calm nas1

nas_rpcbind nas1 freeze
RUN_LIMIT=2 run rpcinfo -T tcp nas1 100000
exits 137 "rpcbind frozen: no answer"
check "rpcbind frozen: nfsd serves" timeout 5 stat -f /mnt/a
nas_rpcbind nas1 stop
check "rpcbind dead: port 111 refuses" refused nas1 111
check "rpcbind dead: nfsd accepts" accepts nas1 2049
nas_rpcbind nas1 restore
check "rpcbind restored: names nfs" null nas1
nas_rpcbind nas1 forget
run rpcinfo -T tcp nas1 nfs 3
says "not registered" "rpcbind forgetful: nfs is not registered"
check "rpcbind forgetful: nfsd accepts" accepts nas1 2049
nas_rpcbind nas1 restore

nas_mountd nas1 refuse
check "mountd refuses: port 20048 refuses" refused nas1 20048
check "mountd refuses: nfsd serves" null nas1
nas_mountd nas1 restore
nas_mountd nas1 silent
check "mountd silent: accepts" accepts nas1 20048
RUN_LIMIT=2 run rpcinfo -T tcp nas1 mountd 3
exits 137 "mountd silent: answers no call"
check "mountd silent: nfsd serves" null nas1
check "mountd silent: the mount works" timeout 5 cat /mnt/a/file
nas_mountd nas1 restore
check "mountd restored" timeout 5 rpcinfo -T tcp nas1 mountd 3

nas_set nas1 ACCESS=RO
run touch /mnt/a/new
says "Read-only file system" "read-only: a write is refused"
nas_set nas1 ACCESS=RW SQUASH=Root
touch /mnt/a/root
is "root squashed: root's files are nobody's" "$(stat -c %u "$lab_state"/nas1/lab/root)" 65534
nas_set nas1 SQUASH=All
setpriv --reuid 33 --clear-groups touch /mnt/a/user
is "all squashed: a user's files too" "$(stat -c %u "$lab_state"/nas1/lab/user)" 65534
nas_set nas1 SQUASH=None EXPORTED=no
run cat /mnt/a/file
says "Stale" "unexported: the mount is stale"
run showmount -e --no-headers nas1
check "unexported: not in mountd's list" fails grep -q /export/lab "$out"
run mount -t nfs -o "$v3,retry=0" nas1:/export/lab /mnt/b
says "denied" "unexported: cannot be mounted (ganesha says denied, not missing)"
nas_set nas1 EXPORTED=yes
nas_set nas1 ACCESS=None
run mount -t nfs -o "$v3,retry=0" nas1:/export/lab /mnt/b
says "denied|not permitted" "no access: mountd denies"
nas_set nas1 ACCESS=RW

nas_full nas1
run dd if=/dev/zero of=/mnt/a/more bs=64k count=4 conv=fsync
says "No space left" "full: a write finds no space"
nas_empty nas1
check "emptied: it finds some" dd if=/dev/zero of=/mnt/a/more bs=64k count=4 conv=fsync

nas_replace nas1
run cat /mnt/a/file
says "Stale|No such file" "replaced: the mount does not find its files"
nas_freeze nas1
umount -i -f /mnt/a 2>/dev/null || umount -i -f /mnt/a
nas_rpcbind nas1 stop
nas_cut nas1
start=$(now)
check "nas_start ends every fault" nas_start nas1
echo "# took $(($(now) - start)) ms"
check "and it serves" null nas1
is "with an empty export" "$(ls -A "$lab_state"/nas1/lab)" ""
nothing_mounted "nothing is mounted any more"
nothing_blocked "nothing is blocked any more"
done_testing

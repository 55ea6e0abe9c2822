#!/bin/bash
# Proves that the guard lets pass what is this host's destination and the backup user can
# write to, and refuses anything else with a reason of its own: through real mounts, as a
# user whom root's rights do not help; in time when the server freezes.
# Seen to catch: reading back from the cache; the guard run as root; a clone's marker taken;
# a server without hard links, or that lets no owner write to a read-only file.
# limit: 240
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"

drive=$BUILD/tests/lab/drive
point=/srv/nfsafe/m22
export=$lab_state/nas1/lab
marker=$export/.nfsafe-destination
user=backup
attach() { # VERS
	"$drive" attach nas1:/export/lab "$point" "$1" 10.77.1.2 2049 20048 "" 5000 \
		>"$scratch/attach"
	grep -q ^attached "$scratch/attach" || not_ok "$1: mounted" "$(cat "$scratch/attach")"
}
detach() { "$drive" detach "$point" 3000 "$@" >"$scratch/detach"; }
guard() { run "$drive" guard "$point" $user nas1 5000 "$@"; }
install() { run "$drive" install "$point" $user nas1 5000; }
reads() { "$drive" stats "$point" | sed 's/.* reads=\([0-9]*\).*/\1/'; }
field() { sed "s/.* $1=\([^ ]*\).*/\1/" "$out"; }

# What the server has in its cache does not notice what is done behind its back.
as_user() { setpriv --reuid=34 --regid=34 --clear-groups "$@"; }
rewrite() { # as the user, through the mount: the marker from standard input
	cat >"$scratch/new"
	as_user rm -f "$point/.nfsafe-destination"
	as_user tee "$point/.nfsafe-destination" <"$scratch/new" >/dev/null
}

"$drive" prepare "$point" >/dev/null
chmod 0711 "$scratch"
nas_start nas1 SQUASH=Root
chown 34:34 "$export"
chmod 0750 "$export"
# As "systemd-id128 machine-id --app-specific=$1" has it, where there is no systemd.
app_specific() {
	python3 -c '
import hashlib, hmac, sys
key = bytes.fromhex(open("/etc/machine-id").read().strip())
b = bytearray(hmac.new(key, bytes.fromhex(sys.argv[1]), hashlib.sha256).digest()[:16])
b[6] = b[6] & 0x0F | 0x40
b[8] = b[8] & 0x3F | 0x80
print(b.hex())' "$1"
}
# Besides the file for the beats, which stays.
left() { find "$export" -mindepth 1 ! -name '.nfsafe-beat-*' -printf '%f\n'; }
for vers in 30 41; do
	attach "$vers"
	guard
	says "^marker-missing .*nfsafe init nas1" "$vers: no marker"
	install
	says "^installed .* : $" "$vers: the user installs the marker, root is squashed"
	is "$vers: it is the user's, and everybody's to read" "$(stat -c '%U %a' "$marker")" \
		"$user 444"
	uuid=$(field uuid) fsid=$(field fsid)
	is "$vers: it says what was said" "$(sed -n 's/^uuid = //p' "$marker")" "$uuid"
	is "$vers: machine is what systemd tells of this host" \
		"$(sed -n 's/^machine = //p' "$marker")" \
		"$(app_specific 8b0d6cf2a6f04c53a6d87c1e4b0f9a35)"
	install
	says "^kept .*uuid=$uuid" "$vers: installed again it stays as it is"
	before=$(reads)
	guard "$uuid" "$fsid" 10
	says "^passed .*write_ms=[0-9]" "$vers: what is right passes"
	check "$vers: what was written was read from the server" [ "$(reads)" -gt "$before" ]
	is "$vers: nothing is left of it" "$(left)" .nfsafe-destination
	guard 00000000-0000-4000-8000-000000000000 "$fsid"
	says "^marker-changed" "$vers: another uuid than the pinned one"
	guard "$uuid" 1:2
	says "^fsid-changed .*$fsid, not 1:2" "$vers: another fsid than the pinned one"
	run "$drive" guard "$point" $user nas2 5000
	says "^marker-foreign .*destination 'nas1', not 'nas2'" "$vers: another destination"
	as_user cat "$point/.nfsafe-destination" >"$scratch/marker"
	as_user rm -f "$point/.nfsafe-destination"
	detach
done
nas_set nas1 SQUASH=None
attach 30
sed 's/^machine = .*/machine = 0123456789abcdef0123456789abcdef/; s/^host = .*/host = other/' \
	"$scratch/marker" | rewrite
guard "$uuid" "$fsid"
says "^marker-foreign .*another host, other" "another host's marker"
is "and nothing was written" "$(left)" .nfsafe-destination
install
says "^marker-foreign" "it is not replaced either"
check "and left as it is" grep -q "host = other" "$marker"
sed 's/^host = .*/host = clone/' "$scratch/marker" | rewrite
guard "$uuid" "$fsid"
says "^marker-foreign .*clone, or renamed" "a clone of this host"
printf 'format = 1\nhost = \033[2Jx\n' | rewrite
guard
says "^marker-damaged .*line 2" "a marker that is none"
install
says "^marker-damaged" "it is not replaced either"
rewrite <"$scratch/marker"
fsid=$("$drive" stats "$point" | sed 's/.* fsid=//')

as_user dd if=/dev/zero of="$point/some" bs=1M count=2 status=none
guard "$uuid" "$fsid" 100
says "^little-space .*min_free = 100%" "little space"
# As on the first day: the file for the beats may be written to when nothing else may be.
as_user rm "$point"/.nfsafe-beat-*
nas_full nas1
guard "$uuid" "$fsid"
says "^cannot-write .*No space left" "no space at all"
nas_empty nas1
as_user rm "$point"/.nfsafe-beat-*
chown 0:0 "$point"
chmod 0755 "$point"
guard "$uuid" "$fsid"
says "^cannot-write .*$user \(uid 34\) cannot create a file: Permission denied" "not the user's"
chown 34:34 "$point"
nas_set nas1 ACCESS=RO
guard "$uuid" "$fsid"
says "^cannot-write .*Read-only" "a read-only export"
nas_set nas1 ACCESS=RW SQUASH=All
guard "$uuid" "$fsid"
says "^cannot-write .*Permission denied" "everybody is squashed"
nas_set nas1 SQUASH=None
mount -t tmpfs above "$point"
guard "$uuid" "$fsid"
says "^mount-lost .*mounted above it" "somebody mounted above it"
umount "$point"
guard "$uuid" "$fsid"
says "^passed" "all right again"
detach

nas_replace nas1
nas_on nas1 cp "$scratch/marker" /export/lab/.nfsafe-destination
nas_on nas1 chown 34:34 /export/lab
attach 30
guard "$uuid" "$fsid"
says "^fsid-changed" "another disk under the same export, with a copy of the marker"
detach

# The marker is read from the cache for some seconds: a new mount has none.
for vers in 30 41; do
	attach "$vers"
	nas_freeze nas1
	run "$drive" guard "$point" $user nas1 1000
	says "^no-answer" "$vers, frozen: no answer"
	within 2500 "$vers, frozen: in time"
	"$drive" guard "$point" $user nas1 20000 >"$scratch/cancelled" &
	sleep 0.5
	start=$(now)
	kill -TERM $!
	wait $!
	check "$vers, a signal ends it" [ $(($(now) - start)) -lt 1800 ]
	check "$vers, a signal is told" grep -q ^cancelled "$scratch/cancelled"
	detach dead
	nothing_mounted "$vers, frozen: nothing is mounted"
	nothing_blocked "$vers, frozen: nobody is blocked"
	nas_thaw nas1
done

coproc server { exec "$BUILD/tests/server/nfs-server" --control --address=127.0.0.1; }
exec {from}<&"${server[0]}" {to}>&"${server[1]}"
read -r -t 5 _ nfs mountport _ <&"$from"
echo "owner 34:34 755" >&"$to"
read -r -t 5 _ <&"$from"
run "$drive" attach here:/export "$point" 30 127.0.0.1 "${nfs#*=}" "${mountport#*=}" "" 5000
install
says "^installed" "a scripted server: installed"
echo "fault corrupt@READ" >&"$to"
read -r -t 5 _ <&"$from"
guard
says "^(corrupt|marker-damaged)" "a server that reads back something else"
detach
nothing_mounted "end: nothing is mounted"
done_testing

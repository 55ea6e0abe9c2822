#!/bin/bash
# Proves each refusal of the guard on a server that the probe finds well: marker missing,
# of another host, of another destination, changed; another file system; something in the
# bare mountpoint, something mounted on it; little space; not writable for the backup
# user. Each says why, exits 69, starts nothing, and leaves nothing mounted.
# Seen to catch: the guard left out.
# limit: 180
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

marker=$lab_state/nas1/lab/.nfsafe-destination
# refused NAME REASON WORDS
refused() {
	rm -f "$state/started"
	nf run --level full
	exits 69 "$1: exit 69"
	says "$3" "$1: says why"
	is "$1: recorded as skipped" "$(outcome outcome)" skipped
	check "$1: nothing was started" [ ! -e "$state/started" ]
	is "$1: reason" "$(sql "SELECT detail FROM phase WHERE outcome = 'failed'
		ORDER BY run DESC, seq DESC LIMIT 1" | cut -d: -f1)" "$2"
	[ "${4-}" = occupied ] || nothing_mounted "$1: nothing is mounted"
}
check "set up" site full="/bin/sh -c \"touch $state/started\""
cp -p "$marker" "$state/marker"
rm -f "$marker"
refused "no marker" marker-missing "no marker|marker"
sed 's/^machine = .*/machine = 0123456789abcdef0123456789abcdef/' "$state/marker" >"$marker"
refused "another host's" marker-foreign "host"
nf init nas1
exits 69 "init refuses another host's marker"
is "and leaves it as it is" "$(grep -c '^machine = 0123456789abcdef' "$marker")" 1
sed 's/^destination = .*/destination = nas9/' "$state/marker" >"$marker"
refused "another destination's" marker-foreign "nas9"
sed 's/^uuid = .*/uuid = 01234567-89ab-4def-8123-456789abcdef/' "$state/marker" >"$marker"
refused "another UUID" marker-changed "pinned|UUID"
echo nonsense >"$marker"
refused "no marker but nonsense" marker-damaged "marker"
rm -f "$marker"
cp -p "$state/marker" "$marker"
nf run --level full
exits 0 "the right marker again"

chattr -i "$mountpoint"
chmod 755 "$mountpoint"
refused "writable mountpoint" mountpoint-unsafe "init nas1|0555"
mkdir "$mountpoint/mail"
refused "something in the mountpoint" mountpoint-not-empty "mail"
rmdir "$mountpoint/mail"
mount -t tmpfs other "$mountpoint"
refused "something mounted there" mountpoint-mounted "mounted" occupied
check "and it is left alone" mountpoint -q "$mountpoint"
umount "$mountpoint"
nf init nas1
exits 0 "init mends the mountpoint"

sed -i 's/^min_free = .*/min_free = 10GiB/' "$conf"
refused "little space" little-space "free"
sed -i 's/^min_free = .*/min_free = 1MiB/' "$conf"
sqlite3 "$state/record/record.db" "UPDATE pin SET fsid = '1:0'" 2>/dev/null
refused "another file system" fsid-changed "file system|fsid"
nf init nas1
exits 0 "init pins the new one"
nf run --level full
exits 0 "and the next run is good"
nothing_blocked "nothing is blocked"
done_testing

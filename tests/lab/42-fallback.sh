#!/bin/bash
# Proves that a second destination is used when the first is sick, that it gets a full when
# it has none, that this is told and recorded; that --to asks for one only; that the first
# one is used again when it is well; that with both sick it is 69.
# Seen to catch: a decision made for the first destination and used for the second (an
# incremental without a full on nas2).
# limit: 120
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

check "two destinations" site hosts="nas1 nas2"
nf run
is "the first one is preferred" "$status $(outcome destination) $(outcome level)" "0 nas1 full"
nas_freeze nas1
nf run --level incremental
exits 0 "nas1 frozen: still good"
is "on nas2, where there is no full: a full" "$(outcome destination) $(outcome level)" \
	"nas2 full"
says "nas1 .*is frozen" "why not on nas1"
says "falling back to nas2" "and what instead"
is "both verdicts are in the record" \
	"$(sql 'SELECT group_concat(verdict) FROM verdict WHERE run = (SELECT max(id) FROM run)')" \
	"frozen,ok"
nf run --level incremental
is "then incrementals there" "$(outcome destination) $(outcome level)" "nas2 incremental"
nf run --level full --to nas1
exits 69 "--to nas1: no fall-back"
nas_cut nas2
nf run --level full
exits 69 "both sick"
is "is a skip" "$(outcome outcome)" skipped
site_heal nas2
nas_thaw nas1
nf run --level full
is "nas1 is well again, and preferred" "$status $(outcome destination)" "0 nas1"
nothing_mounted "nothing is mounted"
nothing_blocked "nothing is blocked"
done_testing

#!/bin/bash
# SPDX-License-Identifier: MIT
# watching.sh SECONDS: what nfsafe costs while a backup of hours goes on.
# Runs inside the lab, after NFSAFE was set; prints lines as measure.py does.
# shellcheck source-path=SCRIPTDIR source=../lab/check.sh
. "$(dirname "$0")/../lab/check.sh"
# shellcheck source-path=SCRIPTDIR source=../lab/site.sh
. "$lab/site.sh"
for vers in 3 4.1; do
	site vers=$vers full="/bin/sleep 100000" timeout=20h || exit 1
	"$(dirname "$0")/watching.py" "watch $vers" "$1" "$NFSAFE" --config "$conf" run --level full
done

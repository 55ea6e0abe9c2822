/* SPDX-License-Identifier: MIT */
/* A pin is what was pinned last, for one destination, also after a restart. */
#include "lib/record/pin.h"

#include "directory.h"

static const struct record_pin nas1 = { "nas1:/export", "b1946ac9", "0:2f", "5d41",
					1000 };
static const struct record_pin again = { "nas1:/export2", "3b2e", "0:30", "", 2000 };

static void expect_pin(struct record *record, const char *destination,
		       const struct record_pin *want)
{
	struct record_pin got;
	struct error err;

	cr_assert_eq(record_pin_get(record, destination, &got, &err), 1);
	cr_assert_str_eq(got.source, want->source);
	cr_assert_str_eq(got.marker_uuid, want->marker_uuid);
	cr_assert_str_eq(got.fsid, want->fsid);
	cr_assert_str_eq(got.handle_digest, want->handle_digest);
	cr_assert_eq(got.since_ms, want->since_ms);
}

Test(pin, is_per_destination)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	struct record_pin got;
	struct error err;

	cr_assert_eq(record_pin_get(record, "nas1", &got, &err), 0);
	must(record_pin_set(record, "nas1", &nas1, &why));
	expect_pin(record, "nas1", &nas1);
	cr_assert_eq(record_pin_get(record, "nas2", &got, &err), 0);
	cr_assert_eq(record_pin_get(record, "NAS1", &got, &err), 0);
	must(record_pin_set(record, "nas2", &again, &why));
	must(record_pin_set(record, "nas1", &again, &why));
	expect_pin(record, "nas1", &again);
}

Test(pin, stays)
{
	DIRECTORY(d);

	{
		RECORD(record, d, RECORD_WRITE);
		must(record_pin_set(record, "nas1", &nas1, &why));
	}
	RECORD(record, d, RECORD_READ);
	expect_pin(record, "nas1", &nas1);
}

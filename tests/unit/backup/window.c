/* SPDX-License-Identifier: MIT */
/*
 * Nights: every day has one window, also when the clocks change.
 * Seen red with mktime(3) instead of instant(): the second 01:30 of October, and
 * every start in a gap, came out wrong.
 */
#include "lib/backup/window.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static void zone(const char *name)
{
	(void)setenv("TZ", name, 1);
	tzset();
}

/* "2026-11-28 22:00", in UTC. */
static int64_t utc(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);

	cr_assert(end && *end == '\0', "%s", text);
	return (int64_t)timegm(&tm) * 1000;
}

static int hm(int hours, int minutes)
{
	return hours * 60 + minutes;
}

static void expect(struct window_spec spec, const char *at, const char *from,
		   const char *to, int wday)
{
	struct window w = window_at(spec, utc(at));

	cr_expect_eq(w.from_ms, utc(from), "at %s: from %s, not %lld", at, from,
		     (long long)w.from_ms / 1000);
	cr_expect_eq(w.to_ms, utc(to), "at %s: to %s, not %lld", at, to,
		     (long long)w.to_ms / 1000);
	cr_expect_eq(window_weekday(w.day), wday, "at %s: day %d", at,
		     window_weekday(w.day));
}

Test(window, passes_midnight_and_belongs_to_the_day_it_began)
{
	struct window_spec night = { hm(22, 0), hm(6, 0) };

	zone("UTC");
	/* 2026-11-28 was a Saturday. */
	expect(night, "2026-11-28 21:59", "2026-11-28 22:00", "2026-11-29 06:00", 6);
	expect(night, "2026-11-28 22:00", "2026-11-28 22:00", "2026-11-29 06:00", 6);
	expect(night, "2026-11-29 05:59", "2026-11-28 22:00", "2026-11-29 06:00", 6);
	expect(night, "2026-11-29 06:00", "2026-11-29 22:00", "2026-11-30 06:00", 0);
}

Test(window, within_a_day)
{
	struct window_spec noon = { hm(12, 0), hm(13, 30) };

	zone("Asia/Kolkata"); /* +05:30 */
	expect(noon, "2026-11-28 06:29", "2026-11-28 06:30", "2026-11-28 08:00", 6);
	expect(noon, "2026-11-28 07:59", "2026-11-28 06:30", "2026-11-28 08:00", 6);
	expect(noon, "2026-11-28 08:00", "2026-11-29 06:30", "2026-11-29 08:00", 0);
}

Test(window, of_a_whole_day)
{
	zone("Europe/London");
	expect(WINDOW_WHOLE_DAY, "2026-03-29 12:00", "2026-03-29 00:00",
	       "2026-03-29 23:00", 0);
	expect(WINDOW_WHOLE_DAY, "2026-10-25 12:00", "2026-10-24 23:00",
	       "2026-10-26 00:00", 0);
	expect((struct window_spec){ hm(22, 0), hm(22, 0) }, "2026-10-25 21:59",
	       "2026-10-24 21:00", "2026-10-25 22:00", 6);
}

/* London: on 2026-03-29 there is no 01:00 to 02:00, on 2026-10-25 it comes twice. */
Test(window, when_clocks_change_in_london)
{
	zone("Europe/London");
	/* Begins at a time that is missing: when the clocks go forward. */
	expect((struct window_spec){ hm(1, 30), hm(5, 0) }, "2026-03-29 00:30",
	       "2026-03-29 01:00", "2026-03-29 04:00", 0);
	/* Ends at one: as long as on other days. */
	expect((struct window_spec){ hm(22, 0), hm(1, 30) }, "2026-03-28 22:00",
	       "2026-03-28 22:00", "2026-03-29 01:30", 6);
	/* All of it is missing. */
	expect((struct window_spec){ hm(1, 15), hm(1, 45) }, "2026-03-29 00:30",
	       "2026-03-29 01:00", "2026-03-29 01:45", 0);
	expect((struct window_spec){ hm(1, 59), hm(2, 0) }, "2026-03-29 00:30",
	       "2026-03-29 01:00", "2026-03-29 01:01", 0);
	/* The night is an hour shorter. */
	expect((struct window_spec){ hm(22, 0), hm(6, 0) }, "2026-03-29 03:00",
	       "2026-03-28 22:00", "2026-03-29 05:00", 6);
	/* Begins at the first 01:30, ends at the second. */
	expect((struct window_spec){ hm(1, 30), hm(5, 0) }, "2026-10-25 00:00",
	       "2026-10-25 00:30", "2026-10-25 05:00", 0);
	expect((struct window_spec){ hm(22, 0), hm(1, 30) }, "2026-10-25 00:45",
	       "2026-10-24 21:00", "2026-10-25 01:30", 6);
	/* The night is an hour longer. */
	expect((struct window_spec){ hm(22, 0), hm(6, 0) }, "2026-10-25 05:30",
	       "2026-10-24 21:00", "2026-10-25 06:00", 6);
}

Test(window, when_clocks_change_elsewhere)
{
	/* No midnight on 2018-11-04: 00:00 became 01:00, at 03:00 UTC. */
	zone("America/Sao_Paulo");
	expect((struct window_spec){ 0, hm(4, 0) }, "2018-11-04 02:00",
	       "2018-11-04 03:00", "2018-11-04 06:00", 0);
	expect(WINDOW_WHOLE_DAY, "2018-11-04 12:00", "2018-11-04 03:00",
	       "2018-11-05 02:00", 0);
	/* Midnight came twice on 2026-11-01, at 04:00 UTC and an hour later. */
	zone("America/Havana");
	expect(WINDOW_WHOLE_DAY, "2026-11-01 03:59", "2026-10-31 04:00",
	       "2026-11-01 04:00", 6);
	expect(WINDOW_WHOLE_DAY, "2026-11-01 04:30", "2026-11-01 04:00",
	       "2026-11-02 05:00", 0);
	/* Half an hour: 02:00 became 02:30 on 2026-10-04, at 15:30 UTC the day before. */
	zone("Australia/Lord_Howe");
	expect((struct window_spec){ hm(2, 15), hm(3, 0) }, "2026-10-03 15:00",
	       "2026-10-03 15:30", "2026-10-03 16:00", 0);
	/* New York: 02:00 became 03:00 on 2026-03-08, at 07:00 UTC. */
	zone("America/New_York");
	expect((struct window_spec){ hm(2, 0), hm(4, 0) }, "2026-03-08 06:00",
	       "2026-03-08 07:00", "2026-03-08 08:00", 0);
	expect((struct window_spec){ hm(1, 0), hm(2, 0) }, "2026-11-01 05:30",
	       "2026-11-01 05:00", "2026-11-01 07:00", 0);
	/* 23:00 became midnight on 2026-03-28, at 01:00 UTC of the next day. */
	zone("America/Nuuk");
	expect((struct window_spec){ hm(23, 30), hm(5, 0) }, "2026-03-29 00:30",
	       "2026-03-29 01:00", "2026-03-29 06:00", 6);
}

/* Samoa had no 2011-12-30 at all. */
static const char *const zones[] = {
	"UTC",
	"Europe/London",
	"America/New_York",
	"America/Sao_Paulo",
	"America/Nuuk",
	"America/St_Johns",
	"Australia/Lord_Howe",
	"Africa/Casablanca",
	"Asia/Kathmandu",
	"Pacific/Apia",
	"Pacific/Kiritimati",
	"Africa/Cairo",
};

Test(window, every_day_has_one)
{
	for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
		zone(zones[z]);
		for (int i = 0; i < 200; i++) {
			struct window_spec spec = { (i * 37) % 1440, (i * 211) % 1440 };
			struct window w = window_at(spec, utc("2010-12-01 00:00"));

			for (int day = 0; day < 800; day++) {
				struct window next = window_after(spec, w);

				cr_assert_lt(w.from_ms, w.to_ms, "%s %d", zones[z], i);
				cr_assert_geq(next.from_ms, w.from_ms);
				cr_assert_eq(next.day, w.day + 1);
				cr_assert_eq(window_at(spec, w.to_ms - 1).to_ms, w.to_ms,
					     "%s %d", zones[z], i);
				w = next;
			}
		}
	}
}

Test(window, before_1970)
{
	struct window_spec night = { hm(22, 0), hm(6, 0) };

	zone("America/New_York");
	expect(night, "1969-12-31 04:00", "1969-12-31 03:00", "1969-12-31 11:00", 2);
	expect(night, "1969-12-31 08:00", "1969-12-31 03:00", "1969-12-31 11:00", 2);
	expect(night, "1969-12-21 08:00", "1969-12-21 03:00", "1969-12-21 11:00", 6);
}

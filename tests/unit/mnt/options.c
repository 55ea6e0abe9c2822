/* SPDX-License-Identifier: MIT */
#include "lib/mnt/options.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

#define MINUTE INT64_C(60000)

static struct options parse(const char *text, int64_t max_stall_ms)
{
	struct options o;
	struct error err;

	cr_assert_eq(options_parse(text, max_stall_ms, &o, &err), 0, "'%s': %s", text,
		     err.msg);
	return o;
}

static void expect_refused(const char *text, int64_t max_stall_ms, const char *words)
{
	struct options o;
	struct error err;

	cr_assert_eq(options_parse(text, max_stall_ms, &o, &err), -ERROR_CONFIG, "'%s'",
		     text);
	cr_expect(strstr(err.msg, words), "'%s': '%s' is not in '%s'", text, words,
		  err.msg);
}

Test(options, without_a_word_it_is_soft_and_the_breaker_is_first)
{
	static const int64_t stalls[] = { 1,      999,        10000,     20001,
					  MINUTE, 3 * MINUTE, 200 * 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(stalls); i++) {
		struct options o = parse("", stalls[i]);

		cr_expect_not(o.hard);
		cr_expect_geq(options_major_timeout_ms(&o), 3 * stalls[i]);
		cr_expect_geq(options_major_timeout_ms(&o), MINUTE);
		cr_expect_leq(options_major_timeout_ms(&o), 10 * MINUTE);
		cr_expect_str_eq(o.extra, "");
	}
	cr_expect_eq(parse("", MINUTE).timeo, 600);
	cr_expect_eq(parse("", MINUTE).retrans, 2);
}

Test(options, a_soft_mount_that_beats_the_breaker_is_refused)
{
	struct options o;

	expect_refused("timeo=30,retrans=1", MINUTE, "would give up after 6.0s");
	expect_refused("soft,timeo=599", MINUTE, "3 × max_stall, 180.0s");
	o = parse("soft,timeo=600", MINUTE);
	cr_expect_eq(options_major_timeout_ms(&o), 3 * MINUTE);
	o = parse("timeo=100,retrans=2", 10000);
	cr_expect_eq(options_major_timeout_ms(&o), 30000,
		     "as asked for, below our minute");
	o = parse("retrans=5", MINUTE);
	cr_expect_eq(o.timeo, 300);
	o = parse("retrans=100", 1000);
	cr_expect_eq(o.timeo, 10, "never below what may be asked for");
	/* The kernel gives up after 600 s, whatever the product says. */
	o = parse("timeo=6000,retrans=100", 200 * 1000);
	cr_expect_eq(options_major_timeout_ms(&o), 10 * MINUTE);
	expect_refused("timeo=6000,retrans=100", 200 * 1000 + 1, "write hard");
	expect_refused("", 4 * MINUTE, "max_stall = 200s at most");
	expect_refused("", INT64_MAX, "write hard");
}

Test(options, a_hard_mount_never_gives_up)
{
	struct options o = parse("hard", INT64_MAX);

	cr_expect(o.hard);
	cr_expect_eq(options_major_timeout_ms(&o), -1);
	cr_expect_eq(o.timeo, 600);
	o = parse("hard,timeo=30,retrans=1", MINUTE);
	cr_expect_eq(o.timeo, 30);
	cr_expect_eq(o.retrans, 1);
}

Test(options, what_is_allowed_is_passed_on_in_order)
{
	struct options o =
		parse(" rsize=65536 , noatime,,nconnect=4,\tlookupcache=pos,"
		      "tcp,nolock,nosharecache,nosuid,nodev,noexec,rw,proto=tcp,"
		      "sec=sys ",
		      MINUTE);

	cr_expect_str_eq(o.extra,
			 "rsize=65536,noatime,nconnect=4,lookupcache=pos,sec=sys");
}

Test(options, what_would_break_the_promise_is_refused_with_the_reason)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "bg", "'bg' is refused: nfsafe mounts once" },
		{ "fg", "'fg' is refused" },
		{ "retry=2", "'retry' is refused" },
		{ "softerr", "makes a dead server look alive" },
		{ "softreval", "makes a dead server look alive" },
		{ "sharecache", "pass on its time-outs" },
		{ "lock", "lock manager hangs" },
		{ "local_lock=none", "lock manager hangs" },
		{ "udp", "only TCP" },
		{ "rdma", "only TCP" },
		{ "proto=udp", "'proto' can only be one of: tcp" },
		{ "suid", "may be run" },
		{ "dev", "may be run" },
		{ "exec", "may be run" },
		{ "remount", "new mount" },
		{ "bind", "new mount" },
		{ "ro", "guard must be able to write" },
		{ "vers=3", "write vers = instead" },
		{ "nfsvers=4.2", "write vers = instead" },
		{ "v4.1", "write vers = instead" },
		{ "minorversion=1", "write vers = instead" },
		{ "port=2049", "write port = instead" },
		{ "mountport=1", "write mountport = instead" },
		{ "addr=10.0.0.1", "the probe finds it" },
		{ "clientaddr=10.0.0.1", "the probe finds it" },
		{ "sec=krb5", "'sec' can only be one of: sys" },
		{ "fsc", "from a cache" },
		{ "_netdev", "for fstab" },
		{ "x-systemd.automount", "for fstab" },
		{ "sloppy", "misspelt" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_refused(bad[i].text, MINUTE, bad[i].words);
}

Test(options, what_is_misspelt_is_told_with_what_there_is)
{
	expect_refused("harrd", MINUTE,
		       "'harrd' is not known; allowed are: hard soft timeo");
	expect_refused("har", MINUTE, "not known");
	expect_refused("=5", MINUTE, "not known");
	expect_refused("hard=1", MINUTE, "'hard' takes no value");
	expect_refused("rsize", MINUTE, "'rsize' takes a number from 1024 to 1048576");
	expect_refused("rsize=", MINUTE, "takes a number");
	expect_refused("rsize=64k", MINUTE, "takes a number");
	expect_refused("nconnect=17", MINUTE, "from 1 to 16");
	expect_refused("timeo=9", MINUTE, "from 10 to 6000");
	expect_refused("lookupcache=", MINUTE, "'lookupcache' can only be one of");
	expect_refused("no atime", MINUTE, "has a space");
	expect_refused("hard\\040", MINUTE, "no option needs");
	expect_refused("\"hard\"", MINUTE, "no option needs");
	expect_refused("noatime\n", MINUTE, "no option needs");
}

Test(options, twice_or_both_ways_is_refused)
{
	expect_refused("hard,soft", MINUTE, "'soft' comes second");
	expect_refused("timeo=600,timeo=700", MINUTE, "'timeo' comes second");
	expect_refused("ac,noac", MINUTE, "'noac' comes second");
}

Test(options, all_that_is_wrong_is_told_at_once)
{
	expect_refused("bg,sharecache,rsize=1", MINUTE, "'bg'");
	expect_refused("bg,sharecache,rsize=1", MINUTE, "; 'sharecache'");
	expect_refused("bg,sharecache,rsize=1", MINUTE, "; 'rsize'");
}

Test(options, too_many_are_refused)
{
	char text[4096] = "";

	for (size_t i = 0; i < 300; i++)
		strncat(text, "nconnect=4,", sizeof(text) - strlen(text) - 1);
	expect_refused(text, MINUTE, "comes second");
}

static const char *format(const char *user, struct options_server server, char *buf)
{
	struct options o = parse(user, MINUTE);
	struct error err;

	cr_assert_eq(options_format(&o, &server, buf, &err), 0, "%s", err.msg);
	return buf;
}

Test(options, the_text_for_version_3_pins_everything)
{
	char buf[OPTIONS_TEXT_SIZE];

	cr_expect_str_eq(
		format("rsize=65536",
		       (struct options_server){ 30, "10.77.0.2", 2049, 20048 }, buf),
		"rsize=65536,vers=3,addr=10.77.0.2,proto=tcp,port=2049,"
		"mountproto=tcp,mountvers=3,mountport=20048,nolock,soft,timeo=600,"
		"retrans=2,nosharecache,nosuid,nodev,noexec");
}

Test(options, the_text_for_version_4_has_no_mountd_and_no_nlm)
{
	char buf[OPTIONS_TEXT_SIZE];

	cr_expect_str_eq(format("hard",
				(struct options_server){ 41, "fe80::1%eth0", 2050, 0 },
				buf),
			 "vers=4.1,addr=fe80::1%eth0,proto=tcp6,port=2050,hard,timeo=600,"
			 "retrans=2,nosharecache,nosuid,nodev,noexec");
}

Test(options, half_a_server_is_refused)
{
	static const struct options_server bad[] = {
		{ 30, "nas1", 2049, 20048 },       { 30, "10.0.0.1", 0, 20048 },
		{ 30, "10.0.0.1", 2049, 0 },       { 41, "10.0.0.1,soft", 2049, 0 },
		{ 41, "fe80::1%a,hard", 2049, 0 }, { 20, "10.0.0.1", 2049, 1 },
		{ 43, "10.0.0.1", 2049, 0 },       { 41, "", 2049, 0 },
	};
	struct options o = parse("", MINUTE);
	char buf[OPTIONS_TEXT_SIZE];
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_eq(options_format(&o, &bad[i], buf, &err), -ERROR_INTERNAL,
			     "%zu", i);
}

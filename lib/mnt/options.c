/* SPDX-License-Identifier: MIT */
#include "lib/mnt/options.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/mnt/span.h"

/* The kernel's cap on T over TCP: NFS_MAX_TCP_TIMEOUT. */
#define T_MAX_MS INT64_C(600000)
/* A slow server with 32 MiB to write was seen to need 16 s for a call. */
#define T_MIN_MS INT64_C(60000)
#define T_PER_STALL 3
#define TIMEO_DEFAULT 600 /* nfs(5) */
#define RETRANS_DEFAULT 2
#define TIMEO_MIN 10
#define TIMEO_MAX 6000
#define GIVEN_MAX 64

enum kind {
	KIND_HARDNESS, /* hard, soft */
	KIND_TIMEO,
	KIND_RETRANS,
	KIND_OURS,   /* what we set anyway: taken, and not written twice */
	KIND_FLAG,   /* passed on */
	KIND_NUMBER, /* passed on if from @min to @max */
	KIND_WORD,   /* passed on if one of @words */
};

struct allowed {
	const char *name;
	enum kind kind;
	uint32_t min;
	uint32_t max;
	const char *words; /* the values it can have, a space on both sides of each */
	const char *group; /* what it repeats or contradicts has the same; NULL: @name */
};

static const struct allowed allowed[] = {
	{ "hard", KIND_HARDNESS, .group = "hard" },
	{ "soft", KIND_HARDNESS, .group = "hard" },
	{ "timeo", KIND_TIMEO, .min = TIMEO_MIN, .max = TIMEO_MAX },
	{ "retrans", KIND_RETRANS, .min = 0, .max = 100 },
	{ "rsize", KIND_NUMBER, .min = 1024, .max = 1048576 },
	{ "wsize", KIND_NUMBER, .min = 1024, .max = 1048576 },
	{ "nconnect", KIND_NUMBER, .min = 1, .max = 16 },
	{ "ac", KIND_FLAG, .group = "ac" },
	{ "noac", KIND_FLAG, .group = "ac" },
	{ "actimeo", KIND_NUMBER, .min = 0, .max = 86400 },
	{ "acregmin", KIND_NUMBER, .min = 0, .max = 86400 },
	{ "acregmax", KIND_NUMBER, .min = 0, .max = 86400 },
	{ "acdirmin", KIND_NUMBER, .min = 0, .max = 86400 },
	{ "acdirmax", KIND_NUMBER, .min = 0, .max = 86400 },
	{ "lookupcache", KIND_WORD, .words = " all none pos positive " },
	{ "cto", KIND_FLAG, .group = "cto" },
	{ "nocto", KIND_FLAG, .group = "cto" },
	{ "acl", KIND_FLAG, .group = "acl" },
	{ "noacl", KIND_FLAG, .group = "acl" },
	{ "rdirplus", KIND_FLAG, .group = "rdirplus" },
	{ "nordirplus", KIND_FLAG, .group = "rdirplus" },
	{ "resvport", KIND_FLAG, .group = "resvport" },
	{ "noresvport", KIND_FLAG, .group = "resvport" },
	{ "write", KIND_WORD, .words = " lazy eager wait " },
	{ "sync", KIND_FLAG, .group = "sync" },
	{ "async", KIND_FLAG, .group = "sync" },
	{ "atime", KIND_FLAG, .group = "atime" },
	{ "noatime", KIND_FLAG, .group = "atime" },
	{ "relatime", KIND_FLAG, .group = "relatime" },
	{ "norelatime", KIND_FLAG, .group = "relatime" },
	{ "diratime", KIND_FLAG, .group = "diratime" },
	{ "nodiratime", KIND_FLAG, .group = "diratime" },
	{ "sec", KIND_WORD, .words = " sys " },
	{ "proto", KIND_OURS, .words = " tcp tcp6 " },
	{ "tcp", KIND_OURS, .group = "tcp" },
	{ "nolock", KIND_OURS, .group = "nolock" },
	{ "nosharecache", KIND_OURS, .group = "nosharecache" },
	{ "nosuid", KIND_OURS, .group = "nosuid" },
	{ "nodev", KIND_OURS, .group = "nodev" },
	{ "noexec", KIND_OURS, .group = "noexec" },
	{ "rw", KIND_OURS, .group = "rw" },
};

struct refused {
	const char *names; /* each with a space on both sides */
	const char *reason;
};

static const struct refused refused[] = {
	{ " fg bg retry ", "nfsafe mounts once, within mount_timeout" },
	{ " softerr softreval nosoftreval ", "it makes a dead server look alive" },
	{ " sharecache ", "a mount of the same export would pass on its time-outs" },
	{ " lock nlm local_lock ",
	  "locks are kept local: the lock manager hangs as well" },
	{ " udp rdma ", "only TCP is watched" },
	{ " suid dev exec ", "nothing on the export may be run or opened as a device" },
	{ " ro ", "the guard must be able to write" },
	{ " remount bind rbind move shared rshared slave rslave private rprivate "
	  "unbindable "
	  "runbindable loop offset sizelimit ",
	  "nfsafe makes a new mount of the export" },
	{ " vers nfsvers minorversion v2 v3 v4 v4.0 v4.1 v4.2 ", "write vers = instead" },
	{ " port ", "write port = instead" },
	{ " mountport ", "write mountport = instead" },
	{ " addr clientaddr mountaddr mounthost mountvers mountproto source ",
	  "the probe finds it" },
	{ " fsc nofsc ", "what is read back would come from a cache" },
	{ " intr nointr posix noposix ", "no kernel looks at it any more" },
	{ " sloppy ", "it hides misspelt options" },
	{ " max_connect trunkdiscovery notrunkdiscovery migration nomigration ",
	  "the mount stays with the server that was probed" },
	{ " auto noauto defaults user users nouser owner group _netdev nofail comment ",
	  "it is for fstab" },
};

/* What is known while the options are read. */
struct reader {
	struct options *o;
	bool timeo_given;
	bool retrans_given;
	const char *given[GIVEN_MAX]; /* the groups that were there */
	size_t n_given;
	struct error *err;
	bool failed;
};

/* One more thing that is wrong, after those that are there. */
__attribute__((format(printf, 2, 3))) static void refuse(struct reader *rd,
							 const char *fmt, ...)
{
	struct error *err = rd->err;
	size_t len = rd->failed ? strlen(err->msg) : 0;
	va_list ap;

	if (!rd->failed)
		(void)error_set(err, ERROR_CONFIG, 0, "options: ");
	else
		(void)snprintf(err->msg + len, sizeof(err->msg) - len, "; ");
	rd->failed = true;
	len = strlen(err->msg);
	va_start(ap, fmt);
	(void)vsnprintf(err->msg + len, sizeof(err->msg) - len, fmt, ap);
	va_end(ap);
}

/* Is @word, with a space on both sides, in @words? */
static bool has_word(const char *words, struct span word)
{
	for (const char *p = words; (p = strchr(p, ' ')) != NULL; p++) {
		if (strncmp(p + 1, word.p, word.len) == 0 && p[1 + word.len] == ' ')
			return word.len > 0;
	}
	return false;
}

static const struct allowed *find_allowed(struct span name)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		if (span_is(name, allowed[i].name))
			return &allowed[i];
	}
	return NULL;
}

static void refuse_unknown(struct reader *rd, struct span name)
{
	char list[400];
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		if (has_word(refused[i].names, name)) {
			refuse(rd, "'%.*s' is refused: %s", (int)name.len, name.p,
			       refused[i].reason);
			return;
		}
	}
	if (span_skip(&(struct span){ name.p, name.len }, "x-") ||
	    span_skip(&(struct span){ name.p, name.len }, "X-")) {
		refuse(rd, "'%.*s' is refused: it is for fstab", (int)name.len, name.p);
		return;
	}
	list[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(allowed) && len < sizeof(list); i++) {
		if (allowed[i].kind != KIND_OURS)
			len += (size_t)snprintf(list + len, sizeof(list) - len, " %s",
						allowed[i].name);
	}
	refuse(rd, "'%.*s' is not known; allowed are:%s", (int)name.len, name.p, list);
}

/* Options that repeat or contradict one that was there. */
static bool note_given(struct reader *rd, const struct allowed *a)
{
	const char *group = a->group ? a->group : a->name;

	for (size_t i = 0; i < rd->n_given; i++) {
		if (strcmp(rd->given[i], group) == 0) {
			refuse(rd,
			       "'%s' comes second: it, or its opposite, was there before",
			       a->name);
			return false;
		}
	}
	/* Cannot overflow: each group is noted once, and there are fewer. */
	_Static_assert(ARRAY_SIZE(allowed) <= GIVEN_MAX, "room for every group");
	rd->given[rd->n_given++] = group;
	return true;
}

static bool check_value(struct reader *rd, const struct allowed *a, bool has_value,
			struct span value, uint64_t *ret)
{
	bool takes_number = a->kind == KIND_NUMBER || a->kind == KIND_TIMEO ||
			    a->kind == KIND_RETRANS;

	*ret = 0;
	if (takes_number) {
		if (has_value && span_number(value, ret) && *ret >= a->min &&
		    *ret <= a->max)
			return true;
		refuse(rd, "'%s' takes a number from %u to %u", a->name, a->min, a->max);
		return false;
	}
	if (a->words) {
		if (has_value && has_word(a->words, value))
			return true;
		refuse(rd, "'%s' can only be one of:%s", a->name, a->words);
		return false;
	}
	if (has_value)
		refuse(rd, "'%s' takes no value", a->name);
	return !has_value;
}

static void pass_on(struct reader *rd, struct span option)
{
	struct options *o = rd->o;
	size_t len = strlen(o->extra);

	if (len + 1 + option.len + 1 > sizeof(o->extra)) {
		refuse(rd, "they are too long");
		return;
	}
	if (len > 0)
		o->extra[len++] = ',';
	memcpy(o->extra + len, option.p, option.len);
	o->extra[len + option.len] = '\0';
}

static void take_option(struct reader *rd, struct span option)
{
	const char *eq = memchr(option.p, '=', option.len);
	struct span name = option, value = { "", 0 };
	const struct allowed *a;
	uint64_t number;

	if (eq) {
		name.len = (size_t)(eq - option.p);
		value = (struct span){ eq + 1, option.len - name.len - 1 };
	}
	a = find_allowed(name);
	if (!a) {
		refuse_unknown(rd, name);
		return;
	}
	if (!check_value(rd, a, eq != NULL, value, &number) || !note_given(rd, a))
		return;
	switch (a->kind) {
	case KIND_HARDNESS:
		rd->o->hard = span_is(name, "hard");
		break;
	case KIND_TIMEO:
		rd->o->timeo = (unsigned)number;
		rd->timeo_given = true;
		break;
	case KIND_RETRANS:
		rd->o->retrans = (unsigned)number;
		rd->retrans_given = true;
		break;
	case KIND_OURS:
		break;
	case KIND_FLAG:
	case KIND_NUMBER:
	case KIND_WORD:
		pass_on(rd, option);
		break;
	}
}

/* Quotes, backslashes and the like mean something to libmount: none is needed. */
static bool is_option_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("=._-", c));
}

static void read_options(struct reader *rd, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, ",");
		struct span rest = { text, len }, option, more;

		text += len + (text[len] == ',');
		if (!span_next_word(&rest, &option))
			continue;
		if (span_next_word(&rest, &more)) {
			refuse(rd, "'%.*s' has a space in it", (int)len, option.p);
			continue;
		}
		for (len = 0; len < option.len && is_option_char(option.p[len]); len++)
			;
		if (len < option.len)
			refuse(rd, "'%.*s' has a character in it that no option needs",
			       (int)option.len, option.p);
		else
			take_option(rd, option);
	}
}

/* The shortest timeo that makes T at least @want_ms, and a minute. */
static unsigned soft_timeo(int64_t want_ms, unsigned retrans)
{
	int64_t unit_ms = 100 * ((int64_t)retrans + 1);
	int64_t t = want_ms < T_MIN_MS ? T_MIN_MS : want_ms;
	int64_t timeo = (t + unit_ms - 1) / unit_ms;

	return (unsigned)(timeo < TIMEO_MIN ? TIMEO_MIN : timeo);
}

static void settle_timeout(struct reader *rd, int64_t max_stall_ms)
{
	struct options *o = rd->o;
	int64_t want = T_MAX_MS + 1;

	if (max_stall_ms <= T_MAX_MS)
		want = T_PER_STALL * max_stall_ms;
	if (!rd->retrans_given)
		o->retrans = RETRANS_DEFAULT;
	if (!rd->timeo_given && o->hard)
		o->timeo = TIMEO_DEFAULT;
	if (!rd->timeo_given && !o->hard)
		o->timeo = soft_timeo(want, o->retrans);
	if (o->hard || options_major_timeout_ms(o) >= want)
		return;
	if (want > T_MAX_MS)
		refuse(rd,
		       "a soft mount gives up after %" PRId64 "s at the latest, which is "
		       "less than 3 × max_stall: write hard, or max_stall = %" PRId64
		       "s at most",
		       T_MAX_MS / 1000, T_MAX_MS / 1000 / T_PER_STALL);
	else
		refuse(rd,
		       "timeo=%u,retrans=%u would give up after %.1fs, before the "
		       "breaker: "
		       "3 × max_stall, %.1fs, is needed; leave both out, or write hard",
		       o->timeo, o->retrans, (double)options_major_timeout_ms(o) / 1000,
		       (double)want / 1000);
}

int options_parse(const char *text, int64_t max_stall_ms, struct options *ret,
		  struct error *err)
{
	struct options o = { 0 };
	struct reader rd = { .o = &o, .err = err };

	read_options(&rd, text);
	settle_timeout(&rd, max_stall_ms);
	if (rd.failed)
		return -ERROR_CONFIG;
	*ret = o;
	return 0;
}

int64_t options_major_timeout_ms(const struct options *o)
{
	int64_t t = (int64_t)o->timeo * 100 * ((int64_t)o->retrans + 1);

	if (o->hard)
		return -1;
	return t < T_MAX_MS ? t : T_MAX_MS;
}

/* An IPv6 address may have a zone: "fe80::1%eth0". */
static bool is_address(const char *address, bool *ret_v6)
{
	size_t len = strcspn(address, "%");
	char bare[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	struct in_addr in;

	*ret_v6 = strchr(address, ':') != NULL;
	if (len >= sizeof(bare))
		return false;
	memcpy(bare, address, len);
	bare[len] = '\0';
	if (!*ret_v6)
		return inet_pton(AF_INET, address, &in) == 1;
	for (const char *p = address + len; *p != '\0'; p++) {
		if (*p != '%' && !is_option_char(*p))
			return false;
	}
	return inet_pton(AF_INET6, bare, &in6) == 1;
}

int options_format(const struct options *o, const struct options_server *server,
		   char ret_text[OPTIONS_TEXT_SIZE], struct error *err)
{
	char mountd[64] = "";
	const char *proto;
	bool v3 = server->vers == OPTIONS_VERS_3, v6;
	char vers[8];
	int len;

	if (!is_address(server->address, &v6) || server->port == 0 ||
	    (v3 && server->mountport == 0) || server->vers < OPTIONS_VERS_3 ||
	    server->vers > OPTIONS_VERS_4_2)
		return error_set(err, ERROR_INTERNAL, 0,
				 "mount options: address '%s', port %u, mountport %u, "
				 "version %u do not make a server",
				 server->address, server->port, server->mountport,
				 server->vers);
	proto = v6 ? "tcp6" : "tcp";
	(void)snprintf(vers, sizeof(vers), v3 ? "%u" : "%u.%u", server->vers / 10,
		       server->vers % 10);
	/* Without an address of its own mountd is asked at addr=. */
	if (v3)
		(void)snprintf(mountd, sizeof(mountd),
			       ",mountproto=%s,mountvers=3,mountport=%u,nolock", proto,
			       server->mountport);
	len = snprintf(ret_text, OPTIONS_TEXT_SIZE,
		       "%s%svers=%s,addr=%s,proto=%s,port=%u%s,%s,timeo=%u,retrans=%u,"
		       "nosharecache,nosuid,nodev,noexec",
		       o->extra, o->extra[0] ? "," : "", vers, server->address, proto,
		       server->port, mountd, o->hard ? "hard" : "soft", o->timeo,
		       o->retrans);
	if (len < 0 || len >= OPTIONS_TEXT_SIZE)
		return error_set(err, ERROR_INTERNAL, 0, "mount options: too long");
	return 0;
}

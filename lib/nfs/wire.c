/* SPDX-License-Identifier: MIT */
#include "lib/nfs/wire.h"

#include <string.h>

/* Clocks differ by nothing within a host; a year of microseconds is nonsense. */
#define US_MAX (INT64_C(365) * 86400 * 1000000)

uint32_t wire_type(const void *msg, size_t len)
{
	uint32_t type;

	if (len < sizeof(type))
		return 0;
	memcpy(&type, msg, sizeof(type));
	return type;
}

static bool copy(const void *msg, size_t len, void *to, size_t size, enum wire_type type)
{
	if (len != size || wire_type(msg, len) != type)
		return false;
	memcpy(to, msg, size);
	return true;
}

/* In place: NUL-terminated, and nothing that a terminal would obey. */
static void clean_text(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (char *p = text; *p; p++) {
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	}
}

/* A bool in memory that somebody else wrote: only 0 and 1 may be read as one. */
static bool is_bool(const bool *b)
{
	unsigned char byte;

	memcpy(&byte, b, sizeof(byte));
	return byte <= 1;
}

static bool is_duration(int64_t us)
{
	return us >= -1 && us <= US_MAX;
}

bool wire_take_failed(const void *msg, size_t len, struct wire_failed *ret)
{
	if (!copy(msg, len, ret, sizeof(*ret), WIRE_FAILED))
		return false;
	clean_text(ret->err.msg, sizeof(ret->err.msg));
	return ret->err.msg[0] != '\0' && ret->err.kind >= ERROR_USAGE &&
	       ret->err.kind <= ERROR_INTERNAL;
}

bool wire_take_connect(const void *msg, size_t len, size_t n_sources,
		       struct wire_connect *ret)
{
	return copy(msg, len, ret, sizeof(*ret), WIRE_CONNECT) &&
	       ret->source < n_sources && ret->address < WIRE_ADDRESSES_MAX &&
	       ret->port > 0 && ret->port <= UINT16_MAX && ret->reserved <= 1;
}

static bool layers_are_sound(const struct probe_report *report)
{
	for (unsigned i = 0; i < PROBE_LAYERS; i++) {
		if (report->layers[i].result >= RESULT_COUNT ||
		    !is_duration(report->layers[i].us))
			return false;
	}
	return true;
}

static bool report_is_sound(const struct probe_report *report)
{
	return layers_are_sound(report) && is_bool(&report->has_handle) &&
	       report->handle.len <= NFS_HANDLE_MAX && is_bool(&report->has_access) &&
	       is_bool(&report->has_space) && is_bool(&report->has_files) &&
	       is_duration(report->connect_us);
}

bool wire_take_report(const void *msg, size_t len, size_t n_sources,
		      struct wire_report *ret)
{
	if (!copy(msg, len, ret, sizeof(*ret), WIRE_REPORT) || ret->source >= n_sources ||
	    (ret->address >= WIRE_ADDRESSES_MAX && ret->address != WIRE_NO_ADDRESS) ||
	    !report_is_sound(&ret->report))
		return false;
	clean_text(ret->report.detail, sizeof(ret->report.detail));
	ret->report.address[0] = '\0';
	ret->report.elapsed_us = 0;
	verdict_decide(&ret->report);
	return true;
}

bool wire_take_beat(const void *msg, size_t len, size_t n_sources, struct wire_beat *ret)
{
	return copy(msg, len, ret, sizeof(*ret), WIRE_BEAT) &&
	       ret->beat.source < n_sources && ret->beat.result < BEAT_COUNT &&
	       is_duration(ret->beat.rtt_us) && ret->beat.sent_ns >= 0;
}

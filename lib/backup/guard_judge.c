/* SPDX-License-Identifier: MIT */
#include "lib/backup/guard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/macro.h"
#include "lib/base/parse.h"
#include "lib/proc/privilege.h"

const char *guard_reason_name(enum guard_reason reason)
{
	static const char *const names[] = {
		[GUARD_PASSED] = "passed",
		[GUARD_MOUNTPOINT_NOT_EMPTY] = "mountpoint-not-empty",
		[GUARD_MOUNTPOINT_MOUNTED] = "mountpoint-mounted",
		[GUARD_MOUNTPOINT_UNSAFE] = "mountpoint-unsafe",
		[GUARD_MARKER_MISSING] = "marker-missing",
		[GUARD_MARKER_DAMAGED] = "marker-damaged",
		[GUARD_MARKER_FOREIGN] = "marker-foreign",
		[GUARD_MARKER_CHANGED] = "marker-changed",
		[GUARD_FSID_CHANGED] = "fsid-changed",
		[GUARD_LITTLE_SPACE] = "little-space",
		[GUARD_CANNOT_WRITE] = "cannot-write",
		[GUARD_CORRUPT] = "corrupt",
		[GUARD_NO_ANSWER] = "no-answer",
		[GUARD_CANCELLED] = "cancelled",
		[GUARD_MOUNT_LOST] = "mount-lost",
	};

	return (size_t)reason < ARRAY_SIZE(names) ? names[reason] : "unknown";
}

static bool is_set(const char *text)
{
	return text && text[0] != '\0';
}

__attribute__((format(printf, 3, 4))) static enum guard_reason
refuse(struct error *why, enum guard_reason reason, const char *fmt, ...)
{
	va_list ap;

	(void)error_set(why, ERROR_UNSAFE, 0, "guard");
	va_start(ap, fmt);
	(void)vsnprintf(why->msg, sizeof(why->msg), fmt, ap);
	va_end(ap);
	return reason;
}

static enum guard_reason judge_marker(const struct guard_request *req,
				      const struct marker *host,
				      const struct guard_facts *facts, struct error *why)
{
	const char *source = req->mount->source;
	const char *uuid = is_set(req->pinned_uuid) ? req->pinned_uuid : NULL;

	if (facts->marker.errnum == ENOENT)
		return refuse(why, GUARD_MARKER_MISSING,
			      "%s: there is no marker (" MARKER_FILE_NAME "): not this "
			      "host's destination; if it is to be, run nfsafe init %s",
			      source, req->destination);
	if (facts->marker.errnum != 0)
		return refuse(why, GUARD_MARKER_DAMAGED,
			      "%s: the marker (" MARKER_FILE_NAME ") cannot be read: %s",
			      source, strerror(facts->marker.errnum));
	if (!facts->marker.valid)
		return refuse(why, GUARD_MARKER_DAMAGED,
			      "%s: the marker (" MARKER_FILE_NAME ") is none: %s", source,
			      facts->marker.parse.msg);
	switch (marker_compare(&facts->marker.found, host, uuid, why)) {
	case MARKER_OURS:
		return GUARD_PASSED;
	case MARKER_OTHER_UUID:
		(void)error_prefix(why, "%s", source);
		return GUARD_MARKER_CHANGED;
	case MARKER_OTHER_HOST:
	case MARKER_OTHER_NAME:
	case MARKER_OTHER_DESTINATION:
		break;
	}
	(void)error_prefix(why, "%s", source);
	return GUARD_MARKER_FOREIGN;
}

static enum guard_reason judge_fsid(const struct guard_request *req,
				    const struct marker *host,
				    const struct guard_facts *facts, struct error *why)
{
	(void)host;
	if (!is_set(req->pinned_fsid) || strcmp(facts->fsid, req->pinned_fsid) == 0)
		return GUARD_PASSED;
	if (!is_set(facts->fsid))
		return refuse(
			why, GUARD_FSID_CHANGED,
			"%s: the kernel does not tell the file system's id, which was "
			"%s",
			req->mount->source, req->pinned_fsid);
	return refuse(
		why, GUARD_FSID_CHANGED,
		"%s: it is another file system than at init (id %s, not %s): is the "
		"disk behind the export mounted?  If it is right, or vers = was "
		"changed, run nfsafe init %s",
		req->mount->source, facts->fsid, req->pinned_fsid, req->destination);
}

static enum guard_reason judge_space(const struct guard_request *req,
				     const struct marker *host,
				     const struct guard_facts *facts, struct error *why)
{
	const struct remote_space *s = &facts->space.space;
	char free_text[32], total_text[32], min_text[32];

	(void)host;
	if (facts->space.errnum != 0)
		return refuse(why, GUARD_LITTLE_SPACE,
			      "%s: free space cannot be told: %s", req->mount->source,
			      strerror(facts->space.errnum));
	format_size(s->free_bytes, free_text, sizeof(free_text));
	format_size(s->total_bytes, total_text, sizeof(total_text));
	format_size(req->min_free_bytes, min_text, sizeof(min_text));
	if (s->free_bytes < req->min_free_bytes)
		return refuse(why, GUARD_LITTLE_SPACE,
			      "%s: %s are free, less than min_free = %s",
			      req->mount->source, free_text, min_text);
	/* In hundredths first: free_bytes × 100 may overflow. */
	if (req->min_free_percent > 0 &&
	    (s->total_bytes == 0 ||
	     (double)s->free_bytes * 100 <
		     (double)s->total_bytes * req->min_free_percent))
		return refuse(why, GUARD_LITTLE_SPACE,
			      "%s: %s of %s are free, less than min_free = %u%%",
			      req->mount->source, free_text, total_text,
			      req->min_free_percent);
	/* Servers that do not count files tell 0 of 0. */
	if (s->total_files > 0 && s->free_files == 0)
		return refuse(why, GUARD_LITTLE_SPACE,
			      "%s: no inode is free: no file can be created",
			      req->mount->source);
	return GUARD_PASSED;
}

static enum guard_reason judge_write(const struct guard_request *req,
				     const struct marker *host,
				     const struct guard_facts *facts, struct error *why)
{
	static const char *const stages[] = {
		[GUARD_WRITE_CREATE] = "create a file", [GUARD_WRITE_WRITE] = "write",
		[GUARD_WRITE_FSYNC] = "fsync",          [GUARD_WRITE_CLOSE] = "close",
		[GUARD_WRITE_READ] = "read back",       [GUARD_WRITE_COMPARE] = "compare",
		[GUARD_WRITE_REMOVE] = "remove a file",
	};
	enum guard_write_stage stage = facts->write.stage;

	(void)host;
	if (stage == GUARD_WRITE_DONE)
		return GUARD_PASSED;
	if (stage == GUARD_WRITE_COMPARE)
		return refuse(why, GUARD_CORRUPT,
			      "%s: what was written is not what is read back",
			      req->mount->source);
	return refuse(why, GUARD_CANNOT_WRITE, "%s: %s (uid %u) cannot %s: %s%s",
		      req->mount->source, req->user->name, (unsigned)req->user->uid,
		      stages[stage], strerror(facts->write.errnum),
		      facts->write.errnum == EACCES || facts->write.errnum == EPERM
			      ? ": look at the export's owner and squashing"
			      : "");
}

enum guard_reason guard_judge(enum guard_step step, const struct guard_request *req,
			      const struct marker *host, const struct guard_facts *facts,
			      struct error *why)
{
	static enum guard_reason (*const judges[])(
		const struct guard_request *, const struct marker *,
		const struct guard_facts *, struct error *) = {
		[GUARD_STEP_MARKER] = judge_marker,
		[GUARD_STEP_FSID] = judge_fsid,
		[GUARD_STEP_SPACE] = judge_space,
		[GUARD_STEP_WRITE] = judge_write,
	};

	return judges[step](req, host, facts, why);
}

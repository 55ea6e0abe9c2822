/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_CONF_H
#define LIB_CONF_CONF_H

/*
 * The configuration: nfsafe.conf(5) and conf.d, read strictly, as plain values.
 *
 * What keys there are, their defaults and limits is one table, lib/conf/key.c:
 * the reader, `nfsafe config`, the manual all go by it.  Here is what comes out:
 * milliseconds, bytes, enums, strings.  Every value is set, by a file or by its
 * default; a string that may be left out is "" then, a list is empty.
 *
 * Nothing here touches a destination, resolves a name or looks up a user; what
 * the host has to say is lib/conf/host.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct problems;

/* Where a value comes from. */
struct conf_origin {
	unsigned file; /* index into conf.files, plus 1; 0: the default */
	unsigned line;
};

/* More than any section has keys. */
#define CONF_KEYS_MAX 16

/* tm_wday as a bit: CONF_DAY(0) is Sunday. */
#define CONF_DAY(wday) (1U << (wday))

/* Ten times the version of NFS. */
enum conf_vers {
	CONF_VERS_3 = 30,
	CONF_VERS_4_0 = 40,
	CONF_VERS_4_1 = 41,
	CONF_VERS_4_2 = 42,
};

enum conf_driver {
	CONF_DRIVER_COMMAND = 1,
};

/* An amount of free space: either of the whole, or in bytes. */
struct conf_space {
	bool is_percent;
	uint64_t value; /* percent (0 to 99) or bytes */
};

/* Minutes since midnight, local time, 0 to 1439. */
struct conf_window {
	bool always; /* no window: at any time */
	int from_min;
	int to_min; /* the first one outside; not after @from_min: the next day */
};

/* [nfsafe] */
struct conf_nfsafe {
	char *state_dir;
	char *run_dir;
	struct conf_origin origins[CONF_KEYS_MAX];
};

/* [destination NAME] */
struct conf_destination {
	char *name;
	char *source; /* SERVER:/EXPORT, for lib/base/source.h */
	char *mountpoint;
	enum conf_vers vers;
	char *options; /* further mount options, comma separated; "": none */
	int64_t probe_timeout_ms;
	int64_t mount_timeout_ms;
	int64_t umount_timeout_ms;
	int64_t max_stall_ms;
	struct conf_space min_free;
	uint64_t quarantine_probes; /* healthy ones in a row ... */
	int64_t quarantine_time_ms; /* ... over so long */
	uint64_t port;              /* of nfsd; 0: ask rpcbind (v3), 2049 (v4) */
	uint64_t mountport;         /* of mountd; 0: ask rpcbind; v4 has none */
	unsigned line;              /* of its [destination NAME], in files[file - 1] */
	unsigned file;
	struct conf_origin origins[CONF_KEYS_MAX];
};

/* [backup] */
struct conf_backup {
	bool present; /* the section is there */
	enum conf_driver driver;
	char **destinations; /* in order of preference, ended by NULL; may be empty */
	char *user;          /* a name; "root" by default */
	char **full;         /* argv ended by NULL; empty: not given */
	char **incremental;  /* argv ended by NULL; empty: there are only fulls */
	int64_t timeout_full_ms;
	int64_t timeout_incremental_ms;
	struct conf_origin origins[CONF_KEYS_MAX];
};

/* [schedule] */
struct conf_schedule {
	int64_t full_every_ms;
	unsigned full_on; /* CONF_DAY() bits; 0: any day */
	int64_t incremental_every_ms;
	struct conf_window window;
	struct conf_origin origins[CONF_KEYS_MAX];
};

struct conf {
	struct conf_nfsafe nfsafe;
	struct conf_destination *destinations; /* in the order of the files */
	size_t n_destinations;
	struct conf_backup backup;
	struct conf_schedule schedule;
	char **files; /* what was read, in order */
	size_t n_files;
};

/*
 * Read @path, then each NAME.conf in conf.d beside it, in the order of their bytes;
 * what comes later overrides.  Local files only: blocks as long as the disk does.
 *
 * @must_exist: a missing @path is an error; else it counts as empty.
 * @ret: on success owned by the caller, who calls conf_done(); all defaults when
 * nothing was read.
 * @problems: gets every error and every warning, not just the first; may be NULL.
 *
 * Returns 0 (there may be warnings), or -ERROR_CONFIG with the first problem and
 * the number of the others in @err, -ERROR_PERMISSION when a file may not be
 * read or is not to be trusted, -ERROR_IO, -ERROR_INTERNAL.
 */
int conf_load(const char *path, bool must_exist, struct conf *ret,
	      struct problems *problems, struct error *err)
	__attribute__((warn_unused_result, nonnull(1, 3, 5)));

/*
 * For `config check`: like conf_load(), but what is wrong is in @problems only, and
 * @ret is handed out all the same: wrong values are their defaults, a source may be
 * NULL.  Returns 0, or -ERROR_INTERNAL.
 */
int conf_examine(const char *path, bool must_exist, struct conf *ret,
		 struct problems *problems, struct error *err)
	__attribute__((warn_unused_result, nonnull));

/* Frees what @conf owns.  A zeroed struct, and twice, are fine. */
void conf_done(struct conf *conf);

/* NULL if there is none of that name. */
const struct conf_destination *conf_find_destination(const struct conf *conf,
						     const char *name)
	__attribute__((nonnull));

/*
 * What `run` needs beyond a destination: [backup] with destinations and full.
 * Returns 0, or -ERROR_CONFIG and all that is missing in @err.
 */
int conf_require_backup(const struct conf *conf, struct error *err)
	__attribute__((warn_unused_result, nonnull));

/*
 * The same for a command that takes NAME.  Returns 0 and the destination, or
 * -ERROR_CONFIG: "no destination 'nsa1' (did you mean 'nas1'?)".
 */
int conf_require_destination(const struct conf *conf, const char *name,
			     const struct conf_destination **ret, struct error *err)
	__attribute__((warn_unused_result, nonnull));

/* "3", "4.1": as in `vers =` and in the mount options. */
const char *conf_vers_text(enum conf_vers vers);

#endif

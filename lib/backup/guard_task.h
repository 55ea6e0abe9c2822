/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_GUARD_TASK_H
#define LIB_BACKUP_GUARD_TASK_H

/*
 * What the guard does on the mount.  Each is a task_fn (lib/proc/task.h), to run in a
 * task with the backup user's ids: @arg is a struct guard_task, @result a struct
 * guard_facts of which it fills its part.  They fail only for want of memory; what
 * the mount refuses is a fact.
 */

struct error;
struct marker;
struct remote;

/* Made before the fork. */
struct guard_task {
	struct remote *root;
	struct remote *file;   /* the marker; or a name that is free */
	struct remote *target; /* of an install: the marker; of a write: for the beats */
	const struct marker *marker;
};

/*
 * @file → facts.marker.  The marker was written by others, so it is parsed here;
 * what gets out is checked text of fixed size.
 */
int guard_task_read_marker(void *arg, void *result, struct error *err);

/* @root → facts.space */
int guard_task_read_space(void *arg, void *result, struct error *err);

/*
 * Write to @target, the file for the beats, which is made if there is none: fsync, read
 * back, compare → facts.write.  If that is no file to write to → facts.beat, and the
 * same is done with a new @file, which is removed again; also without a @target.
 */
int guard_task_write(void *arg, void *result, struct error *err);

/*
 * @marker → @target, by way of @file, never in place of what is there: that counts
 * as done, too, and must be read to see whose it is. → facts.write, CREATE or DONE
 */
int guard_task_install(void *arg, void *result, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_PIN_H
#define LIB_RECORD_PIN_H

/*
 * Pins: what "nfsafe init" saw on a destination, and each run must see again.
 * All texts; what they mean is the guard's business (lib/backup).
 */

#include <stdint.h>

struct error;
struct record;

#define RECORD_PIN_SIZE 160

struct record_pin {
	char source[RECORD_PIN_SIZE]; /* "nas1:/export", for people */
	char marker_uuid[RECORD_PIN_SIZE];
	char fsid[RECORD_PIN_SIZE];
	char handle_digest[RECORD_PIN_SIZE]; /* of the root file handle, "": none */
	int64_t since_ms;                    /* milliseconds since 1970, UTC */
};

/* Returns 1; 0 if @destination has no pin; or a negative error. */
int record_pin_get(struct record *record, const char *destination, struct record_pin *ret,
		   struct error *err) __attribute__((nonnull, warn_unused_result));

/* Pin @destination, instead of what it was pinned to before. */
int record_pin_set(struct record *record, const char *destination,
		   const struct record_pin *pin, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif

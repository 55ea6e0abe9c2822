/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_HANDLE_H
#define LIB_RECORD_HANDLE_H

/* What a struct record is made of.  Internal to lib/record. */

#include "lib/record/sql.h"

struct record {
	struct sql sql;
};

#endif

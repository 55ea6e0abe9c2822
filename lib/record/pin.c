/* SPDX-License-Identifier: MIT */
#include "lib/record/pin.h"

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/record/handle.h"

int record_pin_get(struct record *record, const char *destination, struct record_pin *ret,
		   struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	struct record_pin pin;
	int r;

	r = sql_query(
		&record->sql,
		"SELECT source, marker_uuid, fsid, handle_digest, since_ms FROM pin "
		"WHERE destination = ?1",
		SQL_VALUES(sql_text(destination)), &stmt, err);
	if (r == 0)
		r = sql_next(&record->sql, stmt, err);
	if (r <= 0)
		return r;
	sql_column_text(stmt, 0, pin.source, sizeof(pin.source));
	sql_column_text(stmt, 1, pin.marker_uuid, sizeof(pin.marker_uuid));
	sql_column_text(stmt, 2, pin.fsid, sizeof(pin.fsid));
	sql_column_text(stmt, 3, pin.handle_digest, sizeof(pin.handle_digest));
	pin.since_ms = sql_column_int(stmt, 4);
	*ret = pin;
	return 1;
}

int record_pin_set(struct record *record, const char *destination,
		   const struct record_pin *pin, struct error *err)
{
	return sql_change(
		&record->sql,
		"INSERT OR REPLACE INTO pin (destination, source, marker_uuid, "
		"fsid, handle_digest, since_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		SQL_VALUES(sql_text(destination), sql_text(pin->source),
			   sql_text(pin->marker_uuid), sql_text(pin->fsid),
			   sql_text(pin->handle_digest), SQL_INT(pin->since_ms)),
		err);
}

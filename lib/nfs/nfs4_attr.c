/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "lib/base/macro.h"
#include "lib/nfs/nfs4.h"
#include "lib/nfs/nfs4_op.h"
#include "lib/nfs/xdr.h"

/* nfs_ftype4, RFC 8881, 3.2: the first, a directory, the last. */
#define NF4REG 1
#define NF4DIR 2
#define NF4NAMEDATTR 9
/* "user@a.long.domain": longer ones are of no interest. */
#define OWNER_MAX 1024

static bool take_type(ZDR *zdr, struct nfs4_attr *attr)
{
	uint32_t type;

	attr->has_type = zdr_u_int(zdr, &type) && type >= NF4REG && type <= NF4NAMEDATTR;
	attr->is_directory = attr->has_type && type == NF4DIR;
	return attr->has_type;
}

static bool take_fsid(ZDR *zdr, struct nfs4_attr *attr)
{
	attr->has_fsid =
		zdr_uint64_t(zdr, &attr->fsid[0]) && zdr_uint64_t(zdr, &attr->fsid[1]);
	return attr->has_fsid;
}

static bool take_fileid(ZDR *zdr, struct nfs4_attr *attr)
{
	attr->has_fileid = zdr_uint64_t(zdr, &attr->fileid);
	return attr->has_fileid;
}

static bool take_files_avail(ZDR *zdr, struct nfs4_attr *attr)
{
	return zdr_uint64_t(zdr, &attr->free_files);
}

/* With the total, which comes later, there is all of it. */
static bool take_files_total(ZDR *zdr, struct nfs4_attr *attr)
{
	attr->has_files = zdr_uint64_t(zdr, &attr->total_files);
	return attr->has_files;
}

static bool take_space_avail(ZDR *zdr, struct nfs4_attr *attr)
{
	return zdr_uint64_t(zdr, &attr->free_bytes);
}

static bool take_space_total(ZDR *zdr, struct nfs4_attr *attr)
{
	attr->has_bytes = zdr_uint64_t(zdr, &attr->total_bytes);
	return attr->has_bytes;
}

static bool take_mode(ZDR *zdr, struct nfs4_attr *attr)
{
	attr->has_mode = zdr_u_int(zdr, &attr->mode);
	return attr->has_mode;
}

/* "name" or "name@…". */
static bool is_name(const char *text, uint32_t len, const char *name)
{
	size_t n = strlen(name);

	return len >= n && memcmp(text, name, n) == 0 && (len == n || text[n] == '@');
}

/*
 * RFC 8881, section 5.9: "1000" where names are not mapped, else "user@domain", of
 * which root alone is the same everywhere.
 */
static bool is_number(const char *text, uint32_t len, uint32_t *ret)
{
	uint64_t n = 0;

	if (is_name(text, len, "root")) {
		*ret = 0;
		return true;
	}
	if (len == 0 || len > 10)
		return false;
	for (uint32_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	if (n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool take_owner(ZDR *zdr, struct nfs4_attr *attr)
{
	uint32_t len;
	char *text;

	if (!xdr_take_opaque(zdr, OWNER_MAX, &text, &len))
		return false;
	attr->has_owner = is_number(text, len, &attr->owner);
	attr->owner_is_nobody =
		is_name(text, len, "nobody") || is_name(text, len, "nfsnobody");
	return true;
}

static bool take_group(ZDR *zdr, struct nfs4_attr *attr)
{
	uint32_t len;
	char *text;

	if (!xdr_take_opaque(zdr, OWNER_MAX, &text, &len))
		return false;
	attr->has_group = is_number(text, len, &attr->group);
	return true;
}

/* In the order of their numbers, which is that of the values. */
static const struct {
	enum nfs4_attr_number number;
	bool (*take)(ZDR *zdr, struct nfs4_attr *attr);
} table[] = {
	{ NFS4_ATTR_TYPE, take_type },
	{ NFS4_ATTR_FSID, take_fsid },
	{ NFS4_ATTR_FILEID, take_fileid },
	{ NFS4_ATTR_FILES_AVAIL, take_files_avail },
	{ NFS4_ATTR_FILES_TOTAL, take_files_total },
	{ NFS4_ATTR_MODE, take_mode },
	{ NFS4_ATTR_OWNER, take_owner },
	{ NFS4_ATTR_OWNER_GROUP, take_group },
	{ NFS4_ATTR_SPACE_AVAIL, take_space_avail },
	{ NFS4_ATTR_SPACE_TOTAL, take_space_total },
};

bool nfs4_attr_parse(const uint32_t mask[2], char *vals, size_t len,
		     struct nfs4_attr *ret)
{
	struct nfs4_attr attr = { 0 };
	uint32_t left[2] = { mask[0], mask[1] };
	bool good = true;
	ZDR zdr;

	zdrmem_create(&zdr, vals, (uint32_t)len, ZDR_DECODE);
	for (size_t i = 0; good && i < ARRAY_SIZE(table); i++) {
		uint32_t bit = 1U << (table[i].number % 32);

		if (!(mask[table[i].number / 32] & bit))
			continue;
		left[table[i].number / 32] &= ~bit;
		good = table[i].take(&zdr, &attr);
	}
	/* One that was not asked for: where its value ends we cannot know. */
	good = good && left[0] == 0 && left[1] == 0 && xdr_left(&zdr) == 0;
	zdr_destroy(&zdr);
	if (good)
		*ret = attr;
	return good;
}

/* SPDX-License-Identifier: MIT */
#include "lib/nfs/mount3.h"

#include <string.h>

#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-zdr.h>

#include "lib/nfs/xdr.h"

const struct rpc_proc mount3_null = { RPC_MOUNT, 3, 0 };
const struct rpc_proc mount3_mnt = { RPC_MOUNT, 3, 1 };
const struct rpc_proc mount3_umnt = { RPC_MOUNT, 3, 3 };

int mount3_put_path(const char *path, char *buf, size_t size)
{
	dirpath dir = (char *)path;
	ZDR zdr;
	int len;

	zdrmem_create(&zdr, buf, (uint32_t)size, ZDR_ENCODE);
	len = zdr_dirpath(&zdr, &dir) ? (int)zdr_getpos(&zdr) : -1;
	zdr_destroy(&zdr);
	return len;
}

/* No list at all means "anything" to old servers. */
static bool take_flavors(ZDR *zdr, bool *ret_sys)
{
	uint32_t n, flavor;
	bool sys;

	if (!zdr_u_int(zdr, &n) || n > xdr_left(zdr) / 4)
		return false;
	sys = n == 0;
	for (; n > 0; n--) {
		if (!zdr_u_int(zdr, &flavor))
			return false;
		sys = sys || flavor == AUTH_UNIX;
	}
	*ret_sys = sys;
	return true;
}

bool mount3_take_mnt(char *body, size_t len, uint32_t *ret_status,
		     struct nfs_handle *ret_handle, bool *ret_sys)
{
	uint32_t status = 0, fh_len = 0;
	char *fh = NULL;
	bool good;
	ZDR zdr;

	zdrmem_create(&zdr, body, (uint32_t)len, ZDR_DECODE);
	good = zdr_u_int(&zdr, &status);
	/* What follows a failure is void, and not looked at. */
	if (good && status == 0)
		good = xdr_take_opaque(&zdr, FHSIZE3, &fh, &fh_len) && fh_len > 0 &&
		       take_flavors(&zdr, ret_sys);
	zdr_destroy(&zdr);
	if (!good)
		return false;
	*ret_status = status;
	if (status == 0) {
		ret_handle->len = fh_len;
		memcpy(ret_handle->data, fh, fh_len);
	}
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "lib/conf/check.h"

#include "lib/conf/key.h"
#include "tests/unit/conf/files.h"

#define NAS1 "[destination nas1]\nsource = nas1:/x\n"

Test(check, below_is_by_components)
{
	cr_expect(check_is_below("/a", "/a"));
	cr_expect(check_is_below("/a/b", "/a"));
	cr_expect(check_is_below("/a", "/"));
	cr_expect(!check_is_below("/ab", "/a"));
	cr_expect(!check_is_below("/a", "/a/b"));
	cr_expect(!check_is_below("/", "/a"));
}

Test(check, mountpoints_are_apart)
{
	files_expect(NAS1 "mountpoint = /m/a\n[destination nas2]\nsource = b:/x\n"
			  "mountpoint = /m/ab\n",
		     "");
	files_expect(
		NAS1 "mountpoint = /m\n[destination nas2]\nsource = b:/x\n"
		     "mountpoint = /m\n",
		"nfsafe.conf:6: mountpoint: '/m' is that of destination nas1, too\n");
	files_expect(NAS1 "mountpoint = /m\n[destination nas2]\nsource = b:/x\n"
			  "mountpoint = /m/x\n",
		     "nfsafe.conf:6: mountpoint: '/m/x' lies below that of destination "
		     "nas1, '/m'\n");
	files_expect(NAS1 "mountpoint = /m/x\n[destination nas2]\nsource = b:/x\n"
			  "mountpoint = /m\n",
		     "nfsafe.conf:6: mountpoint: that of destination nas1, '/m/x', lies "
		     "below '/m'\n");
}

Test(check, a_mountpoint_that_is_a_default_is_told_where_its_destination_begins)
{
	files_expect(NAS1 "mountpoint = /srv/nfsafe\n[destination nas2]\n"
			  "source = b:/x\n",
		     "nfsafe.conf:4: mountpoint: '/srv/nfsafe/nas2' lies below that of "
		     "destination nas1, '/srv/nfsafe'\n");
}

Test(check, our_own_directories_are_not_in_the_way)
{
	files_expect("[nfsafe]\nstate_dir = /s\nrun_dir = /r\n" NAS1
		     "mountpoint = /s/m\n",
		     "nfsafe.conf:6: mountpoint: '/s/m' lies in the state_dir '/s'\n");
	files_expect("[nfsafe]\nstate_dir = /s\nrun_dir = /r\n" NAS1 "mountpoint = /s\n",
		     "nfsafe.conf:6: mountpoint: '/s' lies in the state_dir '/s'\n");
	files_expect("[nfsafe]\nstate_dir = /m/s\nrun_dir = /r\n" NAS1
		     "mountpoint = /m\n",
		     "nfsafe.conf:6: mountpoint: '/m' holds the state_dir '/m/s', which "
		     "would be hidden by the mount\n");
	files_expect(NAS1 "mountpoint = /\n",
		     "nfsafe.conf:3: mountpoint: '/' holds the state_dir "
		     "'/var/lib/nfsafe', which would be hidden by the mount\n"
		     "nfsafe.conf:3: mountpoint: '/' holds the run_dir '/run/nfsafe', "
		     "which would be hidden by the mount\n");
}

Test(check, the_probe_ends_before_max_stall)
{
	files_expect(NAS1 "probe_timeout = 59s\n", "");
	files_expect(NAS1 "probe_timeout = 60s\n",
		     "nfsafe.conf:3: probe_timeout: 1m is not less than max_stall, 1m\n");
}

Test(check, options_that_break_the_promise_are_refused)
{
	files_expect(NAS1 "options = hard,wsize=262144\n", "");
	files_expect(
		NAS1 "options = bg\n",
		"nfsafe.conf:3: options: 'bg' is refused: nfsafe mounts once, within "
		"mount_timeout\n");
	/* T of a soft mount is judged by max_stall. */
	files_expect(NAS1 "options = timeo=600,retrans=2\nmax_stall = 1m\n", "");
}

Test(check, a_mountport_with_version_4_is_warned_of)
{
	files_expect(NAS1 "mountport = 20048\n", "");
	files_expect(NAS1 "mountport = 20048\nvers = 4.1\n",
		     "nfsafe.conf:3: warning: mountport: NFS 4.1 has no mountd, this has "
		     "no effect\n");
}

Test(check, destinations_exist)
{
	files_expect(NAS1 "[backup]\ndestinations = nsa1 nas1 x\nfull = /b\n",
		     "nfsafe.conf:4: destinations: there is no [destination nsa1] (did "
		     "you mean 'nas1'?)\n"
		     "nfsafe.conf:4: destinations: there is no [destination x]\n");
}

Test(check, no_command_lies_on_a_destination)
{
	files_expect(
		NAS1 "[backup]\ndestinations = nas1\n"
		     "full = /srv/nfsafe/nas1/b\nincremental = /srv/nfsafe/nas10/b\n",
		"nfsafe.conf:5: full: '/srv/nfsafe/nas1/b' lies below the mountpoint "
		"of destination nas1\n");
}

Test(check, an_incremental_that_never_comes_is_warned_of)
{
	files_expect(NAS1 "[schedule]\nincremental_every = 7d\n", "");
	files_expect(NAS1 "[backup]\ndestinations = nas1\nfull = /b\nincremental = /c\n"
			  "[schedule]\nincremental_every = 7d\n",
		     "nfsafe.conf:8: warning: incremental_every: not less than "
		     "full_every: there will be no incremental\n");
}

/* SPDX-License-Identifier: MIT */
#include "lib/conf/load.h"

#include "lib/conf/key.h"
#include "tests/unit/conf/files.h"

#define NAS1 "[destination nas1]\nsource = nas1:/x\n"

Test(load, a_file_with_one_source_is_complete)
{
	const struct conf_destination *d;
	struct conf conf;
	struct error err;
	FILES(f);

	files_put(&f, "nfsafe.conf", NAS1);
	cr_assert_eq(files_load(&f, &conf, NULL, &err), 0, "%s", err.msg);
	d = conf_find_destination(&conf, "nas1");
	cr_assert_not_null(d);
	cr_expect_str_eq(d->source, "nas1:/x");
	cr_expect_str_eq(d->mountpoint, "/srv/nfsafe/nas1");
	cr_expect_eq(d->vers, CONF_VERS_3);
	cr_expect_str_eq(d->options, "");
	cr_expect_eq(d->probe_timeout_ms, 5000);
	cr_expect_eq(d->mount_timeout_ms, 15000);
	cr_expect_eq(d->umount_timeout_ms, 30000);
	cr_expect_eq(d->max_stall_ms, 60000);
	cr_expect(d->min_free.is_percent && d->min_free.value == 10);
	cr_expect_eq(d->port, 0);
	cr_expect_eq(d->mountport, 0);
	cr_expect_str_eq(conf.nfsafe.state_dir, "/var/lib/nfsafe");
	cr_expect_str_eq(conf.nfsafe.run_dir, "/run/nfsafe");
	cr_expect(!conf.backup.present);
	cr_expect_eq(conf.backup.driver, CONF_DRIVER_COMMAND);
	cr_expect_null(conf.backup.destinations[0]);
	cr_expect_str_eq(conf.backup.user, "root");
	cr_expect_null(conf.backup.full[0]);
	cr_expect_null(conf.backup.incremental[0]);
	cr_expect_eq(conf.backup.timeout_full_ms, 20 * 3600 * 1000);
	cr_expect_eq(conf.backup.timeout_incremental_ms, 6 * 3600 * 1000);
	cr_expect_eq(conf.schedule.full_every_ms, 7 * 86400 * 1000);
	cr_expect_eq(conf.schedule.full_on, 0);
	cr_expect_eq(conf.schedule.incremental_every_ms, 86400 * 1000);
	cr_expect(conf.schedule.window.always);
	conf_done(&conf);
	conf_done(&conf);
}

Test(load, everything_that_is_wrong_is_told_at_once)
{
	files_expect("foo = bar\n"
		     "[destnation x]\n"
		     "a = b\n"
		     "[destination nas1]\n"
		     "soruce = nas1:/x\n"
		     "vers = 4\n"
		     "timeout_full = 3h\n"
		     "mountpoint = relative\n"
		     "mountpoint = /x\n"
		     "[destination nas1]\n"
		     "[destination]\n"
		     "[destination a/b]\n"
		     "[backup extra]\n"
		     "[backup]\n"
		     "destinations = nas2\n"
		     "junk\n",
		     "nfsafe.conf:1: 'foo' stands before the first [section]\n"
		     "nfsafe.conf:2: unknown section [destnation] (did you mean "
		     "'destination'?)\n"
		     "nfsafe.conf:4: [destination nas1] has no source\n"
		     "nfsafe.conf:5: unknown key 'soruce' in [destination] (did you mean "
		     "'source'?)\n"
		     "nfsafe.conf:6: vers: '4' is none of 3, 4.0, 4.1, 4.2\n"
		     "nfsafe.conf:7: unknown key 'timeout_full' in [destination] (it "
		     "belongs into [backup])\n"
		     "nfsafe.conf:8: mountpoint: 'relative' is not an absolute path\n"
		     "nfsafe.conf:9: 'mountpoint' is there already, in line 8\n"
		     "nfsafe.conf:10: [destination nas1] is there already, in line 4\n"
		     "nfsafe.conf:11: a destination needs a name: [destination NAME]\n"
		     "nfsafe.conf:12: [destination]: 'a/b' is not a name of letters, "
		     "digits, '.', '_' and '-'\n"
		     "nfsafe.conf:13: [backup] takes no name\n"
		     "nfsafe.conf:15: destinations: there is no [destination nas2] (did "
		     "you mean 'nas1'?)\n"
		     "nfsafe.conf:16: neither [section] nor key = value nor ; comment\n");
}

Test(load, a_wrong_source_is_not_missing_as_well)
{
	files_expect("[destination nas1]\nsource = nas1\n",
		     "nfsafe.conf:2: source: 'nas1' is not a source like "
		     "SERVER:/EXPORT\n");
}

Test(load, later_files_override_and_say_so)
{
	const struct conf_destination *d;
	const struct conf_origin *o;
	struct conf conf;
	struct error err;
	FILES(f);

	files_put(&f, "nfsafe.conf", NAS1 "vers = 4.0\nmax_stall = 20s\n");
	files_put(&f, "conf.d/20.conf", "[destination nas1]\nvers = 4.2\n");
	files_put(&f, "conf.d/10.conf",
		  "[destination nas1]\nvers = 4.1\n"
		  "mount_timeout = 3s\n"
		  "[destination nas2]\nsource = nas2:/y\n");
	cr_assert_eq(files_load(&f, &conf, NULL, &err), 0, "%s", err.msg);
	cr_expect_eq(conf.n_files, 3);
	cr_expect_eq(conf.n_destinations, 2);
	d = conf_find_destination(&conf, "nas1");
	cr_expect_eq(d->vers, CONF_VERS_4_2);
	cr_expect_eq(d->max_stall_ms, 20000);
	cr_expect_eq(d->mount_timeout_ms, 3000);
	o = key_origin(key_find(SECTION_DESTINATION, "vers"), d);
	cr_expect_eq(o->line, 2);
	cr_expect(strstr(conf.files[o->file - 1], "/conf.d/20.conf"));
	o = key_origin(key_find(SECTION_DESTINATION, "max_stall"), d);
	cr_expect_eq(o->line, 4);
	cr_expect_str_eq(conf.files[o->file - 1] + strlen(f.dir), "/nfsafe.conf");
	conf_done(&conf);
}

Test(load, a_file_that_is_not_to_be_trusted_is_refused)
{
	struct problems problems = PROBLEMS_INIT;
	struct conf conf;
	struct error err;
	char path[PATH_MAX], found[1000];
	FILES(f);

	files_put(&f, "nfsafe.conf", NAS1);
	files_put(&f, "conf.d/a.conf", "[destination nas1]\nverse = 3\n");
	cr_assert_eq(chmod(files_at(&f, "nfsafe.conf", path), 0666), 0);
	cr_assert_eq(chmod(files_at(&f, "conf.d/a.conf", path), 0660), 0);
	cr_expect_eq(files_load(&f, &conf, &problems, &err), -ERROR_PERMISSION);
	files_problems(&f, &problems, found, sizeof(found));
	cr_expect_str_eq(found, "nfsafe.conf: others may write to it (mode 0666); do: "
				"chmod go-w\n"
				"conf.d/a.conf: its group may write to it (mode 0660); "
				"do: chmod go-w\n");
	problems_done(&problems);
	cr_assert_eq(chmod(files_at(&f, "nfsafe.conf", path), 0644), 0);
	cr_assert_eq(chmod(files_at(&f, "conf.d", path), 0777), 0);
	cr_expect_eq(files_load(&f, &conf, NULL, &err), -ERROR_PERMISSION);
}

Test(load, a_missing_file_is_an_error_if_it_must_exist)
{
	struct conf conf;
	struct error err;
	char path[PATH_MAX];
	FILES(f);

	(void)files_at(&f, "nfsafe.conf", path);
	cr_expect_eq(conf_load(path, true, &conf, NULL, &err), -ERROR_CONFIG);
	cr_expect(strstr(err.msg, "nfsafe.conf: no such file"), "%s", err.msg);
	cr_assert_eq(conf_load(path, false, &conf, NULL, &err), 0);
	cr_expect_eq(conf.n_destinations, 0);
	cr_expect_str_eq(conf.nfsafe.state_dir, "/var/lib/nfsafe");
	conf_done(&conf);
	/* conf.d counts nevertheless. */
	files_put(&f, "conf.d/a.conf", NAS1);
	cr_assert_eq(conf_load(path, false, &conf, NULL, &err), 0);
	cr_expect_eq(conf.n_destinations, 1);
	conf_done(&conf);
}

Test(load, a_path_without_a_slash_has_its_conf_d_here)
{
	struct conf conf;
	struct error err;
	FILES(f);

	files_put(&f, "nfsafe.conf", NAS1);
	files_put(&f, "conf.d/a.conf", "[nfsafe]\nrun_dir = /r\n");
	cr_assert_eq(chdir(f.dir), 0);
	cr_assert_eq(conf_load("nfsafe.conf", true, &conf, NULL, &err), 0, "%s", err.msg);
	cr_expect_str_eq(conf.nfsafe.run_dir, "/r");
	cr_assert_eq(chdir("/"), 0);
	conf_done(&conf);
}

Test(load, a_file_that_is_too_large_is_refused)
{
	struct conf conf;
	struct error err;
	char *text = malloc(300000);
	FILES(f);

	cr_assert_not_null(text);
	memset(text, '\n', 299999);
	text[299999] = '\0';
	files_put(&f, "nfsafe.conf", text);
	free(text);
	cr_expect_eq(files_load(&f, &conf, NULL, &err), -ERROR_IO);
	cr_expect(strstr(err.msg, "larger than"), "%s", err.msg);
}

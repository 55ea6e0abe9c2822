/* SPDX-License-Identifier: MIT */
#include "lib/conf/conf.h"

#include "tests/unit/conf/files.h"

#define NAS1 "[destination nas1]\nsource = nas1:/x\n"

static int require(const char *text, struct error *err)
{
	struct conf conf;
	int r;
	FILES(f);

	files_put(&f, "nfsafe.conf", text);
	cr_assert_eq(files_load(&f, &conf, NULL, err), 0, "%s", err->msg);
	r = conf_require_backup(&conf, err);
	conf_done(&conf);
	return r;
}

Test(conf, what_a_run_needs_is_named_exactly)
{
	struct error err;

	cr_expect_eq(require(NAS1 "[backup]\ndestinations = nas1\nfull = /b\n", &err), 0);
	cr_expect_eq(require(NAS1, &err), -ERROR_CONFIG);
	cr_expect(strstr(err.msg, "there is no [backup]"), "%s", err.msg);
	cr_expect_eq(require(NAS1 "[backup]\n", &err), -ERROR_CONFIG);
	cr_expect_str_eq(err.msg,
			 "[backup] does not say destinations (where to) and full "
			 "(which command)");
	cr_expect_eq(require(NAS1 "[backup]\nfull = /b\n", &err), -ERROR_CONFIG);
	cr_expect_str_eq(err.msg, "[backup] does not say destinations (where to)");
	cr_expect_eq(require(NAS1 "[backup]\ndestinations = nas1\nfull =\n", &err),
		     -ERROR_CONFIG);
	cr_expect_str_eq(err.msg, "[backup] does not say full (which command)");
}

Test(conf, a_destination_is_found_or_the_nearest_named)
{
	const struct conf_destination *d = NULL;
	struct conf conf;
	struct error err;
	FILES(f);

	files_put(&f, "nfsafe.conf", NAS1 "[destination other]\nsource = b:/y\n");
	cr_assert_eq(files_load(&f, &conf, NULL, &err), 0);
	cr_assert_eq(conf_require_destination(&conf, "other", &d, &err), 0);
	cr_expect_str_eq(d->name, "other");
	cr_expect_eq(conf_find_destination(&conf, "other"), d);
	cr_expect_null(conf_find_destination(&conf, "Other"));
	cr_expect_eq(conf_require_destination(&conf, "nas", &d, &err), -ERROR_CONFIG);
	cr_expect_str_eq(err.msg, "there is no [destination nas] (did you mean 'nas1'?)");
	cr_expect_eq(conf_require_destination(&conf, "x", &d, &err), -ERROR_CONFIG);
	cr_expect_str_eq(err.msg, "there is no [destination x]");
	conf_done(&conf);
}

Test(conf, versions_have_names)
{
	cr_expect_str_eq(conf_vers_text(CONF_VERS_3), "3");
	cr_expect_str_eq(conf_vers_text(CONF_VERS_4_0), "4.0");
	cr_expect_str_eq(conf_vers_text(CONF_VERS_4_1), "4.1");
	cr_expect_str_eq(conf_vers_text(CONF_VERS_4_2), "4.2");
}

Test(conf, warnings_do_not_keep_it_from_loading)
{
	struct problems problems = PROBLEMS_INIT;
	struct conf conf;
	struct error err;
	FILES(f);

	files_put(&f, "nfsafe.conf", NAS1 "vers = 4.1\nmountport = 1\n");
	cr_assert_eq(files_load(&f, &conf, &problems, &err), 0);
	cr_expect_eq(problems.n, 1);
	cr_expect_eq(problems.n_errors, 0);
	conf_done(&conf);
	problems_done(&problems);
}

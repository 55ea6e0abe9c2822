/* SPDX-License-Identifier: MIT */
#include "lib/conf/show.h"

#include "lib/base/json.h"
#include "lib/base/strbuf.h"
#include "lib/conf/key.h"
#include "tests/unit/conf/files.h"

static const char text[] = "[destination nas1]\n"
			   "source = nas1:/x\n"
			   "vers = 4.1\n"
			   "[destination nas2]\n"
			   "source = nas2:/x\n"
			   "[backup]\n"
			   "destinations = nas1 nas2\n"
			   "full = /bin/b 'a ; b'\n";

Test(show, each_value_stands_there_with_its_origin)
{
	struct strbuf out = STRBUF_INIT;
	struct conf conf;
	struct error err;
	char line[200];
	FILES(f);

	files_put(&f, "nfsafe.conf", text);
	files_put(&f, "conf.d/a.conf", "[backup]\nuser = zimbra\n");
	/* In the file the ';' would begin a comment. */
	cr_assert_eq(files_load(&f, &conf, NULL, &err), -ERROR_CONFIG);
	files_put(&f, "conf.d/b.conf", "[backup]\nfull = /bin/b 'a '\\;' b'\n");
	files_put(&f, "nfsafe.conf",
		  "[destination nas1]\nsource = nas1:/x\nvers = 4.1\n"
		  "[destination nas2]\nsource = nas2:/x\n"
		  "[backup]\ndestinations = nas1 nas2\n");
	cr_assert_eq(files_load(&f, &conf, NULL, &err), 0, "%s", err.msg);
	show_text(&conf, &out);
	(void)snprintf(line, sizeof(line), "; %s/nfsafe.conf:3\n", f.dir);
	cr_expect(strstr(out.text, line));
	(void)snprintf(line, sizeof(line), "; %s/conf.d/a.conf:2\n", f.dir);
	cr_expect(strstr(out.text, line));
	cr_expect(strstr(out.text, "[destination nas1]\n"));
	cr_expect(strstr(out.text, "\n\n[destination nas2]\n"));
	cr_expect(strstr(out.text, "vers                = 4.1  "));
	cr_expect(strstr(out.text, "max_stall           = 1m                             "
				   "; default\n"));
	/* What is shown can be read again. */
	files_put(&f, "nfsafe.conf", out.text);
	strbuf_done(&out);
	conf_done(&conf);
	cr_assert_eq(files_load(&f, &conf, NULL, &err), 0, "%s", err.msg);
	cr_expect_str_eq(conf.backup.full[1], "a ; b");
	cr_expect_eq(conf.destinations[0].vers, CONF_VERS_4_1);
	conf_done(&conf);
}

Test(show, json_names_the_destination_and_the_line)
{
	struct strbuf out = STRBUF_INIT;
	struct json json = JSON_INIT(&out);
	struct conf conf;
	struct error err;
	char part[300];
	FILES(f);

	files_put(&f, "nfsafe.conf", "[destination nas1]\nsource = nas1:/x\n");
	cr_assert_eq(files_load(&f, &conf, NULL, &err), 0);
	show_json(&conf, &json);
	(void)snprintf(
		part, sizeof(part),
		"{\"section\":\"destination\",\"name\":\"nas1\",\"key\":\"source\","
		"\"value\":\"nas1:/x\",\"file\":\"%s/nfsafe.conf\",\"line\":2}",
		f.dir);
	cr_expect(strstr(out.text, part), "%s", out.text);
	cr_expect(strstr(out.text,
			 "{\"section\":\"backup\",\"name\":null,\"key\":\"user\","
			 "\"value\":\"root\",\"file\":null,\"line\":null}"));
	conf_done(&conf);
	strbuf_done(&out);
}

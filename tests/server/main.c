/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/base/parse.h"
#include "tests/server/server.h"

static const char usage[] =
	"Usage: nfs-server [OPTION]...\n"
	"A scripted server of portmap, mount 3, NFS 3 and NFS 4.0 to 4.2, over TCP.\n"
	"\n"
	"      --address=ADDRESS     listen here (127.0.0.1); may be repeated\n"
	"      --port=PORT           of NFS; 0, the default, lets the system choose\n"
	"      --mountport=PORT      of mount\n"
	"      --portmap-port=PORT   of portmap; real clients look at 111\n"
	"      --export=PATH         what is exported (/export), open to everybody\n"
	"      --size=SIZE           its capacity (64MiB)\n"
	"  -f, --fault=FAULT         KIND[:NUMBER][@WHERE][+SKIP][*TIMES][%ADDRESS]\n"
	"      --list-faults         print every KIND\n"
	"      --control             read commands from standard input, one a line, and\n"
	"                            answer each with a line: fault FAULT, clear, "
	"stats,\n"
	"                            reset, drop, reboot, owner UID:GID MODE; the end "
	"of\n"
	"                            the input ends the server\n"
	"  -v, --verbose             print each call on standard error\n"
	"\n"
	"When it listens it prints \"ready nfs=PORT mount=PORT portmap=PORT\".\n"
	"WHERE: portmap, mount, nfs, nfs3, nfs4, a procedure (GETATTR), an operation of\n"
	"NFS 4 (LOOKUP), or both (nfs3.GETATTR).\n";

enum {
	OPTION_ADDRESS = 256,
	OPTION_PORT,
	OPTION_MOUNTPORT,
	OPTION_PORTMAP_PORT,
	OPTION_EXPORT,
	OPTION_SIZE,
	OPTION_LIST_FAULTS,
	OPTION_CONTROL,
};

static const struct option options[] = {
	{ "address", required_argument, NULL, OPTION_ADDRESS },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "mountport", required_argument, NULL, OPTION_MOUNTPORT },
	{ "portmap-port", required_argument, NULL, OPTION_PORTMAP_PORT },
	{ "export", required_argument, NULL, OPTION_EXPORT },
	{ "size", required_argument, NULL, OPTION_SIZE },
	{ "fault", required_argument, NULL, 'f' },
	{ "list-faults", no_argument, NULL, OPTION_LIST_FAULTS },
	{ "control", no_argument, NULL, OPTION_CONTROL },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct settings {
	const char *addresses[ADDRESSES_MAX];
	size_t n_addresses;
	const char *export;
	uint64_t size;
	bool control;
	bool informs; /* print something and end */
};

static int parse_port(const char *text, in_port_t *ret, struct error *err)
{
	uint64_t port;
	int r = parse_uint(text, 0, 65535, &port, err);

	if (r == 0)
		*ret = (in_port_t)port;
	return r;
}

static int option(struct server *server, struct settings *settings, int c,
		  struct error *err)
{
	switch (c) {
	case OPTION_ADDRESS:
		if (settings->n_addresses == ADDRESSES_MAX)
			return error_set(err, ERROR_USAGE, 0, "too many addresses");
		settings->addresses[settings->n_addresses++] = optarg;
		return 0;
	case OPTION_PORT:
		return parse_port(optarg, &server->ports[SERVICE_NFS], err);
	case OPTION_MOUNTPORT:
		return parse_port(optarg, &server->ports[SERVICE_MOUNT], err);
	case OPTION_PORTMAP_PORT:
		return parse_port(optarg, &server->ports[SERVICE_PORTMAP], err);
	case OPTION_EXPORT:
		settings->export = optarg;
		return 0;
	case OPTION_SIZE:
		return parse_size(optarg, &settings->size, err);
	case 'f':
		return faults_add(&server->faults, optarg, err);
	case OPTION_LIST_FAULTS:
		settings->informs = true;
		faults_print(stdout);
		return 0;
	case OPTION_CONTROL:
		settings->control = true;
		return 0;
	case 'v':
		server->verbose = true;
		return 0;
	case 'h':
		settings->informs = true;
		(void)fputs(usage, stdout);
		return 0;
	default:
		return error_set(err, ERROR_USAGE, 0, "see --help");
	}
}

static int read_options(struct server *server, struct settings *settings, char **argv,
			struct error *err)
{
	int argc = 0, c, r = 0;

	while (argv[argc])
		argc++;
	while (r == 0 && (c = getopt_long(argc, argv, "f:vh", options, NULL)) != -1)
		r = option(server, settings, c, err);
	if (r == 0 && optind < argc)
		return error_set(err, ERROR_USAGE, 0, "%s: no operand is taken",
				 argv[optind]);
	if (settings->n_addresses == 0)
		settings->addresses[settings->n_addresses++] = "127.0.0.1";
	return r;
}

static void allow_many_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int start(struct server *server, const struct settings *settings,
		 struct error *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = server };

	allow_many_descriptors();
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll_fd < 0)
		return error_sys(err, "epoll_create1");
	if (settings->control &&
	    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) < 0)
		return error_sys(err, "standard input");
	if (!fs_init(&server->fs, settings->export, settings->size))
		return error_oom(err);
	for (size_t i = 0; i < settings->n_addresses; i++) {
		int r = listen_add(server, settings->addresses[i], err);

		if (r < 0)
			return r;
	}
	return listen_sync(server, err);
}

static void handle(struct server *server, const struct epoll_event *event)
{
	switch (*(enum source *)event->data.ptr) {
	case SOURCE_CONTROL:
		server->ends = !control_ready(server);
		break;
	case SOURCE_LISTENER:
		listen_ready(event->data.ptr);
		break;
	case SOURCE_CONN:
		conn_ready(event->data.ptr, event->events);
		break;
	}
}

/* Waits without a bound: it is a server, ended by its control or a signal. */
static void serve(struct server *server)
{
	struct epoll_event events[64];

	while (!server->ends) {
		int n = epoll_wait(server->epoll_fd, events, (int)ARRAY_SIZE(events),
				   conn_turn(server));

		for (int i = 0; i < n; i++)
			handle(server, &events[i]);
	}
}

static void done(struct server *server)
{
	conn_done(server);
	listen_done(server);
	fs_done(&server->fs);
	strbuf_done(&server->names);
	strbuf_done(&server->peers);
	strbuf_done(&server->commands);
	if (server->epoll_fd >= 0)
		(void)close(server->epoll_fd);
	free(server);
}

int main(int argc, char **argv)
{
	struct server *server = calloc(1, sizeof(*server));
	struct settings settings = { .export = "/export", .size = 64u << 20 };
	struct error err;
	int r;

	(void)argc;
	if (!server)
		return 70;
	server->epoll_fd = -1;
	server->verifier = (uint64_t)getpid() << 32 | 1;
	server->random = 88172645463325252ull;
	(void)signal(SIGPIPE, SIG_IGN);
	r = read_options(server, &settings, argv, &err);
	if (r == 0 && !settings.informs)
		r = start(server, &settings, &err);
	if (r == 0 && !settings.informs) {
		(void)printf("ready nfs=%u mount=%u portmap=%u\n",
			     server->ports[SERVICE_NFS], server->ports[SERVICE_MOUNT],
			     server->ports[SERVICE_PORTMAP]);
		(void)fflush(stdout);
		serve(server);
	}
	if (r < 0)
		(void)fprintf(stderr, "nfs-server: %s\n", err.msg);
	done(server);
	return r < 0 ? 1 : 0;
}

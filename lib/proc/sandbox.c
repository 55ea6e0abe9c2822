/* SPDX-License-Identifier: MIT */
#include "lib/proc/sandbox.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"

#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif
#ifndef ADDRESS_SANITIZER
#define ADDRESS_SANITIZER 0
#endif

unsigned sandbox_files_allowed(unsigned files)
{
	struct rlimit rl;

	if (geteuid() == 0)
		return files;
	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		return 0;
	return rl.rlim_max < files ? (unsigned)rl.rlim_max : files;
}

unsigned sandbox_raise_files(unsigned files)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		return 0;
	if (rl.rlim_cur < files) {
		struct rlimit more = { .rlim_cur = files, .rlim_max = rl.rlim_max };

		if (rl.rlim_max < files)
			more.rlim_max = files;
		if (setrlimit(RLIMIT_NOFILE, &more) == 0) {
			rl = more;
		} else {
			rl.rlim_cur = rl.rlim_max;
			(void)setrlimit(RLIMIT_NOFILE, &rl);
		}
	}
	return rl.rlim_cur < files ? (unsigned)rl.rlim_cur : files;
}

/* Bytes of address space that this process has; 0 if /proc does not say. */
static size_t address_space(void)
{
	cleanup_free char *text = NULL;
	unsigned long pages;
	struct error err;
	size_t len;

	if (fd_read_file("/proc/self/statm", 4096, &text, &len, &err) < 0)
		return 0;
	pages = strtoul(text, NULL, 10);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int limit(int resource, rlim_t value, const char *name, struct error *err)
{
	struct rlimit rl = { .rlim_cur = value, .rlim_max = value };

	if (setrlimit((__rlimit_resource_t)resource, &rl) < 0)
		return error_sys(err, "setrlimit %s", name);
	return 0;
}

static int limit_all(const struct sandbox_limits *limits, struct error *err)
{
	int r;

	/* The sanitizer's shadow is terabytes of address space. */
	if (limits->memory > 0 && !ADDRESS_SANITIZER) {
		size_t now = address_space();

		if (now > 0) {
			r = limit(RLIMIT_AS, now + limits->memory, "AS", err);
			if (r < 0)
				return r;
		}
	}
	r = limit(RLIMIT_NOFILE, limits->files, "NOFILE", err);
	if (r == 0)
		r = limit(RLIMIT_FSIZE, 0, "FSIZE", err);
	if (r == 0)
		r = limit(RLIMIT_CORE, 0, "CORE", err);
	if (r == 0)
		r = limit(RLIMIT_NPROC, 0, "NPROC", err);
	return r;
}

/* Allowed whatever their arguments are. */
static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(close),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(getrandom),
	SCMP_SYS(futex),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(madvise),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
#if ADDRESS_SANITIZER
	/* To report an error, and for stacks of its own. */
	SCMP_SYS(sigaltstack),
	SCMP_SYS(sched_yield),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(readlink),
	SCMP_SYS(prctl),
#endif
};

static int allow_all(scmp_filter_ctx ctx)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls) && r == 0; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	/* Memory: private, of no file, never executable. */
	if (r == 0)
		r = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
			SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 0);
	/* Why a connect failed; and that an answer is waited for. */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(getsockopt), 2,
				     SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET, 0),
				     SCMP_A2(SCMP_CMP_EQ, SO_ERROR, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
				     SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP, 0),
				     SCMP_A2(SCMP_CMP_EQ, TCP_QUICKACK, 0));
	return r;
}

int sandbox_enter(const struct sandbox_limits *limits, struct error *err)
{
	scmp_filter_ctx ctx;
	int r;

	/* Before the limits: the filter takes memory to build. */
	ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!ctx)
		return error_oom(err);
	r = allow_all(ctx);
	if (r < 0) {
		seccomp_release(ctx);
		return error_set(err, ERROR_SYSTEM, -r, "seccomp filter: %s",
				 strerror(-r));
	}
	r = limit_all(limits, err);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = error_sys(err, "no_new_privs");
	if (r == 0) {
		int s = seccomp_load(ctx);

		if (s < 0)
			r = error_set(err, ERROR_SYSTEM, -s, "seccomp: %s", strerror(-s));
	}
	seccomp_release(ctx);
	return r;
}

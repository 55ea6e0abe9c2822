/* SPDX-License-Identifier: MIT */

/*
 * xstate-check: do vector registers survive a change of the process?
 *
 * Two threads and a second process, each with a pattern of its own in a register,
 * yield to each other: inside User-mode Linux each yield saves and restores it through
 * xstate-shim.  Tried for each kind of register that the processor has; prints them,
 * and exits 1 if one was not what it had been.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each lies in another component of the state. */
enum kind { XMM, YMM, ZMM, ZMM_HIGH, KINDS };

static const struct {
	const char *name;
	size_t size;
} kinds[KINDS] = {
	[XMM] = { "xmm", 16 },
	[YMM] = { "ymm", 32 },
	[ZMM] = { "zmm", 64 },
	[ZMM_HIGH] = { "zmm16-31", 64 },
};

struct worker {
	enum kind kind;
	unsigned char pattern;
	int failures;
};

/* Nothing but the yields stands between load and store: no call can hide a loss. */
#define YIELD_HOLDING(move, reg)                                                         \
	__asm__ volatile(move " (%[in]), " reg "\n"                                      \
			      "mov $100, %%r12d\n"                                       \
			      "1: mov $24, %%eax\n" /* sched_yield */                    \
			      "syscall\n"                                                \
			      "dec %%r12d\n"                                             \
			      "jnz 1b\n" move " " reg ", (%[out])\n"                     \
			 :                                                               \
			 : [in] "r"(in), [out] "r"(out)                                  \
			 : "rax", "rcx", "r11", "r12", "xmm5", "memory", "cc")

static void yield_holding(enum kind kind, const unsigned char *in, unsigned char *out)
{
	switch (kind) {
	case XMM:
		YIELD_HOLDING("movdqu", "%%xmm5");
		break;
	case YMM:
		YIELD_HOLDING("vmovdqu", "%%ymm5");
		break;
	case ZMM:
		YIELD_HOLDING("vmovdqu64", "%%zmm5");
		break;
	default:
		YIELD_HOLDING("vmovdqu64", "%%zmm21");
		break;
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned char in[64], out[64];

	for (int i = 0; i < 20; i++) {
		memset(in, w->pattern + i, sizeof(in));
		memset(out, 0, sizeof(out));
		yield_holding(w->kind, in, out);
		w->failures += memcmp(in, out, kinds[w->kind].size) != 0;
	}
	return NULL;
}

static bool has(enum kind kind)
{
	switch (kind) {
	case XMM:
		return true;
	case YMM:
		return __builtin_cpu_supports("avx");
	default:
		return __builtin_cpu_supports("avx512f");
	}
}

/* Returns how many of 60 patterns were lost, or -1. */
static int losses(enum kind kind)
{
	struct worker a = { .kind = kind, .pattern = 0x11 };
	struct worker b = { .kind = kind, .pattern = 0x55 };
	pid_t child = fork();
	pthread_t thread;
	int status;

	if (child == 0) {
		a.pattern = 0x99;
		(void)work(&a);
		_exit(a.failures);
	}
	if (child < 0 || pthread_create(&thread, NULL, work, &b) != 0)
		return -1;
	(void)work(&a);
	if (pthread_join(thread, NULL) != 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status))
		return -1;
	return a.failures + b.failures + WEXITSTATUS(status);
}

int main(void)
{
	int result = 0;

	for (enum kind kind = 0; kind < KINDS; kind++) {
		int lost;

		if (!has(kind))
			continue;
		lost = losses(kind);
		(void)printf("%s%s lost %d", kind > 0 ? ", " : "", kinds[kind].name,
			     lost);
		if (lost != 0)
			result = 1;
	}
	(void)printf("\n");
	return result;
}

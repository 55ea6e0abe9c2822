/* SPDX-License-Identifier: MIT */

/*
 * Preloaded into linux.uml (User-mode Linux 6.1), so that it boots on processors
 * whose extended state is larger than it knows.
 *
 * UML keeps the floating-point state of its processes in a buffer of 2,696 bytes:
 * up to AVX-512 and PKRU.  Reading it with PTRACE_GETREGSET(NT_X86_XSTATE) is cut to
 * the buffer, but the host accepts nothing but the whole state in PTRACE_SETREGSET:
 * EFAULT otherwise (copy_uabi_from_kernel_to_xstate() and xstateregs_set(),
 * arch/x86/kernel/fpu).  With AMX the whole is 11,008 bytes, and UML dies of
 * "ptrace set fp regs failed, errno = 14" before its first process has run.
 *
 * Here the buffer is completed.  The components that lie behind its end are put into
 * their initial state: their bits in XSTATE_BV are cleared, so whatever the tracee's
 * registers hold from another process of the same host process (UML has one for each
 * address space) is gone, not inherited.  Nobody inside misses them: AMX needs
 * arch_prctl(ARCH_REQ_XCOMP_PERM) of the host first, and UML has no such call.
 *
 * On a processor whose state fits, the sizes are equal and the call passes as it is.
 */

#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define XSTATE_MAX (64 * 1024)
#define XSTATE_BV_OFFSET 512 /* header of the XSAVE area, Intel SDM vol. 1, 13.4.2 */

static long host_ptrace(long request, pid_t pid, void *addr, void *data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

/* The components whose area ends within @len bytes (SDM vol. 1, 13.5; CPUID 0DH). */
static uint64_t components_within(size_t len)
{
	uint64_t mask = 3; /* x87 and SSE: the legacy area */

	for (unsigned int i = 2; i < 63; i++) {
		unsigned int size = 0, offset = 0, flags = 0, zero = 0;

		__cpuid_count(0xd, i, size, offset, flags, zero);
		if (size > 0 && (size_t)offset + size <= len)
			mask |= UINT64_C(1) << i;
	}
	return mask;
}

/*
 * Statics, unlike anywhere else in nfsafe: this runs on UML's kernel stacks, which
 * are smaller than the state, in its one thread, and CPUID is slow in a guest.
 */
static long set_xstate(pid_t pid, struct iovec *in)
{
	static _Alignas(64) unsigned char whole[XSTATE_MAX];
	static size_t whole_len;
	static uint64_t kept;
	void *regset = (void *)(uintptr_t)NT_X86_XSTATE;
	struct iovec out = { .iov_base = whole, .iov_len = sizeof(whole) };
	uint64_t bv;

	if (whole_len == 0) {
		if (host_ptrace(PTRACE_GETREGSET, pid, regset, &out) < 0)
			return -1;
		whole_len = out.iov_len;
		kept = components_within(in->iov_len);
	}
	if (in->iov_len >= whole_len || in->iov_len < XSTATE_BV_OFFSET + sizeof(bv))
		return host_ptrace(PTRACE_SETREGSET, pid, regset, in);
	memcpy(whole, in->iov_base, in->iov_len);
	memset(whole + in->iov_len, 0, whole_len - in->iov_len);
	memcpy(&bv, whole + XSTATE_BV_OFFSET, sizeof(bv));
	bv &= kept;
	memcpy(whole + XSTATE_BV_OFFSET, &bv, sizeof(bv));
	out.iov_len = whole_len;
	return host_ptrace(PTRACE_SETREGSET, pid, regset, &out);
}

/* In place of glibc's, whose PEEK requests return the word: see ptrace(2). */
long ptrace(enum __ptrace_request request, ...)
{
	void *addr, *data;
	long word, r;
	va_list ap;
	pid_t pid;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (request == PTRACE_SETREGSET && (uintptr_t)addr == NT_X86_XSTATE)
		return set_xstate(pid, data);
	if (request != PTRACE_PEEKTEXT && request != PTRACE_PEEKDATA &&
	    request != PTRACE_PEEKUSER)
		return host_ptrace((long)request, pid, addr, data);
	r = host_ptrace((long)request, pid, addr, &word);
	if (r < 0)
		return -1;
	errno = 0;
	return word;
}

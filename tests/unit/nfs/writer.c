/* SPDX-License-Identifier: MIT */
#include "lib/nfs/writer.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/macro.h"
#include "tests/unit/nfs/peer.h"

/* Seen to catch: WRITE sent as UNSTABLE; a lost session that is not made anew. */

static const struct beat_file file = {
	.root = { .len = 4, .data = "root" },
	.export = "/export/lab",
	.name = ".beat",
	.uid = 7,
	.gid = 8,
	.groups = { 9 },
	.n_groups = 1,
};

static struct writer writer(enum nfs_vers vers)
{
	struct writer w;

	writer_init(&w, &file, vers, 42);
	writer_reset(&w);
	writer_begin(&w);
	return w;
}

static struct rpc_request next(struct writer *w, char *buf)
{
	struct rpc_request request;

	cr_assert(writer_call(w, buf, &request));
	cr_expect(request.cred.sys);
	cr_expect_eq(request.cred.uid, 7);
	cr_expect_eq(request.cred.gid, 8);
	cr_expect_eq(request.cred.n_groups, 1);
	return request;
}

static bool has(const struct rpc_request *request, const char *bytes, size_t len)
{
	return memmem(request->body, request->len, bytes, len);
}

/* --- answers --- */

struct answer {
	bool over;
	enum beat_result result;
	uint32_t status;
};

static struct answer take(struct writer *w, struct peer_body *body)
{
	struct rpc_reply reply = { .body = (char *)body->data, .len = body->len };
	struct answer a = { .result = BEAT_COUNT };

	a.over = writer_take(w, &reply, &a.result, &a.status);
	return a;
}

static struct answer fail3(struct writer *w, uint32_t status)
{
	struct peer_body body = { 0 };

	peer_word(&body, status);
	return take(w, &body);
}

static struct answer found3(struct writer *w)
{
	struct peer_body body = { 0 };

	peer_word(&body, 0);
	peer_opaque(&body, "file", 4);
	peer_words(&body, 2, 0U, 0U);
	return take(w, &body);
}

/* No attributes; 32 bytes, FILE_SYNC, verifier. */
static struct answer written3(struct writer *w)
{
	struct peer_body body = { 0 };

	peer_words(&body, 7, 0U, 0U, 0U, 32U, 2U, 1U, 2U);
	return take(w, &body);
}

static struct peer_body begin4(uint32_t status, uint32_t n)
{
	struct peer_body body = { 0 };

	peer_words(&body, 3, status, 0U, n);
	return body;
}

static void sequence(struct peer_body *body)
{
	peer_words(body, 2, 53U, 0U);
	peer_fixed(body, "0123456789abcdef", 16);
	peer_words(body, 5, 1U, 0U, 0U, 0U, 0U);
}

static struct answer exchanged(struct writer *w)
{
	struct peer_body body = begin4(0, 1);

	peer_words(&body, 2, 42U, 0U);
	peer_dword(&body, 4711);
	/* sequence, flags, SP4_NONE; the server's owner, scope, no implementation */
	peer_words(&body, 3, 1U, 0U, 0U);
	peer_dword(&body, 0);
	peer_opaque(&body, "s", 1);
	peer_opaque(&body, "scope", 5);
	peer_word(&body, 0);
	return take(w, &body);
}

static struct answer session_made(struct writer *w)
{
	struct peer_body body = begin4(0, 1);

	peer_words(&body, 2, 43U, 0U);
	peer_fixed(&body, "0123456789abcdef", 16);
	peer_words(&body, 2, 1U, 0U);
	for (int i = 0; i < 2; i++)
		peer_words(&body, 7, 0U, 65536U, 65536U, 4096U, 64U, 1U, 0U);
	return take(w, &body);
}

static struct answer fail4(struct writer *w, uint32_t op, uint32_t status)
{
	struct peer_body body = begin4(status, op == 53 ? 1 : 2);

	if (op != 53)
		sequence(&body);
	peer_words(&body, 2, op, status);
	return take(w, &body);
}

static struct answer found4(struct writer *w)
{
	bool first = w->seqid == 1;
	struct peer_body body = begin4(0, first ? 9 : 8);

	sequence(&body);
	if (first)
		peer_words(&body, 2, 58U, 0U);
	/* PUTROOTFH, three LOOKUP, GETFH */
	peer_words(&body, 8, 24U, 0U, 15U, 0U, 15U, 0U, 15U, 0U);
	peer_words(&body, 2, 10U, 0U);
	peer_opaque(&body, "file", 4);
	/* GETATTR: type; ACCESS */
	peer_words(&body, 6, 9U, 0U, 1U, 2U, 4U, 1U);
	peer_words(&body, 4, 3U, 0U, 0x1fU, 0x0fU);
	return take(w, &body);
}

static struct answer written4(struct writer *w)
{
	struct peer_body body = begin4(0, 3);

	sequence(&body);
	peer_words(&body, 2, 22U, 0U);
	peer_words(&body, 6, 38U, 0U, 32U, 2U, 1U, 2U);
	return take(w, &body);
}

/* --- v3 --- */

Test(writer, v3_looks_up_once_and_writes_durably)
{
	struct writer w = writer(NFS_VERS_3);
	char buf[WRITER_ARGS_SIZE];
	struct rpc_request request = next(&w, buf);
	struct answer a;

	cr_expect_eq(request.proc.vers, 3);
	cr_expect_eq(request.proc.proc, 3);
	cr_expect(has(&request, "\0\0\0\4root\0\0\0\5.beat", 17));
	a = found3(&w);
	cr_assert_not(a.over);
	for (int i = 0; i < 3; i++) {
		request = next(&w, buf);
		cr_expect_eq(request.proc.proc, 7);
		/* The file, offset 0, 32 bytes, FILE_SYNC */
		cr_expect(has(&request, "\0\0\0\4file\0\0\0\0\0\0\0\0\0\0\0\40\0\0\0\2",
			      24));
		a = written3(&w);
		cr_assert(a.over);
		cr_expect_eq(a.result, BEAT_ANSWERED);
		cr_expect_eq(a.status, 0);
		writer_begin(&w);
	}
}

static const struct {
	uint32_t status;
	enum beat_result result;
} verdicts[] = {
	{ 13, BEAT_REFUSED_WRITE },    { 28, BEAT_REFUSED_WRITE },
	{ 30, BEAT_REFUSED_WRITE },    { 5, BEAT_REFUSED_WRITE },
	{ 10013, BEAT_REFUSED_WRITE }, { 10008, BEAT_DELAYED },
	{ 10025, BEAT_NO_FILE },       { 10012, BEAT_NO_FILE },
};

Test(writer, what_a_server_says_of_a_write)
{
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct writer w = writer(NFS_VERS_3);
		char buf[WRITER_ARGS_SIZE];
		struct answer a;

		(void)next(&w, buf);
		(void)found3(&w);
		(void)next(&w, buf);
		a = fail3(&w, verdicts[i].status);
		cr_expect(a.over, "%u", verdicts[i].status);
		cr_expect_eq(a.result, verdicts[i].result, "%u", verdicts[i].status);
		cr_expect_eq(a.status, verdicts[i].status);
		/* The next beat is a WRITE again. */
		writer_begin(&w);
		cr_expect_eq(next(&w, buf).proc.proc, 7);
	}
}

Test(writer, a_file_that_is_not_there_yet_is_looked_for_again)
{
	struct writer w = writer(NFS_VERS_3);
	char buf[WRITER_ARGS_SIZE];
	struct answer a;

	(void)next(&w, buf);
	a = fail3(&w, 2);
	cr_expect(a.over);
	cr_expect_eq(a.result, BEAT_NO_FILE);
	writer_begin(&w);
	cr_expect_eq(next(&w, buf).proc.proc, 3);
	cr_expect_not(found3(&w).over);
}

/* Within the beat: the file has another handle.  And once: it may be gone for good. */
Test(writer, a_stale_handle_is_looked_up_anew)
{
	struct writer w = writer(NFS_VERS_3);
	char buf[WRITER_ARGS_SIZE];
	struct answer a;

	(void)next(&w, buf);
	(void)found3(&w);
	(void)next(&w, buf);
	cr_expect_not(fail3(&w, 70).over);
	cr_expect_eq(next(&w, buf).proc.proc, 3);
	(void)found3(&w);
	(void)next(&w, buf);
	a = fail3(&w, 70);
	cr_expect(a.over);
	cr_expect_eq(a.result, BEAT_REFUSED_WRITE);
	cr_expect_eq(a.status, 70);
}

Test(writer, a_stale_root_is_told_at_once)
{
	struct writer w = writer(NFS_VERS_3);
	char buf[WRITER_ARGS_SIZE];
	struct answer a;

	(void)next(&w, buf);
	a = fail3(&w, 70);
	cr_expect(a.over);
	cr_expect_eq(a.result, BEAT_REFUSED_WRITE);
}

Test(writer, garbage_and_denial_are_told)
{
	struct writer w = writer(NFS_VERS_3);
	struct rpc_reply reply = { .status = RPC_AUTH_ERROR };
	struct peer_body body = { 0 };
	char buf[WRITER_ARGS_SIZE];
	enum beat_result result;
	uint32_t status;

	(void)next(&w, buf);
	cr_expect_eq(take(&w, &body).result, BEAT_GARBAGE);
	writer_begin(&w);
	(void)next(&w, buf);
	cr_expect(writer_take(&w, &reply, &result, &status));
	cr_expect_eq(result, BEAT_REJECTED);
}

/* --- v4 --- */

Test(writer, v40_needs_no_client)
{
	struct writer w = writer(NFS_VERS_4_0);
	char buf[WRITER_ARGS_SIZE];
	struct rpc_request request = next(&w, buf);

	cr_expect_eq(request.proc.vers, 4);
	cr_expect_eq(request.proc.proc, 1);
	cr_expect(has(&request, "\0\0\0\5.beat", 9));
	/* No tag, minor version 0, seven operations: no SEQUENCE */
	cr_expect_arr_eq(request.body, "\0\0\0\0\0\0\0\0\0\0\0\7\0\0\0\30", 16);
}

static void to_write(struct writer *w, char *buf)
{
	(void)next(w, buf);
	cr_assert_not(exchanged(w).over);
	(void)next(w, buf);
	cr_assert_not(session_made(w).over);
	(void)next(w, buf);
	cr_assert_not(found4(w).over);
}

Test(writer, v41_has_a_session_and_writes_with_the_anonymous_stateid)
{
	static const char write_args[] =
		"\0\0\0\46" /* WRITE, stateid, offset, FILE_SYNC */
		"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		"\0\0\0\0\0\0\0\0"
		"\0\0\0\2\0\0\0\40";
	struct writer w = writer(NFS_VERS_4_1);
	char buf[WRITER_ARGS_SIZE];
	struct answer a;

	to_write(&w, buf);
	for (int i = 0; i < 3; i++) {
		struct rpc_request request = next(&w, buf);

		cr_expect(has(&request, write_args, sizeof(write_args) - 1));
		cr_expect_eq(w.seqid, (uint32_t)i + 2);
		a = written4(&w);
		cr_expect(a.over);
		cr_expect_eq(a.result, BEAT_ANSWERED);
		writer_begin(&w);
	}
}

/* SEQUENCE fails, the WRITE is not looked at: within the beat there is a new one. */
Test(writer, a_lost_session_is_made_anew)
{
	static const uint32_t lost[] = { 10052, 10078, 10022, 10011 };

	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		struct writer w = writer(NFS_VERS_4_1);
		char buf[WRITER_ARGS_SIZE];
		uint64_t verifier = w.verifier;
		struct answer a;

		to_write(&w, buf);
		(void)next(&w, buf);
		cr_expect_not(fail4(&w, 53, lost[i]).over, "%u", lost[i]);
		/* As another client than before. */
		cr_expect_neq(w.verifier, verifier);
		to_write(&w, buf);
		(void)next(&w, buf);
		a = written4(&w);
		cr_expect(a.over);
		cr_expect_eq(a.result, BEAT_ANSWERED);
	}
}

Test(writer, v41_a_file_that_is_not_there_needs_no_new_session)
{
	struct writer w = writer(NFS_VERS_4_1);
	char buf[WRITER_ARGS_SIZE];
	struct answer a;

	(void)next(&w, buf);
	(void)exchanged(&w);
	(void)next(&w, buf);
	(void)session_made(&w);
	(void)next(&w, buf);
	{
		struct peer_body body = begin4(2, 4);

		sequence(&body);
		peer_words(&body, 6, 58U, 0U, 24U, 0U, 15U, 2U);
		a = take(&w, &body);
	}
	cr_expect(a.over);
	cr_expect_eq(a.result, BEAT_NO_FILE);
	writer_begin(&w);
	(void)next(&w, buf);
	cr_expect_eq(w.seqid, 2);
	cr_expect_not(found4(&w).over);
}

Test(writer, a_new_connection_begins_at_the_start)
{
	struct writer w = writer(NFS_VERS_4_2);
	char buf[WRITER_ARGS_SIZE];
	struct rpc_request request;

	to_write(&w, buf);
	writer_reset(&w);
	request = next(&w, buf);
	/* No tag, minor version 2, one operation: EXCHANGE_ID */
	cr_expect_arr_eq(request.body, "\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\52", 16);
}

Test(writer, a_path_that_does_not_fit_is_not_called)
{
	static struct beat_file long_path;
	char buf[WRITER_ARGS_SIZE];
	struct rpc_request request;
	struct writer w;

	/* Each part of it takes eight bytes and more. */
	for (size_t i = 0; i + 1 < sizeof(long_path.export); i++)
		long_path.export[i] = i % 2 ? 'x' : '/';
	writer_init(&w, &long_path, NFS_VERS_4_0, 1);
	writer_begin(&w);
	cr_expect_not(writer_call(&w, buf, &request));
}

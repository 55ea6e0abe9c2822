/* SPDX-License-Identifier: MIT */
#include "lib/nfs/access.h"

#include "lib/nfs/report.h"

bool access_can_write(uint32_t granted)
{
	const uint32_t needed = PROBE_ACCESS_MODIFY | PROBE_ACCESS_EXTEND;

	return (granted & needed) == needed;
}

static bool in_group(const struct access_facts *facts)
{
	if (facts->gid == facts->group)
		return true;
	for (size_t i = 0; i < facts->n_groups; i++) {
		if (facts->groups[i] == facts->group)
			return true;
	}
	return false;
}

bool access_mode_allows(const struct access_facts *facts)
{
	/* To create: write and search. */
	uint32_t class = facts->mode & 07;

	if (facts->uid == 0)
		return true;
	if (!facts->has_mode)
		return false;
	if (facts->uid == facts->owner)
		class = facts->mode >> 6 & 07;
	else if (in_group(facts))
		class = facts->mode >> 3 & 07;
	return (class & 03) == 03;
}

/* The mode lets in whomever the server takes the user for. */
static bool anybody_may(const struct access_facts *facts)
{
	return facts->has_mode && (facts->mode & 03) == 03;
}

enum probe_result access_judge(const struct access_facts *facts)
{
	if (access_can_write(facts->granted))
		return RESULT_OK;
	if (facts->read_only)
		return RESULT_READ_ONLY;
	/* The mode would let this user in: so it is not taken for this user. */
	return access_mode_allows(facts) && !anybody_may(facts) ? RESULT_SQUASHED
								: RESULT_DENIED;
}

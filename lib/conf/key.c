/* SPDX-License-Identifier: MIT */
#include "lib/conf/key.h"

#include <stdio.h>
#include <string.h>

#include "lib/conf/nearest.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define AT(section, field) offsetof(struct conf_##section, field)

const struct section_info section_table[SECTION_COUNT] = {
	[SECTION_NFSAFE] = {
		.name = "nfsafe",
		.origins = AT(nfsafe, origins),
		.text = "Where nfsafe keeps what it knows on this host.",
	},
	[SECTION_DESTINATION] = {
		.name = "destination",
		.origins = AT(destination, origins),
		.text = "An NFS export that backups can go to, and a name for it. The "
			"name is made of letters, digits, '.', '_' and '-', at most 32 "
			"of them, and begins with a letter or a digit. There can be "
			"several destinations; a file with just one of them, and nothing "
			"but its source, is complete for probe, init and exec.",
	},
	[SECTION_BACKUP] = {
		.name = "backup",
		.origins = AT(backup, origins),
		.text = "What nfsafe run does. Not needed for anything else.",
	},
	[SECTION_SCHEDULE] = {
		.name = "schedule",
		.origins = AT(schedule, origins),
		.text = "When a backup is due. Start nfsafe run from cron as often as "
			"you like, once an hour for instance: it does nothing when "
			"nothing is due. Times of the day and days of the week are this "
			"host's local time; intervals are counted from the last good "
			"session.",
	},
};

const struct key key_table[] = {
	{
		.section = SECTION_NFSAFE,
		.name = "state_dir",
		.type = KEY_PATH,
		.offset = AT(nfsafe, state_dir),
		.fallback = "/var/lib/nfsafe",
		.help = "directory of the record of runs",
		.text = "The record (an SQLite database) tells when the last good backup "
			"was, and with it what is due. It has to be on a local disk: on "
			"NFS it would hang with the server whose failure it has to note, "
			"so that is refused.",
		.example = "/var/lib/nfsafe",
	},
	{
		.section = SECTION_NFSAFE,
		.name = "run_dir",
		.type = KEY_PATH,
		.offset = AT(nfsafe, run_dir),
		.fallback = "/run/nfsafe",
		.help = "directory of the lock and of the progress of a run",
		.text = "Should be on a tmpfs, as /run is; on NFS it is refused.",
		.example = "/run/nfsafe",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "source",
		.type = KEY_SOURCE,
		.offset = AT(destination, source),
		.fallback = NULL,
		.required = "every destination",
		.help = "what is mounted, as SERVER:/EXPORT",
		.text = "SERVER is a name, an IPv4 address, or an IPv6 address in "
			"brackets. A name is resolved anew for each run, and all its "
			"addresses are tried. Give each host an export or a directory of "
			"its own.",
		.example = "nas1.example.net:/export/myhost",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "mountpoint",
		.type = KEY_PATH,
		.offset = AT(destination, mountpoint),
		.fallback = "/srv/nfsafe/NAME",
		.help = "directory where it is mounted while a backup needs it",
		.text = "Made, and made safe, by nfsafe init: nobody can write there "
			"while nothing is mounted. Must not lie below another "
			"destination's mountpoint, nor hold state_dir or run_dir.",
		.example = "/srv/nfsafe/nas1",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "vers",
		.type = KEY_VERS,
		.offset = AT(destination, vers),
		.fallback = "3",
		.help = "version of NFS: 3, 4.0, 4.1 or 4.2",
		.text = "There is no negotiation: this version or none. A soft mount of "
			"version 3 gives up by itself in the end, even when every "
			"process of nfsafe is gone; one of 4.x was seen to wait for "
			"ever.",
		.example = "4.1",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "options",
		.type = KEY_OPTIONS,
		.offset = AT(destination, options),
		.fallback = "",
		.help = "further mount options, separated by commas",
		.text = "Such as hard, rsize, wsize, nconnect, sec=sys. Without hard or "
			"soft it is soft, with a time-out of three times max_stall, but "
			"a minute at least: nfsafe has long acted by then. What nfsafe "
			"sets by itself, and what would break its promise, is refused "
			"with the reason.",
		.example = "wsize=262144",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "probe_timeout",
		.type = KEY_DURATION,
		.offset = AT(destination, probe_timeout_ms),
		.fallback = "5s",
		.min = 100,
		.max = 10 * MINUTE,
		.help = "how long the server may take to pass the probe",
		.text = "All of it: the name, the connections, every call. What has not "
			"answered by then counts as dead. Must be shorter than "
			"max_stall.",
		.example = "5s",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "mount_timeout",
		.type = KEY_DURATION,
		.offset = AT(destination, mount_timeout_ms),
		.fallback = "15s",
		.min = SECOND,
		.max = HOUR,
		.help = "how long mounting may take",
		.text = "The process that mounts is killed then. With the 4 seconds that "
			"this and tidying up may take it has to fit into max_stall.",
		.example = "15s",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "umount_timeout",
		.type = KEY_DURATION,
		.offset = AT(destination, umount_timeout_ms),
		.fallback = "30s",
		.min = SECOND,
		.max = HOUR,
		.help = "how long unmounting may take",
		.text = "Unmounting waits until all is written, and for others that "
			"still use the mount: a slow server needs time here. What is "
			"still held then loses its place all the same, and the run is "
			"suspect. With the 5 seconds that forcing it may take it has to "
			"fit into max_stall.",
		.example = "30s",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "max_stall",
		.type = KEY_DURATION,
		.offset = AT(destination, max_stall_ms),
		.fallback = "60s",
		.min = 10 * SECOND,
		.max = DAY,
		.help = "the longest that this host may wait for the server",
		.text = "Counted from the last call that the server answered. 2 seconds "
			"before it is over the backup is ended and the mount is taken "
			"down. A slow server is not a dead one: every answer, however "
			"late, starts the count anew. A server is dead as well that "
			"answers "
			"but writes nothing any more, or that leaves a process of this "
			"host "
			"blocked without getting anything done on the mount.",
		.example = "60s",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "min_free",
		.type = KEY_SPACE,
		.offset = AT(destination, min_free),
		.fallback = "10%",
		.help = "free space that a backup needs, as 10% or 50GiB",
		.text = "A percentage is of the whole export; 0% asks for nothing.",
		.example = "50GiB",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "quarantine_probes",
		.type = KEY_COUNT,
		.offset = AT(destination, quarantine_probes),
		.fallback = "3",
		.help = "healthy probes in a row that end a quarantine",
		.text = "A server that died under a run gets no new one until it has "
			"passed so many probes, with quarantine_time between the first "
			"and the last of them; one that it does not pass begins the "
			"count anew. Each run that meets it probes once, and goes on to "
			"the next destination. nfsafe release NAME ends a quarantine by "
			"hand.",
		.example = "3",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "quarantine_time",
		.type = KEY_DURATION,
		.offset = AT(destination, quarantine_time_ms),
		.fallback = "15m",
		.min = 0,
		.max = 30 * DAY,
		.help = "how long a server has to be healthy to end a quarantine",
		.text = "From the first healthy probe after its death on. 0s asks for "
			"the number of probes only.",
		.example = "1h",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "port",
		.type = KEY_PORT,
		.offset = AT(destination, port),
		.fallback = "0",
		.help = "TCP port of nfsd; 0: found out",
		.text = "0 asks the server's rpcbind with version 3, and is 2049 with "
			"4.x.",
		.example = "2049",
	},
	{
		.section = SECTION_DESTINATION,
		.name = "mountport",
		.type = KEY_PORT,
		.offset = AT(destination, mountport),
		.fallback = "0",
		.help = "TCP port of mountd; 0: found out",
		.text = "0 asks the server's rpcbind. With both ports given rpcbind is "
			"not needed. Version 4.x has no mountd.",
		.example = "20048",
	},
	{
		.section = SECTION_BACKUP,
		.name = "driver",
		.type = KEY_DRIVER,
		.offset = AT(backup, driver),
		.fallback = "command",
		.help = "how a backup is made: command",
		.text = "command runs a program of yours. Others, for Zimbra and for "
			"archives, come in later versions and are refused until then.",
		.example = "command",
	},
	{
		.section = SECTION_BACKUP,
		.name = "destinations",
		.type = KEY_NAMES,
		.offset = AT(backup, destinations),
		.fallback = "",
		.required = "nfsafe run",
		.help = "names of destinations, the preferred one first",
		.text = "The first one that passes the probe, the mount and the guard is "
			"used. That it was not the first is recorded.",
		.example = "nas1",
	},
	{
		.section = SECTION_BACKUP,
		.name = "user",
		.type = KEY_USER,
		.offset = AT(backup, user),
		.fallback = "root",
		.help = "user that the command runs as",
		.text = "The probe asks as this user, and the guard writes as it: most "
			"servers turn root into nobody (root_squash), so a user that may "
			"write to the export is the better choice. nfsafe exec and "
			"nfsafe init go by it, too.",
		.example = "backup",
	},
	{
		.section = SECTION_BACKUP,
		.name = "full",
		.type = KEY_COMMAND,
		.offset = AT(backup, full),
		.fallback = "",
		.required = "nfsafe run",
		.help = "command that makes a full backup",
		.text = "An absolute path and its arguments, split into words as a shell "
			"would, with '...', \"...\" and \\ as quotes. There is no shell: "
			"what would need one, such as | > $ *, is refused unless quoted. "
			"A ';' after a space begins a comment even between quotes; write "
			"\\; for it.\n\n"
			"The command finds NFSAFE_MOUNTPOINT, NFSAFE_LEVEL, "
			"NFSAFE_DESTINATION and NFSAFE_LABEL in an otherwise clean "
			"environment. It has to have finished writing when it ends; exit "
			"status 0 means that all went well.",
		.example = "/usr/local/sbin/backup --full",
	},
	{
		.section = SECTION_BACKUP,
		.name = "incremental",
		.type = KEY_COMMAND,
		.offset = AT(backup, incremental),
		.fallback = "",
		.help = "command that makes an incremental backup",
		.text = "Written as full is. Without it every backup is a full one.",
		.example = "/usr/local/sbin/backup --incremental",
	},
	{
		.section = SECTION_BACKUP,
		.name = "timeout_full",
		.type = KEY_DURATION,
		.offset = AT(backup, timeout_full_ms),
		.fallback = "20h",
		.min = SECOND,
		.max = 30 * DAY,
		.help = "how long a full backup may take",
		.text = "The command's process group is ended then, and the run has "
			"failed.",
		.example = "20h",
	},
	{
		.section = SECTION_BACKUP,
		.name = "timeout_incremental",
		.type = KEY_DURATION,
		.offset = AT(backup, timeout_incremental_ms),
		.fallback = "6h",
		.min = SECOND,
		.max = 30 * DAY,
		.help = "how long an incremental backup may take",
		.text = "The command's process group is ended then, and the run has "
			"failed.",
		.example = "6h",
	},
	{
		.section = SECTION_SCHEDULE,
		.name = "full_every",
		.type = KEY_DURATION,
		.offset = AT(schedule, full_every_ms),
		.fallback = "7d",
		.min = MINUTE,
		.max = 366 * DAY,
		.help = "how long after a good full the next one is due",
		.text = "Counted from the start of the last good full, anywhere; a "
			"destination that has no good full younger than this gets one, "
			"too. A sixteenth of it, 90 minutes at most, is given away, so "
			"that a nightly job finds its backup due although it began a "
			"little later the night before. A full that was missed stays "
			"due, and goes before an incremental.",
		.example = "7d",
	},
	{
		.section = SECTION_SCHEDULE,
		.name = "full_on",
		.type = KEY_DAYS,
		.offset = AT(schedule, full_on),
		.fallback = "",
		.help = "days that a due full waits for, as Sat or Sat Sun",
		.text = "One or more of Sun Mon Tue Wed Thu Fri Sat. A due full waits "
			"for one of these days, but not longer than one more full_every; "
			"incrementals go on meanwhile. With a window that passes "
			"midnight, the hours after it belong to the day before. Empty: "
			"any day.",
		.example = "Sat",
	},
	{
		.section = SECTION_SCHEDULE,
		.name = "incremental_every",
		.type = KEY_DURATION,
		.offset = AT(schedule, incremental_every_ms),
		.fallback = "1d",
		.min = MINUTE,
		.max = 366 * DAY,
		.help = "how long after a good session an incremental is due",
		.text = "Counted from the start of the last good session, and given away "
			"in part, as full_every is. A full counts, too: what it holds "
			"needs no incremental.",
		.example = "1d",
	},
	{
		.section = SECTION_SCHEDULE,
		.name = "window",
		.type = KEY_WINDOW,
		.offset = AT(schedule, window),
		.fallback = "",
		.help = "when a run may start, as 22:00-06:00",
		.text = "HH:MM-HH:MM; it may pass midnight, and the second time is the "
			"first that is outside. What falls due at any time in it is due "
			"from its beginning, so that one late night does not shift the "
			"next ones. A run that has begun is not ended by it. Empty: any "
			"time.",
		.example = "22:00-06:00",
	},
	{ .name = NULL },
};

const struct key *key_first(enum section section)
{
	const struct key *key = key_table;

	while (key->name && key->section != section)
		key++;
	return key;
}

const struct key *key_next(const struct key *key)
{
	return key[1].name && key[1].section == key->section ? key + 1 : NULL;
}

void *key_base(const struct conf *conf, enum section section, size_t index)
{
	const void *bases[SECTION_COUNT] = {
		[SECTION_NFSAFE] = &conf->nfsafe,
		[SECTION_BACKUP] = &conf->backup,
		[SECTION_SCHEDULE] = &conf->schedule,
	};

	if (section == SECTION_DESTINATION)
		return index < conf->n_destinations ? conf->destinations + index : NULL;
	return index == 0 ? (void *)bases[section] : NULL;
}

struct conf_origin *key_origin(const struct key *key, const void *base)
{
	struct conf_origin *origins =
		(void *)((char *)base + section_table[key->section].origins);

	return &origins[key - key_first(key->section)];
}

const struct key *key_find(enum section section, const char *name)
{
	for (const struct key *key = key_first(section); key; key = key_next(key)) {
		if (strcmp(key->name, name) == 0)
			return key;
	}
	return NULL;
}

const char *key_hint(enum section section, const char *name, char *buf, size_t size)
{
	struct nearest nearest = NEAREST_INIT(name);

	for (const struct key *key = key_table; key->name; key++) {
		if (key->section == section)
			nearest_offer(&nearest, key->name);
		if (strcmp(key->name, name) == 0) {
			(void)snprintf(buf, size, " (it belongs into [%s%s])",
				       section_table[key->section].name,
				       key->section == SECTION_DESTINATION ? " NAME"
									   : "");
			return buf;
		}
	}
	return nearest_hint(&nearest, buf, size);
}

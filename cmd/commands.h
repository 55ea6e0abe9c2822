/* SPDX-License-Identifier: MIT */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

/* Every command, each defined in the file of its name: cmd/NAME.c. */

#include "cmd/command.h"

extern const struct command command_config;
extern const struct command command_drill;
extern const struct command command_exec;
extern const struct command command_incident;
extern const struct command command_init;
extern const struct command command_probe;
extern const struct command command_recover;
extern const struct command command_release;
extern const struct command command_run;
extern const struct command command_status;
extern const struct command command_version;

#endif

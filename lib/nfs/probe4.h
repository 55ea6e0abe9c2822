/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_PROBE4_H
#define LIB_NFS_PROBE4_H

/*
 * The calls that the steps of NFS version 4 make, see struct step: what goes into
 * each and what is made of its answer.  Of lib/nfs/probe4_steps.c alone.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/nfs/nfs3.h"
#include "lib/nfs/verdict.h"

struct attempt;

int probe4_put_close_remove(struct attempt *a, struct nfs_args to);
int probe4_put_commit(struct attempt *a, struct nfs_args to);
int probe4_put_create_session(struct attempt *a, struct nfs_args to);
int probe4_put_destroy_clientid(struct attempt *a, struct nfs_args to);
int probe4_put_destroy_session(struct attempt *a, struct nfs_args to);
int probe4_put_exchange_id(struct attempt *a, struct nfs_args to);
int probe4_put_look(struct attempt *a, struct nfs_args to);
int probe4_put_open(struct attempt *a, struct nfs_args to);
int probe4_put_open_confirm(struct attempt *a, struct nfs_args to);
int probe4_put_read(struct attempt *a, struct nfs_args to);
int probe4_put_remove(struct attempt *a, struct nfs_args to);
int probe4_put_remove_again(struct attempt *a, struct nfs_args to);
int probe4_put_setclientid(struct attempt *a, struct nfs_args to);
int probe4_put_write(struct attempt *a, struct nfs_args to);

enum probe_result probe4_take_close_remove(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_commit(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_create_session(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_exchange_id(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_look(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_open(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_open_confirm(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_read(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_remove(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_remove_nothing(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_setclientid(struct attempt *a, char *body, size_t len);
enum probe_result probe4_take_write(struct attempt *a, char *body, size_t len);

bool probe4_wants_confirm(const struct attempt *a);
bool probe4_wants_reason(const struct attempt *a);

#endif

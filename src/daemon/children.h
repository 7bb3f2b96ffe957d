/* SPDX-License-Identifier: Apache-2.0 */
/*
 * children.h - the processes as rows of the supervisor's table (daemon/child.h):
 * each translates the configuration into its process' own terms and runs it.
 */
#ifndef DAEMON_CHILDREN_H
#define DAEMON_CHILDREN_H

#include "daemon/child.h"

int keeper_child_run(const struct child_env *env); /* keeper_child.c */
int scribe_child_run(const struct child_env *env); /* scribe_child.c */
int clerk_child_run(const struct child_env *env);  /* clerk_child.c */
int token_child_run(const struct child_env *env);  /* token_child.c */
int front_child_run(const struct child_env *env);  /* front_child.c */

#endif /* DAEMON_CHILDREN_H */

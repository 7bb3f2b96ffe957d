/* SPDX-License-Identifier: Apache-2.0 */
/* front_child.h - front as a row of the supervisor's table (daemon/child.h). */
#ifndef DAEMON_FRONT_CHILD_H
#define DAEMON_FRONT_CHILD_H

#include "daemon/child.h"

int front_child_run(const struct child_env *env);

#endif /* DAEMON_FRONT_CHILD_H */

/* SPDX-License-Identifier: Apache-2.0 */
/* role_int.h - the table of built-in roles. */
#ifndef AUTH_ROLE_INT_H
#define AUTH_ROLE_INT_H

#include <stddef.h>

#include "auth/role.h"

extern const struct role role_table[];
extern const size_t role_table_n;
extern const struct role role_directory[]; /* ends with an empty row */

#endif /* AUTH_ROLE_INT_H */

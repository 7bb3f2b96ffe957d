/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_rows.h - the doctor's look at every row of the store: is it what we wrote, and can we
 * read it? */
#ifndef CLI_DOCTOR_ROWS_H
#define CLI_DOCTOR_ROWS_H

#include "daemon/config.h"

struct row_census {
    bool looked; /* false: text says why not */
    unsigned long long rows, damaged;
    char text[512]; /* for people; names the kinds, and the first damaged rows */
};
/* Beside a running server or without one. Each damaged row has a line in the log. */
void doctor_rows(const struct config *c, struct row_census *out);

#endif /* CLI_DOCTOR_ROWS_H */

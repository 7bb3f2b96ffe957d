/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - raw requests and what becomes of them; read by the parser's and the connection's
 * tests. */
#ifndef TEST_HTTP_ROWS_H
#define TEST_HTTP_ROWS_H

#include <stddef.h>

struct row {
    const char *name;
    const char *bytes;
    size_t len;
    unsigned status;  /* 200: accepted; others: refused with it, and closed */
    const char *echo; /* of 200: what the handler saw, as bed.c writes it for plain HTTP */
};

extern const struct row rows[];
extern const size_t nrows;

#endif /* TEST_HTTP_ROWS_H */

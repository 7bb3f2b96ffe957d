/* SPDX-License-Identifier: Apache-2.0 */
/* expiry.c - the one thing that such rows have in common. */
#include "auth/expiry.h"

#include "codec/pack.h"

const char *const expiry_prefixes[] = { "ac/", "al/", "ao/", "dc/", "du/", "hc/",
                                        "lo/", "rf/", "rt/", "ss/", NULL };

enum err
expiry_read(const struct rows *rows, const struct store_row *sr, int64_t *expires)
{
    struct row row;
    struct unpack u;
    enum err e = row_check(rows, sr, &row);

    *expires = INT64_MAX;
    if (e != ERR_OK)
        return e;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) == 0)
        return ERR_FORMAT;
    *expires = unpack_i64(&u);
    return u.err;
}

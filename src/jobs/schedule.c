/* SPDX-License-Identifier: Apache-2.0 */
/* schedule.c - see schedule.h. */
#include "jobs/schedule.h"

#include <string.h>

struct span
schedule_span(const struct schedule_key *k)
{
    return span_of(k->text, k->len);
}

static bool
take_first(void *arg, const struct store_row *row)
{
    struct schedule_key *first = arg;

    memcpy(first->text, row->key.ptr, row->key.len);
    first->len = row->key.len;
    return false;
}

enum err
schedule_next(struct store_view *view, const char *prefix, const struct schedule_key *after,
              struct schedule_key *out)
{
    enum err e;

    out->len = 0;
    e = store_scan(view, span_str(prefix), schedule_span(after), 1, take_first, out);
    return e == ERR_OK && out->len == 0 ? ERR_NOT_FOUND : e;
}

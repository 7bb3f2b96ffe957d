/* SPDX-License-Identifier: Apache-2.0 */
/* due.c - times in keys, there and back. */
#include "vault/due.h"

#include "base/err.h"

void
due_text(int64_t when, char out[static DUE_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    bug_on(when < 0);
    for (unsigned i = 0; i < DUE_TEXT - 1; i++)
        out[i] = digits[(uint64_t)when >> (4 * (DUE_TEXT - 2 - i)) & 15];
    out[DUE_TEXT - 1] = '\0';
}

bool
due_read(struct span rest, int64_t *when)
{
    uint64_t t = 0;

    if (rest.len < DUE_TEXT || rest.ptr[DUE_TEXT - 1] != '/')
        return false;
    for (unsigned i = 0; i < DUE_TEXT - 1; i++) {
        uint8_t c = rest.ptr[i];

        if (c >= '0' && c <= '9')
            t = t << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            t = t << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *when = (int64_t)t;
    return *when >= 0;
}

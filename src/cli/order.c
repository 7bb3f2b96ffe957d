/* SPDX-License-Identifier: Apache-2.0 */
/* order.c - admin_call with words for people. */
#include "cli/order.h"

#include "cli/cli.h"

int
order(const struct config *c, enum admin_op op, unsigned timeout_ms, const char *what)
{
    struct admin_answer answer;
    enum err e = admin_call(c->data_dir, op, -1, timeout_ms, &answer);

    if (e == ERR_OK)
        return EX_OK;
    complain("the server of %s did not %s: %s", c->data_dir, what, err_text(e));
    return EX_UNAVAILABLE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* key_ops.c - the operations that a request wants of a key, or why not. */
#include <stdio.h>

#include "api/data/key_body.h"

static void
put_ops(struct buf *b, const char *before, unsigned ops)
{
    for (unsigned op = 0; op < KEY_OP__MAX; op++)
        if ((ops & KEY_OP_BIT(op)) != 0) {
            buf_put_fmt(b, "%s\"%s\"", before, key_op_name((enum key_op)op));
            before = ", ";
        }
    buf_put_byte(b, '.');
}

/* The text that Azure has for EC keys with wrapKey (AzureKeyVault issue 22). */
static enum err
unsupported(struct key_body *b, unsigned bad, enum key_type t)
{
    struct buf text;
    enum err e;

    buf_init(&text, sizeof(b->why) - 1);
    put_ops(&text, "Unsupported key operation(s): ", bad);
    put_ops(&text, " Supported values are ", key_type_ops(t));
    e = text.err;
    if (e == ERR_OK && span_copy_str(buf_span(&text), b->why, sizeof(b->why)))
        e = ERR_BAD_PARAMETER;
    buf_release(&text);
    return e == ERR_OK ? ERR_INTERNAL : e;
}

enum err
key_body_ops(struct key_body *b, enum key_type t, struct key_detail *d)
{
    unsigned good = key_type_ops(t), bad = 0;

    if (!b->has_ops) {
        key_default_ops(t, d);
        return ERR_OK;
    }
    if (t == KEY_RSA && d->hsm)
        good |= KEY_OP_BIT(KEY_IMPORT); /* a key-exchange key (data-plane.md C3) */
    if (d->exportable)
        good |= KEY_OP_BIT(KEY_EXPORT);
    for (unsigned i = 0; i < b->nops; i++)
        bad |= KEY_OP_BIT(b->ops[i]) & ~good;
    if (bad != 0)
        return unsupported(b, bad, t);
    if (key_set_ops(d, t, b->ops, b->nops) == ERR_OK)
        return ERR_OK;
    (void)snprintf(b->why, sizeof(b->why), "%s",
                   "Key operations must not repeat, and \"import\" stands alone.");
    return ERR_BAD_PARAMETER;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* cert_parts.c - see cert_parts.h. */
#include "api/data/cert_parts.h"

#include <stdio.h>

#include "api/data/object.h"

enum next
cert_fail(struct exchange *x, enum err e, const char *operation, const char *why)
{
    if (e == ERR_MERGE_EARLY)
        return exchange_fail(x, e, span_str(why));
    return key_fail(x, e, operation, why);
}

enum err
cert_new_name(const struct exchange *x, struct object_name *out)
{
    enum err e = object_name(x, out);

    if (e == ERR_OK && (strcmp(out->key, "CONTACTS") == 0 || strcmp(out->key, "ISSUERS") == 0 ||
                        strcmp(out->key, "RESTORE") == 0))
        return ERR_BAD_NAME;
    return e;
}

void
cert_ask_secret(struct exchange *x, const struct cert_secret *s)
{
    cert_secret_pack(sink_sec(&x->ask), x->vault, s);
    x->ask_op = KEEPER_CERT_SECRET;
    x->ask_of = HOME_SOFTWARE;
}

enum err
cert_secret_err(enum err e, char why[static KEY_WHY_MAX])
{
    if (e == ERR_DENIED) {
        (void)snprintf(why, KEY_WHY_MAX, "The key was made as one that is not exportable.");
        return ERR_BAD_PARAMETER;
    }
    if (e == ERR_VALUE_TOO_LARGE || e == ERR_TOO_LARGE) {
        (void)snprintf(why, KEY_WHY_MAX, "The size of the X.509 certificate is too long.");
        return ERR_BAD_PARAMETER;
    }
    return e == ERR_CERT_MISMATCH ? e : object_keeper_err(e);
}

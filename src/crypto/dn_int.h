/* SPDX-License-Identifier: Apache-2.0 */
/* dn_int.h - attribute types of names; inside crypto/dn*.c. */
#ifndef CRYPTO_DN_INT_H
#define CRYPTO_DN_INT_H

#include "base/span.h"

enum dn_form {
    DN_DIRECTORY, /* PrintableString if that will do, else UTF8String */
    DN_PRINTABLE,
    DN_IA5,
    DN_COUNTRY, /* PrintableString of two letters */
};

struct dn_type {
    const char *key; /* as printed */
    const char *oid;
    enum dn_form form;
};

/* NULL: none of ours. */
const struct dn_type *dn_type_of_key(struct span key);
const struct dn_type *dn_type_of_oid(struct span dotted);

#endif /* CRYPTO_DN_INT_H */

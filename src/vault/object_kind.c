/* SPDX-License-Identifier: Apache-2.0 */
/* object_kind.c - the table of kinds. Prefixes and letters stand in rows: never change them. */
#include "vault/object_kind.h"

/* clang-format off */
static const struct object_kind_info kinds[] = {
    [KIND_SECRET] = { "secret", "secrets", "deletedsecrets", "sn", "sd", "sv", NULL, 's',
                      ERR_SECRET_NOT_FOUND },
    [KIND_KEY] = { "key", "keys", "deletedkeys", "kn", "kd", "kv", "kp", 'k',
                   ERR_KEY_NOT_FOUND },
    [KIND_CERTIFICATE] = { "certificate", "certificates", "deletedcertificates", "cn", "cd",
                           "cv", "cp", 'c', ERR_CERTIFICATE_NOT_FOUND },
};
/* clang-format on */
enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

const struct object_kind_info *
object_kind_info(enum object_kind kind)
{
    /* 0 is a vault_at whose maker forgot the kind. */
    bug_on(kind < KIND_SECRET || (unsigned)kind >= NKINDS);
    return &kinds[kind];
}

bool
object_kind_of_letter(char letter, enum object_kind *out)
{
    for (int k = KIND_SECRET; k < NKINDS; k++) {
        if (kinds[k].purge_letter != letter)
            continue;
        *out = (enum object_kind)k;
        return true;
    }
    return false;
}

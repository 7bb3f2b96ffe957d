/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_kind.h - what differs between secrets, keys and certificates for the
 * code that treats them alike: prefixes of rows, words, codes. One table.
 */
#ifndef VAULT_OBJECT_KIND_H
#define VAULT_OBJECT_KIND_H

#include <stdbool.h>

#include "base/err.h"
#include "keeper/ask.h"

struct object_kind_info {
    const char *word;           /* "secret" */
    const char *collection;     /* "secrets": path segment of live objects */
    const char *deleted;        /* "deletedsecrets" */
    const char *live_prefix;    /* "sn", "kn", "cn": heads */
    const char *gone_prefix;    /* "sd", "kd", "cd" */
    const char *version_prefix; /* "sv", "kv", "cv" */
    const char
        *policy_prefix; /* rows of the object, not of a version: "kp", "cp"; NULL for secrets */
    char purge_letter;  /* 's', 'k', 'c': in pq/ rows */
    enum err not_found; /* ERR_SECRET_NOT_FOUND, ERR_KEY_NOT_FOUND, ... */
};
const struct object_kind_info *object_kind_info(enum object_kind kind);
/* By the letter of a pq/ row; false if there is none. */
bool object_kind_of_letter(char letter, enum object_kind *out);

#endif /* VAULT_OBJECT_KIND_H */

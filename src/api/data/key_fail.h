/* SPDX-License-Identifier: Apache-2.0 */
/* key_fail.h - failing an exchange about a key with the words its text needs. */
#ifndef API_DATA_KEY_FAIL_H
#define API_DATA_KEY_FAIL_H

#include "api/data/object_fail.h"

enum { KEY_WHY_MAX = sizeof(((struct exchange *)0)->fail_text) };

/* why: what the code's own text says, where it has one (api/errmap.h); may be "". */
enum next key_fail(struct exchange *x, enum err e, const char *operation, const char *why);

/*
 * The failure of whoever keeps the private part, as ours: what it says of the bytes it was
 * given is `bad` to the client, whatever was wrong with them.
 */
enum err key_provider_err(enum err e, enum err bad);

#endif /* API_DATA_KEY_FAIL_H */

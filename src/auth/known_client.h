/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known_client.h - programs that everybody has and nobody registers: the
 * vendor's command lines and editors, public clients in every tenant. Their
 * ids are compiled into them (identity-and-cli.md 4.3).
 */
#ifndef AUTH_KNOWN_CLIENT_H
#define AUTH_KNOWN_CLIENT_H

#include <stdbool.h>

#include "base/ids.h"

struct known_client {
    const char *appid;
    const char *name;
};

/* NULL: none of them. */
const struct known_client *known_client_find(const struct guid *appid);
/* http://localhost on any port, and the ports that older ones were made with. */
bool known_client_may_redirect(struct span uri);

#endif /* AUTH_KNOWN_CLIENT_H */

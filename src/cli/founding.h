/* SPDX-License-Identifier: Apache-2.0 */
/*
 * founding.h - the first inhabitants of an installation: tenant, subscription,
 * resource group, a vault, and the application that administers them.
 *
 * The client secret is made here and handed to the clerk as part of a seed in
 * an unnamed file; what is stored of it is a scrypt record.
 */
#ifndef CLI_FOUNDING_H
#define CLI_FOUNDING_H

#include "base/err.h"
#include "base/ids.h"
#include "base/limits.h"

enum { CLIENT_SECRET_LEN = 43 };

struct founding {
    struct guid tenant;
    struct guid subscription;
    struct guid client;                 /* appid */
    struct guid object;                 /* oid of its service principal */
    char secret[CLIENT_SECRET_LEN + 1]; /* wiped by founding_release */
    char vault[MAX_VAULT_NAME + 1];     /* "" = none */
    char group[64];                     /* resource group */
    char location[64];
};

/* New random ids and secret. */
void founding_make(struct founding *f, const char *vault, const char *group,
                   const char *location);
void founding_release(struct founding *f);
/* As a seed (jobs/seed.h) in an unnamed file, for the clerk. ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err founding_seed(const struct founding *f, int *fd);
/* `dev` keeps what it made, to say it again at the next start: mode 0600. */
MUST_CHECK enum err founding_save(const struct founding *f, const char *path);
/* ERR_NOT_FOUND, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err founding_read(const char *path, struct founding *f);

#endif /* CLI_FOUNDING_H */

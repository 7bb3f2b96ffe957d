/* SPDX-License-Identifier: Apache-2.0 */
/*
 * founding.h - the first inhabitants of an installation: tenant, subscription,
 * resource group, a vault, and who administers them: an application and a
 * person.
 *
 * The client secret and the password are made here and handed to the clerk as part of a seed in
 * an unnamed file; what is stored of them are scrypt records.
 */
#ifndef CLI_FOUNDING_H
#define CLI_FOUNDING_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/limits.h"

enum { CLIENT_SECRET_LEN = 43, USER_PASSWORD_LEN = 19, MAX_FOUNDING_USER = 255 };

struct founding {
    struct guid tenant;
    struct guid subscription;
    struct guid client;                   /* appid */
    struct guid object;                   /* oid of its service principal */
    char secret[CLIENT_SECRET_LEN + 1];   /* wiped by founding_release */
    char user[MAX_FOUNDING_USER + 1];     /* the first person: UPN; "" in old installations */
    char password[USER_PASSWORD_LEN + 1]; /* the same */
    char vault[MAX_VAULT_NAME + 1];       /* "" = none */
    char group[64];                       /* resource group */
    char location[64];
};

/* New random ids, secret and password; the first person is admin@<domain>. */
void founding_make(struct founding *f, const char *vault, const char *group,
                   const char *location, const char *domain);
void founding_release(struct founding *f);
/* As a seed (jobs/seed.h) in an unnamed file, for the clerk. ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err founding_seed(const struct founding *f, int *fd);
/* Keeps f in a file of mode 0600, whole or not at all. ERR_IO, ERR_TOO_LARGE. */
MUST_CHECK enum err founding_save(const struct founding *f, const char *path);
/* f is all zero unless ERR_OK. ERR_NOT_FOUND, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err founding_read(const char *path, struct founding *f);
/*
 * What an interrupted founding left at path, or a new one, which is saved there first: a
 * founding that is begun again ends with the ids and the secret of the first attempt, for these
 * may be in the store already. *again: it was there. An empty vault leaves the old choice.
 * ERR_FORMAT: the file is damaged; ERR_IO, ERR_TOO_LARGE.
 */
MUST_CHECK enum err founding_begin(struct founding *f, const char *path, const char *vault,
                                   const char *group, const char *location, const char *domain,
                                   bool *again);

#endif /* CLI_FOUNDING_H */

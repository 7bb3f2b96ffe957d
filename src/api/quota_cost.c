/* SPDX-License-Identifier: Apache-2.0 */
/* quota_cost.c - which of Azure's classes a request belongs to, and what it weighs there. */
#include "api/quota.h"

/*
 * Whether a key is of the -HSM kind is not known at the door: what makes, releases or uses one
 * is charged by its handler. Reading and managing keys counts as one use of a software key.
 */
struct quota_cost
quota_cost_of(enum perm need)
{
    if (need == PERM_SECRET_SET || need == PERM_CERT_IMPORT || need == PERM_KEY_IMPORT)
        return (struct quota_cost){ QUOTA_NEW, 1 };
    if (need == PERM_KEY_CREATE || need == PERM_KEY_RELEASE || need == PERM_KEY_ROTATE)
        return (struct quota_cost){ QUOTA_KEY_NEW, 0 };
    if (need >= PERM_KEY_ENCRYPT && need <= PERM_KEY_VERIFY)
        return (struct quota_cost){ QUOTA_KEY, 0 };
    if (need >= PERM_KEY_GET && need <= PERM_KEY_SET_ROTATION_POLICY)
        return (struct quota_cost){ QUOTA_KEY, 1 };
    return (struct quota_cost){ QUOTA_OTHER, 1 };
}

struct quota_cost
quota_cost_use(bool hsm, bool rsa, unsigned bits)
{
    unsigned weight = !rsa || bits <= 2048 ? 1 : bits <= 3072 ? 4 : 8;

    return (struct quota_cost){ hsm ? QUOTA_KEY_HSM : QUOTA_KEY, weight };
}

struct quota_cost
quota_cost_new(bool hsm)
{
    return (struct quota_cost){ hsm ? QUOTA_KEY_NEW_HSM : QUOTA_KEY_NEW, 1 };
}

/* WIRE: the first is Azure's (A6.5), the second believed to be; the third is ours. */
const char *
quota_reason(enum quota_whose whose)
{
    switch (whose) {
    case QUOTA_VAULT:
        return "VaultRequestTypeLimitReached";
    case QUOTA_SUBSCRIPTION:
        return "SubscriptionRequestTypeLimitReached";
    case QUOTA_PRINCIPAL:
    case QUOTA_WHOSE__MAX:
        break;
    }
    return "PrincipalRequestLimitReached";
}

const char *
quota_word(enum quota_whose whose)
{
    switch (whose) {
    case QUOTA_VAULT:
        return "vault";
    case QUOTA_SUBSCRIPTION:
        return "subscription";
    case QUOTA_PRINCIPAL:
    case QUOTA_WHOSE__MAX:
        break;
    }
    return "principal";
}

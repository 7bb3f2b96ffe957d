/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quota.h - how many requests callers whom we know may make: of a principal,
 * of a vault, of a subscription. Off unless it is configured (`throttle`).
 *
 * A bucket of tokens that fill up at an even rate. Azure's profile has one for
 * each class of transactions of a vault, and five times as much for its
 * subscription; a refused request costs nothing (data-plane.md H1).
 *
 * The tables have a fixed size. A newcomer takes the place of an entry whose
 * buckets are full, of which nothing is lost; if there is none in its set, of
 * the one that will be full soonest, whose owner is then forgiven something.
 *
 * Threads: one quota serves all loops, so that a limit is the limit of the
 * node however its connections are spread.
 */
#ifndef API_QUOTA_H
#define API_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "vault/perm.h"

enum quota_class {
    QUOTA_ANY,         /* every request, whatever it is: the configured rates */
    QUOTA_OTHER,       /* of a vault, its secrets and certificates */
    QUOTA_NEW,         /* secrets set; certificates and keys imported */
    QUOTA_KEY_NEW,     /* keys made or released, software */
    QUOTA_KEY_NEW_HSM, /* the same, -HSM */
    QUOTA_KEY,         /* all else with a key */
    QUOTA_KEY_HSM,
    QUOTA_CLASS__MAX
};

/* weight 0: not known yet; the handler says it once it has seen the key. */
struct quota_cost {
    enum quota_class class;
    unsigned weight;
};
/* What a request that needs that permission costs. */
struct quota_cost quota_cost_of(enum perm need);
/* What is done with a key: larger RSA keys weigh more (data-plane.md H1). */
struct quota_cost quota_cost_use(bool hsm, bool rsa, unsigned bits);
struct quota_cost quota_cost_new(bool hsm);

enum quota_profile { QUOTA_OFF, QUOTA_CUSTOM, QUOTA_AZURE };
enum quota_whose { QUOTA_PRINCIPAL, QUOTA_VAULT, QUOTA_SUBSCRIPTION, QUOTA_WHOSE__MAX };

enum { QUOTA_RATE_MAX = 1000000, QUOTA_PRINCIPALS = 8192, QUOTA_VAULTS = 4096 };

struct quota_config {
    enum quota_profile profile;
    /* Requests a second, and at once; 0: no such limit. At most QUOTA_RATE_MAX. */
    uint64_t principal_rate, principal_burst;
    uint64_t vault_rate, vault_burst;
};

struct quota;
/* *out NULL with QUOTA_OFF. ERR_NOMEM. */
MUST_CHECK enum err quota_new(const struct quota_config *cfg, struct quota **out);
void quota_free(struct quota *q); /* NULL is allowed */

/* Who was refused, and for how long he had better wait. */
struct quota_refusal {
    enum quota_whose whose;
    unsigned retry_s; /* 1 to 60 */
};
/* Words for the answer: "VaultRequestTypeLimitReached". */
const char *quota_reason(enum quota_whose whose);
/* Words for figures: "vault". */
const char *quota_word(enum quota_whose whose);

/*
 * Takes what the request costs; false, nothing taken and *out filled, if there is not so much.
 * True with q NULL. now_us is of a clock that does not go back.
 */
bool quota_take_principal(struct quota *q, const struct guid *tenant, const struct guid *oid,
                          uint64_t now_us, struct quota_refusal *out);
bool quota_take_vault(struct quota *q, const struct guid *vault,
                      const struct guid *subscription, struct quota_cost cost, uint64_t now_us,
                      struct quota_refusal *out);

#endif /* API_QUOTA_H */

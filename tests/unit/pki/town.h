/* SPDX-License-Identifier: Apache-2.0 */
/* town.h - authorities with real keys in the world of tests/unit/vault. */
#ifndef TEST_PKI_TOWN_H
#define TEST_PKI_TOWN_H

#include "pki/found.h"
#include "pki/issue.h"
#include "world.h"

enum { TOWN_DAY = 86400 };

/* What an authority is made of; names begin a resource id of WORLD_SUBSCRIPTION. */
struct town_ca {
    const char *name;
    const char *parent; /* name; NULL: a root */
    int path_length;
    struct alt_name permitted[4], excluded[4];
    unsigned npermitted, nexcluded;
    enum key_type type; /* 0: EC */
};
/* Makes a key, the certificate and both rows; ERR_DENIED and why as found in pki/. */
enum err town_found(const struct town_ca *c, char why[static CA_WHY_MAX]);
/* Loads it in a fresh snapshot (world_at()). */
void town_load(const char *name, struct ca *out);
/* Makes a key in the vault (version in *id), returns its public half; good until the next
 * call. */
struct key_public town_key(const char *name, enum key_type type, enum key_curve curve,
                           unsigned bits, struct hex32 *id);
/* One certificate, from asking to the commit; der: initialised. */
enum err town_issue(const char *ca, const struct issue_asked *a, struct issue_made *m,
                    char why[static CA_WHY_MAX]);
/* Asks and signs with an authority at work. */
enum err town_sign(const struct ca_hand *h, const struct cert_digest *d, struct buf *signature);
const char *town_id(const char *name);

#endif /* TEST_PKI_TOWN_H */

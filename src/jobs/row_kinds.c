/* SPDX-License-Identifier: Apache-2.0 */
/* row_kinds.c - a line for each kind; what is read is thrown away. */
#include "jobs/row_kinds.h"

#include <stdlib.h>

#include "pki/acme.h"
#include "pki/crl.h"
#include "pki/issued.h"
#include "vault/cert_contacts.h"
#include "vault/cert_hint.h"
#include "vault/cert_mail.h"
#include "vault/cert_operation.h"
#include "vault/cert_policy.h"
#include "vault/cert_wait.h"
#include "vault/due.h"
#include "vault/issuer.h"
#include "vault/object_head.h"
#include "vault/object_version.h"
#include "vault/rotation_policy.h"

/* On the heap: some are too much for a stack. */
#define READER(fn, type, read)                                                                 \
    static enum err fn(struct span payload)                                                    \
    {                                                                                          \
        struct type *row = calloc(1, sizeof(*row));                                            \
        enum err e = row == NULL ? ERR_NOMEM : read(payload, row);                             \
                                                                                               \
        free(row);                                                                             \
        return e;                                                                              \
    }

READER(read_head, object_head, object_head_read)
READER(read_version, object_version, object_version_read)
READER(read_rotation, rotation_policy, rotation_policy_read)
READER(read_policy, cert_policy, cert_policy_read)
READER(read_operation, cert_operation, cert_operation_read)
READER(read_issuer, issuer, issuer_read)
READER(read_contacts, cert_contacts, cert_contacts_read)
READER(read_wait, cert_wait, cert_wait_payload_read)
READER(read_errand, cert_errand, cert_errand_read)
READER(read_hint, cert_hint, cert_hint_read)
READER(read_account_elsewhere, directory_account_row, directory_account_read)
READER(read_mail, cert_mail, cert_mail_payload_read)
READER(read_figures, mail_figures, mail_figures_read)
READER(read_ca, ca, ca_read)
READER(read_issued, issued, issued_read)
READER(read_revoked, revoked, revoked_read)
READER(read_list, crl, crl_read)
READER(read_credential, acme_credential, acme_credential_read)
READER(read_account, acme_account, acme_account_read)
READER(read_order, acme_order, acme_order_read)
READER(read_index, hex32, acme_index_read)

static enum err
read_challenge(struct span payload)
{
    struct span answer;
    int64_t expires;

    return challenge_read(payload, &expires, &answer);
}

const struct row_kind row_kinds[] = {
    { "sn/", "secrets", read_head },
    { "sd/", "deleted secrets", read_head },
    { "sv/", "versions of secrets", read_version },
    { "kn/", "keys", read_head },
    { "kd/", "deleted keys", read_head },
    { "kv/", "versions of keys", read_version },
    { "kp/", "rotation policies", read_rotation },
    { "cn/", "certificates", read_head },
    { "cd/", "deleted certificates", read_head },
    { "cv/", "versions of certificates", read_version },
    { "cp/", "policies of certificates", read_policy },
    { "co/", "operations of certificates", read_operation },
    { "ci/", "issuers", read_issuer },
    { "ct/", "contacts", read_contacts },
    { "cw/", "certificates that wait for an issuer", read_wait },
    { "ce/", "errands to issuers", read_errand },
    { "ch/", "suggestions of issuers", read_hint },
    { "cq/", "questions to issuers to come", due_payload_check },
    { "ea/", "accounts at ACME directories", read_account_elsewhere },
    { "hc/", "challenges", read_challenge },
    { "cm/", "mail to contacts", read_mail },
    { "cf/", "figures of mail", read_figures },
    { "cr/", "renewals to come", due_payload_check },
    { "kr/", "rotations to come", due_payload_check },
    { "pq/", "purges to come", due_payload_check },
    { "pa/", "certificate authorities", read_ca },
    { "pc/", "issued certificates", read_issued },
    { "pr/", "revocations", read_revoked },
    { "pl/", "lists of revoked certificates", read_list },
    { "ae/", "ACME credentials", read_credential },
    { "an/", "ACME accounts", read_account },
    { "ai/", "keys of ACME accounts", read_index },
    { "ao/", "ACME orders", read_order },
};
const unsigned row_kinds_count = sizeof(row_kinds) / sizeof(row_kinds[0]);

const struct row_kind *
row_kind_of(struct span key)
{
    for (unsigned i = 0; i < row_kinds_count; i++)
        if (span_has_prefix(key, span_str(row_kinds[i].prefix)))
            return &row_kinds[i];
    return NULL;
}

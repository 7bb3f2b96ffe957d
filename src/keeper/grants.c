/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grants.c - the table. A front that was taken over may do what a front does
 * and no more: it opens what it can read, but makes no signing key, rewraps
 * nothing and gets no checkpoint signed. The scribe signs checkpoints. The
 * clerk keeps house and has no reason to read a secret, so it cannot - but for what
 * it takes to ask an issuer of certificates, which is sealed like one; it makes
 * the next version of a key, and has certificates signed with keys, but opens
 * nothing with them.
 */
#include "keeper/grants.h"

#include "keeper/opened.h"

#define BIT(purpose)  (1u << (purpose))
#define NOTHING_NAMED 1u

enum {
    VAULT = BIT(PURPOSE_VAULT),
    BACKUP = BIT(PURPOSE_BACKUP),
    INTEGRITY = BIT(PURPOSE_INTEGRITY),
    TOKEN = BIT(PURPOSE_TOKEN),
    AUDIT = BIT(PURPOSE_AUDIT),
    CA = BIT(PURPOSE_CA),
    TLS = BIT(PURPOSE_TLS),
    RELEASE = BIT(PURPOSE_RELEASE),
    ANY = VAULT | BACKUP | INTEGRITY | TOKEN | AUDIT | CA | TLS | RELEASE,
    KIB = 1024,
};

static const struct grant grants[KEEPER_OP__MAX] = {
    /* clang-format off */
    [KEEPER_HELLO] = { 16 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = INTEGRITY, [ROLE_CLERK] = INTEGRITY } },
    [KEEPER_KEY_NEW] = { KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT | BACKUP, [ROLE_CLERK] = VAULT | BACKUP | INTEGRITY } },
    [KEEPER_KEY_REWRAP] = { 16 * KIB, PACE_SHORT,
        { [ROLE_CLERK] = ANY } },
    [KEEPER_SEAL] = { 512 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT, [ROLE_CLERK] = VAULT } },
    [KEEPER_OPEN] = { 512 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT, [ROLE_CLERK] = VAULT } },
    [KEEPER_TRANSFER] = { 512 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT | BACKUP, [ROLE_CLERK] = VAULT | BACKUP } },
    [KEEPER_SIGNKEY_NEW] = { KIB, PACE_SHORT,
        { [ROLE_CLERK] = TOKEN | AUDIT | TLS | RELEASE } },
    [KEEPER_SIGN] = { 112 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = TOKEN | TLS | RELEASE, [ROLE_SCRIBE] = AUDIT,
          [ROLE_CLERK] = TOKEN | AUDIT | TLS } },
    [KEEPER_PASSWORD_HASH] = { 8 * KIB, PACE_PASSWORD,
        { [ROLE_FRONT] = NOTHING_NAMED, [ROLE_CLERK] = NOTHING_NAMED } },
    [KEEPER_PASSWORD_CHECK] = { 8 * KIB, PACE_PASSWORD,
        { [ROLE_FRONT] = NOTHING_NAMED, [ROLE_CLERK] = NOTHING_NAMED } },
    [KEEPER_CA_NEW] = { KIB, PACE_SHORT,
        { [ROLE_CLERK] = CA } },
    [KEEPER_LEAF_NEW] = { 48 * KIB, PACE_SHORT,
        { [ROLE_CLERK] = CA } },
    [KEEPER_TLS_IMPORT] = { 80 * KIB, PACE_SHORT,
        { [ROLE_CLERK] = TLS } },
    [KEEPER_ROOT_STATE] = { 0, PACE_SHORT,
        { [ROLE_FRONT] = NOTHING_NAMED, [ROLE_CLERK] = NOTHING_NAMED } },
    [KEEPER_KEYPAIR_NEW] = { 16 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT, [ROLE_CLERK] = VAULT } },
    [KEEPER_KEYPAIR_IMPORT] = { 32 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT } },
    [KEEPER_KEYPAIR_BYOK] = { 96 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT } },
    [KEEPER_KEY_USE] = { 192 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT, [ROLE_CLERK] = VAULT } },
    [KEEPER_KEY_RELEASE] = { 32 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT } },
    [KEEPER_KEY_DESTROY] = { 16 * KIB, PACE_SHORT,
        { [ROLE_CLERK] = VAULT } },
    [KEEPER_KEYPAIR_COPY] = { 32 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT, [ROLE_CLERK] = VAULT } },
    [KEEPER_CERT_IMPORT] = { 160 * KIB, PACE_IMPORT,
        { [ROLE_FRONT] = VAULT } },
    [KEEPER_CERT_SECRET] = { 128 * KIB, PACE_SHORT,
        { [ROLE_FRONT] = VAULT, [ROLE_CLERK] = VAULT } },
    [KEEPER_STATS] = { 0, PACE_SHORT,
        { [ROLE_FRONT] = NOTHING_NAMED } },
    /* clang-format on */
};

_Static_assert(ASK_MESSAGE_MAX + WRAPPED_MAX + KEY_ID_MAX + 64 <= 112 * KIB, "KEEPER_SIGN");
_Static_assert(KEY_PLACE_MAX + 11 * (KEY_PART_MAX + 4) + 64 <= 32 * KIB,
               "KEEPER_KEYPAIR_IMPORT");
_Static_assert(2 * KEY_PLACE_MAX + KEY_FIELD_MAX + 64 <= 96 * KIB, "KEEPER_KEYPAIR_BYOK");
_Static_assert(KEY_PLACE_MAX + KEY_USE_BYTES_MAX + 64 <= 192 * KIB, "KEEPER_KEY_USE");
_Static_assert(KEY_PLACE_MAX + KEY_PUBLIC_MAX + 64 <= 32 * KIB, "KEEPER_KEY_RELEASE");
_Static_assert(2 * KEY_PLACE_MAX <= 32 * KIB, "KEEPER_KEYPAIR_COPY");
_Static_assert(KEY_PLACE_MAX + CERT_FILE_MAX + CERT_FILE_PASSWORD_MAX + 64 <= 160 * KIB,
               "KEEPER_CERT_IMPORT");
_Static_assert(KEY_PLACE_MAX + CERT_CHAIN_BYTES_MAX + CERT_CHAIN_MAX * 4 + 512 <= 128 * KIB,
               "KEEPER_CERT_SECRET");

const struct grant *
grant_of(uint16_t op)
{
    return op >= KEEPER_HELLO && op < KEEPER_OP__MAX ? &grants[op] : NULL;
}

bool
grant_has_role(const struct grant *g, enum ipc_role role)
{
    return (unsigned)role < ROLE__MAX && g->purposes[role] != 0;
}

/* The purpose that a question names, or the one that its answer will have. */
static unsigned
purpose_of(enum keeper_op op, const struct keeper_question *q)
{
    switch (op) {
    case KEEPER_HELLO:
    case KEEPER_KEY_REWRAP:
    case KEEPER_SEAL:
    case KEEPER_OPEN:
    case KEEPER_TRANSFER:
    case KEEPER_SIGN:
    case KEEPER_LEAF_NEW:
        return q->key.purpose;
    case KEEPER_KEY_NEW:
    case KEEPER_SIGNKEY_NEW:
        return q->purpose;
    case KEEPER_CA_NEW:
        return PURPOSE_CA;
    case KEEPER_TLS_IMPORT:
        return PURPOSE_TLS;
    case KEEPER_PASSWORD_HASH:
    case KEEPER_PASSWORD_CHECK:
    case KEEPER_ROOT_STATE:
    case KEEPER_KEYPAIR_NEW:
    case KEEPER_KEYPAIR_IMPORT:
    case KEEPER_KEYPAIR_BYOK:
    case KEEPER_KEY_USE:
    case KEEPER_KEY_RELEASE:
    case KEEPER_KEY_DESTROY:
    case KEEPER_KEYPAIR_COPY:
    case KEEPER_CERT_IMPORT:
    case KEEPER_CERT_SECRET:
    case KEEPER_STATS:
    case KEEPER_OP__MAX:
        break;
    }
    return 0;
}

bool
grant_allows(const struct grant *g, enum ipc_role role, enum keeper_op op,
             const struct keeper_question *q)
{
    unsigned may = (unsigned)role < ROLE__MAX ? g->purposes[role] : 0;

    if ((may & BIT(purpose_of(op, q))) == 0)
        return false;
    /* A private key is sealed as a row too, but is no value to be read or made up. */
    if (op == KEEPER_OPEN && role == ROLE_CLERK && !span_is_str(q->id.version, ISSUER_PASSWORD))
        return false;
    if (op == KEEPER_SEAL || op == KEEPER_OPEN)
        return q->id.kind == KIND_SECRET;
    /* A backup goes out of a vault or comes into one; nothing moves between vaults, and
     * nothing comes back as something else. */
    if (op == KEEPER_TRANSFER)
        return (may & BIT(q->to.purpose)) != 0 && q->to.purpose != q->key.purpose &&
               q->to_id.kind == q->id.kind;
    return true;
}

static bool
is_in_vault(unsigned may, const struct key_place *p)
{
    return (may & BIT(p->vault.purpose)) != 0 && p->id.kind == KIND_KEY &&
           opened_is_of_key(&p->vault, &p->id);
}

/* The secret of a certificate has name and version of its key: a private key is not written as
 * another secret's value, where others read it. */
static bool
is_linked(const struct key_question *q)
{
    return q->secret.kind == KIND_SECRET && opened_is_of_key(&q->place.vault, &q->secret) &&
           span_is_equal(q->secret.name, q->place.id.name) &&
           span_is_equal(q->secret.version, q->place.id.version);
}

/* As crypto/cert_spec.h has certificates and requests signed. */
static bool
signs_certificates(const struct key_use *u)
{
    return u->op == KEY_SIGN &&
           (u->alg == ALG_RS256 || u->alg == ALG_ES256 || u->alg == ALG_ES384 ||
            u->alg == ALG_ES512 || u->alg == ALG_ES256K);
}

bool
grant_allows_key(const struct grant *g, enum ipc_role role, enum keeper_op op,
                 const struct key_question *q)
{
    unsigned may = (unsigned)role < ROLE__MAX ? g->purposes[role] : 0;

    if (!is_in_vault(may, &q->place))
        return false;
    /* The clerk renews certificates, so it signs; it opens nothing that was encrypted. */
    if (op == KEEPER_KEY_USE && role == ROLE_CLERK)
        return signs_certificates(&q->use);
    if (op == KEEPER_CERT_SECRET)
        return is_linked(q);
    if (op != KEEPER_KEYPAIR_BYOK && op != KEEPER_KEYPAIR_COPY)
        return true;
    /* A copy is another version of the same key, whatever the row says that it goes into. */
    if (op == KEEPER_KEYPAIR_COPY && !span_is_equal(q->kek.id.name, q->place.id.name))
        return false;
    return is_in_vault(may, &q->kek) && span_is_equal(q->kek.vault.id, q->place.vault.id);
}

enum key_pace
grant_pace(const struct grant *g, enum keeper_op op, const struct keeper_question *q)
{
    if (op == KEEPER_SIGNKEY_NEW &&
        (q->purpose == PURPOSE_TOKEN || q->purpose == PURPOSE_RELEASE))
        return PACE_MAKING; /* RSA; the other kinds take microseconds */
    /* With the keys of TLS a handshake waits: they have lanes of their own. */
    if (op == KEEPER_SIGN && q->alg == SIGN_RS256)
        return PACE_LONG;
    return g->pace;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* work.c - what the keeper does. The first three functions are every GET and PUT. */
#include "keeper/work.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "codec/pack.h"
#include "crypto/x509.h"
#include "keeper/opened.h"
#include "keeper/password.h"

enum {
    DER_MAX = 16 * 1024,
    SKEW = 5 * 60,                    /* a verifier's clock may be behind ours */
    SELF_CERT_LIFE = 5 * 366 * 86400, /* rotation is the clerk's, long before */
};

static enum err
do_row(struct roots *roots, struct cache *cache, enum keeper_op op,
       const struct keeper_question *q, struct secbuf *answer)
{
    struct row_id id = opened_row_id(&q->id);
    struct seal_row_key *k = NULL;
    enum err e;

    if (!opened_is_of_key(&q->key, &q->id))
        return ERR_DENIED;
    e = opened_row(roots, cache, &q->key, &k);
    if (e != ERR_OK)
        return e;
    if (op == KEEPER_SEAL)
        return row_seal(k, &id, q->bytes, sink_sec(answer));
    return row_open(k, &id, q->bytes, answer);
}

static enum err
do_transfer(struct roots *roots, struct cache *cache, const struct keeper_question *q,
            struct secbuf *answer)
{
    struct row_id from_id = opened_row_id(&q->id), to_id = opened_row_id(&q->to_id);
    struct seal_row_key *from = NULL, *to = NULL;
    struct secbuf plain;
    enum err e;

    if (!opened_is_of_key(&q->key, &q->id) || !opened_is_of_key(&q->to, &q->to_id))
        return ERR_DENIED;
    secbuf_init(&plain, ANSWER_MAX);
    e = opened_row(roots, cache, &q->key, &from);
    if (e == ERR_OK)
        e = row_open(from, &from_id, q->bytes, &plain);
    if (e == ERR_OK)
        e = opened_row(roots, cache, &q->to, &to);
    if (e == ERR_OK)
        e = row_seal(to, &to_id, secbuf_span(&plain), sink_sec(answer));
    secbuf_release(&plain);
    return e;
}

/* Appends pack_bytes(wrapped key). */
static enum err
put_wrapped(struct roots *roots, enum key_purpose purpose, struct span id, struct span key,
            struct secbuf *answer)
{
    struct buf w;
    enum err e;

    buf_init(&w, WRAPPED_MAX);
    e = roots_wrap(roots, purpose, id, key, sink_buf(&w));
    if (e == ERR_OK) {
        pack_bytes(sink_sec(answer), buf_span(&w));
        e = answer->err;
    }
    buf_release(&w);
    return e;
}

static enum err
put_wrapped_signkey(struct roots *roots, enum key_purpose purpose, struct span id,
                    const struct signkey *k, struct secbuf *answer)
{
    struct secbuf der;
    enum err e;

    secbuf_init(&der, WRAPPED_MAX);
    e = signkey_put_pkcs8(k, &der);
    if (e == ERR_OK)
        e = put_wrapped(roots, purpose, id, secbuf_span(&der), answer);
    secbuf_release(&der);
    return e;
}

static enum err
do_hello(struct roots *roots, const struct keeper_question *q, struct secbuf *answer)
{
    struct buf ids;
    enum err e;

    if (q->key.bytes.len > 0) {
        e = roots_unwrap(roots, &q->key, answer);
        return e == ERR_OK && answer->len != OPENED_SYMMETRIC_LEN ? ERR_FORMAT : e;
    }
    /* No key yet: only whether there is a root key. */
    buf_init(&ids, 64);
    e = roots_put_ids(roots, sink_buf(&ids));
    buf_release(&ids);
    return e;
}

static enum err
do_key_new(struct roots *roots, const struct keeper_question *q, struct secbuf *answer)
{
    WIPED32 uint8_t key[OPENED_SYMMETRIC_LEN];

    rand_fill(key, sizeof(key));
    return put_wrapped(roots, q->purpose, q->name, span_of(key, sizeof(key)), answer);
}

static enum err
do_key_rewrap(struct roots *roots, const struct keeper_question *q, struct secbuf *answer)
{
    struct secbuf key;
    enum err e;

    secbuf_init(&key, WRAPPED_MAX);
    e = roots_unwrap(roots, &q->key, &key);
    if (e == ERR_OK)
        e = put_wrapped(roots, q->key.purpose, q->key.id, secbuf_span(&key), answer);
    secbuf_release(&key);
    return e;
}

static enum signkey_kind
kind_for(enum key_purpose purpose)
{
    if (purpose == PURPOSE_TOKEN || purpose == PURPOSE_RELEASE)
        return SIGNKEY_RSA;
    return purpose == PURPOSE_AUDIT ? SIGNKEY_ED25519 : SIGNKEY_EC;
}

/* Who signs for others to verify shows a certificate. */
static const char *
common_name_for(enum key_purpose purpose)
{
    if (purpose == PURPOSE_TOKEN)
        return "Keyhold token signing";
    return purpose == PURPOSE_RELEASE ? "Keyhold key release" : NULL;
}

static enum err
do_signkey_new(struct roots *roots, const struct keeper_question *q, struct secbuf *answer)
{
    struct signkey *k = NULL;
    struct buf spki, cert;
    int64_t now = clock_now();
    enum err e;

    buf_init(&spki, DER_MAX);
    buf_init(&cert, DER_MAX);
    e = signkey_new(kind_for(q->purpose), &k);
    if (e == ERR_OK)
        e = put_wrapped_signkey(roots, q->purpose, q->name, k, answer);
    if (e == ERR_OK)
        e = signkey_put_spki(k, &spki);
    if (e == ERR_OK && common_name_for(q->purpose) != NULL)
        e = x509_make_self(k, common_name_for(q->purpose), now - SKEW, now + SELF_CERT_LIFE,
                           &cert);
    if (e == ERR_OK) {
        pack_bytes(sink_sec(answer), buf_span(&spki));
        pack_bytes(sink_sec(answer), buf_span(&cert));
        e = answer->err;
    }
    signkey_free(k);
    buf_release(&spki);
    buf_release(&cert);
    return e;
}

/* What a key of that purpose signs with, and nothing else: a token key never signs for TLS. */
static bool
purpose_signs(enum key_purpose purpose, enum sign_alg alg)
{
    switch (alg) {
    case SIGN_RS256:
        return purpose == PURPOSE_TOKEN || purpose == PURPOSE_RELEASE;
    case SIGN_ED25519:
        return purpose == PURPOSE_AUDIT;
    case SIGN_RSA_PSS:
    case SIGN_RSA_PKCS1:
    case SIGN_ECDSA:
        return purpose == PURPOSE_TLS;
    case SIGN_ES256:
    case SIGN_ALG__MAX:
        break;
    }
    return false;
}

static enum err
do_sign(struct roots *roots, struct cache *cache, const struct keeper_question *q,
        struct secbuf *answer)
{
    static const enum sig_alg algs[SIGN_ALG__MAX] = {
        [SIGN_RS256] = SIG_RS256,
        [SIGN_ES256] = SIG_ES256,
        [SIGN_ED25519] = SIG_ED25519,
        [SIGN_RSA_PSS] = SIG_RSA_PSS_DIGEST,
        [SIGN_RSA_PKCS1] = SIG_RSA_PKCS1_DIGEST,
        [SIGN_ECDSA] = SIG_ECDSA_DIGEST,
    };
    static const enum digest_alg digests[SIGN_DIGEST__MAX] = {
        [SIGN_DIGEST_NONE] = DIGEST_SHA1, /* refused by the forms that take a digest */
        [SIGN_SHA256] = DIGEST_SHA256,
        [SIGN_SHA384] = DIGEST_SHA384,
        [SIGN_SHA512] = DIGEST_SHA512,
    };
    struct signkey *k = NULL;
    uint8_t sig[SIGNATURE_MAX];
    size_t len = 0;
    enum err e;

    if (!purpose_signs(q->key.purpose, q->alg))
        return ERR_DENIED;
    e = opened_sign(roots, cache, &q->key, &k);
    if (e == ERR_OK)
        e = signkey_sign(k, algs[q->alg], digests[q->digest], q->bytes, sig, sizeof(sig), &len);
    if (e != ERR_OK)
        return e;
    secbuf_put(answer, span_of(sig, len));
    return answer->err;
}

static enum err
do_ca_new(struct roots *roots, const struct keeper_question *q, struct secbuf *answer)
{
    struct signkey *k = NULL;
    struct buf cert;
    enum err e;

    buf_init(&cert, DER_MAX);
    e = signkey_new(SIGNKEY_EC, &k);
    if (e == ERR_OK)
        e = x509_make_ca(k, q->domain, q->not_before, q->not_after, &cert);
    if (e == ERR_OK)
        e = put_wrapped_signkey(roots, PURPOSE_CA, q->name, k, answer);
    if (e == ERR_OK) {
        pack_bytes(sink_sec(answer), buf_span(&cert));
        e = answer->err;
    }
    signkey_free(k);
    buf_release(&cert);
    return e;
}

static enum err
do_leaf_new(struct roots *roots, struct cache *cache, const struct keeper_question *q,
            struct secbuf *answer)
{
    struct signkey *ca = NULL, *k = NULL;
    struct buf cert;
    enum err e;

    buf_init(&cert, DER_MAX);
    e = opened_sign(roots, cache, &q->key, &ca);
    if (e == ERR_OK)
        e = signkey_new(SIGNKEY_EC, &k);
    if (e == ERR_OK)
        e = x509_make_leaf(ca, q->bytes, k, q->domain, q->not_before, q->not_after, &cert);
    if (e == ERR_OK)
        e = put_wrapped_signkey(roots, PURPOSE_TLS, q->name, k, answer);
    if (e == ERR_OK) {
        pack_bytes(sink_sec(answer), buf_span(&cert));
        e = answer->err;
    }
    signkey_free(k);
    buf_release(&cert);
    return e;
}

static enum err
do_tls_import(struct roots *roots, const struct keeper_question *q, struct secbuf *answer)
{
    struct signkey *k = NULL;
    struct buf spki;
    enum err e;

    buf_init(&spki, DER_MAX);
    e = signkey_load_pem(q->bytes, &k);
    if (e == ERR_OK)
        e = put_wrapped_signkey(roots, PURPOSE_TLS, q->name, k, answer);
    if (e == ERR_OK)
        e = signkey_put_spki(k, &spki);
    if (e == ERR_OK) {
        pack_bytes(sink_sec(answer), buf_span(&spki));
        e = answer->err;
    }
    signkey_free(k);
    buf_release(&spki);
    return e;
}

static enum err
dispatch(struct roots *roots, struct cache *cache, enum keeper_op op,
         const struct keeper_question *q, struct secbuf *answer)
{
    switch (op) {
    case KEEPER_HELLO:
        return do_hello(roots, q, answer);
    case KEEPER_KEY_NEW:
        return do_key_new(roots, q, answer);
    case KEEPER_KEY_REWRAP:
        return do_key_rewrap(roots, q, answer);
    case KEEPER_SEAL:
    case KEEPER_OPEN:
        return do_row(roots, cache, op, q, answer);
    case KEEPER_TRANSFER:
        return do_transfer(roots, cache, q, answer);
    case KEEPER_SIGNKEY_NEW:
        return do_signkey_new(roots, q, answer);
    case KEEPER_SIGN:
        return do_sign(roots, cache, q, answer);
    case KEEPER_PASSWORD_HASH:
        return password_hash(q->bytes, sink_sec(answer));
    case KEEPER_PASSWORD_CHECK:
        return password_check(q->record, q->bytes);
    case KEEPER_CA_NEW:
        return do_ca_new(roots, q, answer);
    case KEEPER_LEAF_NEW:
        return do_leaf_new(roots, cache, q, answer);
    case KEEPER_TLS_IMPORT:
        return do_tls_import(roots, q, answer);
    case KEEPER_ROOT_STATE:
        return roots_put_ids(roots, sink_sec(answer));
    case KEEPER_KEYPAIR_NEW:
    case KEEPER_KEYPAIR_IMPORT:
    case KEEPER_KEYPAIR_BYOK:
    case KEEPER_KEY_USE:
    case KEEPER_KEY_RELEASE:
    case KEEPER_KEY_DESTROY:
    case KEEPER_KEYPAIR_COPY:
    case KEEPER_CERT_IMPORT:
    case KEEPER_CERT_SECRET:
    case KEEPER_STATS: /* the lane's (intake.c) */
    case KEEPER_OP__MAX:
        break;
    }
    return ERR_PROTOCOL;
}

enum err
work_do(struct roots *roots, struct cache *cache, enum keeper_op op,
        const struct keeper_question *q, struct secbuf *answer)
{
    enum err e = dispatch(roots, cache, op, q, answer);

    if (e != ERR_OK)
        secbuf_clear(answer);
    return e;
}

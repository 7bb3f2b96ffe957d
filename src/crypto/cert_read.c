/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_read.c - what a policy is made of: names, usages, constraints, the key.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "crypto/cert_read_int.h"

/* With attributes that we have no text for, RFC 2253's text does. */
static void
keep_subject_dn(struct cert *c)
{
    if (!facts_keep_dn(&c->facts))
        c->facts.subject_dn =
            facts_keep(&c->facts, span_of(c->subject, strlen(c->subject) + 1));
}

static bool
read_key_ids(struct cert *c, const X509 *x)
{
    bool ok = true;
    const STACK_OF(X509_EXTENSION) *all = X509_get0_extensions(x);
    ASN1_OCTET_STRING *own = facts_ext(all, NID_subject_key_identifier, &ok);
    AUTHORITY_KEYID *issuer = facts_ext(all, NID_authority_key_identifier, &ok);

    if (own != NULL)
        c->key_id = facts_keep(&c->facts, string_span(own));
    if (issuer != NULL && issuer->keyid != NULL)
        c->issuer_key_id = facts_keep(&c->facts, string_span(issuer->keyid));
    ASN1_OCTET_STRING_free(own);
    AUTHORITY_KEYID_free(issuer);
    return ok;
}

static enum err
read_key(struct cert *c, const X509 *x)
{
    EVP_PKEY *pkey = X509_get_pubkey((X509 *)(uintptr_t)x);
    enum err e;

    crypto_hush();
    if (pkey == NULL)
        return ERR_OK;
    e = key_adopt(pkey, &c->key);
    return e == ERR_UNSUPPORTED ? ERR_OK : e;
}

static bool
read_names(struct cert *c, const X509 *x)
{
    const X509_NAME *subject = X509_get_subject_name(x), *issuer = X509_get_issuer_name(x);
    int ok = 0, also = 0;

    c->subject_hash = X509_NAME_hash_ex(subject, NULL, NULL, &ok);
    c->issuer_hash = X509_NAME_hash_ex(issuer, NULL, NULL, &also);
    return ok == 1 && also == 1 && facts_keep_name(&c->facts, subject, &c->facts.subject_der) &&
           facts_keep_name(&c->facts, issuer, &c->issuer_der);
}

enum err
cert_read_more(struct cert *c, X509 *x)
{
    if (!read_names(c, x) || !facts_read(&c->facts, X509_get0_extensions(x)) ||
        !read_key_ids(c, x)) {
        crypto_hush();
        return ERR_FORMAT;
    }
    keep_subject_dn(c);
    if (c->facts.more.err != ERR_OK)
        return c->facts.more.err == ERR_TOO_LARGE ? ERR_FORMAT : c->facts.more.err;
    return read_key(c, x);
}

struct span
cert_subject_der(const struct cert *c)
{
    return facts_span(&c->facts, c->facts.subject_der);
}

struct span
cert_issuer_der(const struct cert *c)
{
    return facts_span(&c->facts, c->issuer_der);
}

const char *
cert_subject_dn(const struct cert *c)
{
    return (const char *)facts_span(&c->facts, c->facts.subject_dn).ptr;
}

size_t
cert_alt_count(const struct cert *c)
{
    return c->facts.alt_count;
}

struct alt_name
cert_alt(const struct cert *c, size_t i)
{
    bug_on(i >= c->facts.alt_count);
    return facts_alt(&c->facts, i);
}

size_t
cert_eku_count(const struct cert *c)
{
    return c->facts.eku_count;
}

struct span
cert_eku(const struct cert *c, size_t i)
{
    bug_on(i >= c->facts.eku_count);
    return facts_span(&c->facts, c->facts.ekus[i]);
}

unsigned
cert_key_usage(const struct cert *c)
{
    return c->facts.key_usage;
}

bool
cert_is_ca(const struct cert *c)
{
    return c->facts.ca;
}

int
cert_path_length(const struct cert *c)
{
    return c->facts.path_length;
}

const struct key_public *
cert_key(const struct cert *c)
{
    static const struct key_public none = { .type = KEY_NONE };

    return c->key == NULL ? &none : key_public(c->key);
}

bool
cert_is_of_key(const struct cert *c, const struct key_public *key)
{
    return key_public_is_same(cert_key(c), key);
}

bool
cert_is_self_issued(const struct cert *c)
{
    return span_is_equal(cert_subject_der(c), cert_issuer_der(c));
}

struct span
cert_key_id(const struct cert *c)
{
    return facts_span(&c->facts, c->key_id);
}

struct span
cert_issuer_key_id(const struct cert *c)
{
    return facts_span(&c->facts, c->issuer_key_id);
}

/* Keys of strangers: what one use of them costs is theirs to say, up to here. */
static bool
key_is_cheap(const EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    bool cheap = EVP_PKEY_get_bits(key) <= (EVP_PKEY_is_a(key, "DSA") == 1 ? 2048 : 8192);

    if (cheap && EVP_PKEY_is_a(key, "RSA") == 1)
        cheap =
            EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_num_bits(e) <= 64;
    BN_free(e);
    return cheap;
}

static bool
is_signed_by(X509 *x, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    return X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(issuer)) == 0 &&
           key != NULL && key_is_cheap(key) && X509_verify(x, key) == 1;
}

bool
cert_may_be_issued_by(const struct cert *c, const struct cert *issuer)
{
    struct span want = cert_issuer_key_id(c), have = cert_key_id(issuer);

    return c->issuer_hash == issuer->subject_hash &&
           (want.len == 0 || have.len == 0 || span_is_equal(want, have));
}

bool
cert_is_issued_by(const struct cert *c, const struct cert *issuer)
{
    X509 *x, *i;
    bool is;

    if (!cert_may_be_issued_by(c, issuer))
        return false;
    x = x509_parse(cert_der(c));
    i = x509_parse(cert_der(issuer));
    is = x != NULL && i != NULL && is_signed_by(x, i);
    X509_free(x);
    X509_free(i);
    crypto_hush();
    return is;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* x509_read.c - what a certificate says, and whether it chains to a CA. */
#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/log.h"
#include "crypto/cert_read_int.h"

enum { TEXT_MAX = 1024, RSA_BYTES_MAX = 2048 };

/* RFC 2253 text; NULL when out of memory or longer than is decent. */
static char *
name_text(const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL, *at;
    long len;

    if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        len = BIO_get_mem_data(bio, &at);
        if (len >= 0 && len <= TEXT_MAX)
            text = strndup(len > 0 ? at : "", (size_t)len);
    }
    BIO_free(bio);
    return text;
}

static char *
serial_text(const X509 *x)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    char *hex = n == NULL || BN_num_bytes(n) > 64 ? NULL : BN_bn2hex(n);
    char *text = hex == NULL ? NULL : strdup(hex);

    OPENSSL_free(hex);
    BN_free(n);
    return text;
}

static bool
get_time(const ASN1_TIME *t, int64_t *out)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(t, &tm) != 1)
        return false;
    *out = timegm(&tm);
    return true;
}

static bool
put_bn(const EVP_PKEY *pkey, const char *what, struct buf *out)
{
    BIGNUM *n = NULL;
    uint8_t *at = NULL;
    int len;

    if (EVP_PKEY_get_bn_param(pkey, what, &n) != 1)
        return false;
    len = BN_num_bytes(n);
    at = len > 0 ? buf_grow(out, (size_t)len) : NULL;
    if (at != NULL)
        BN_bn2bin(n, at);
    BN_free(n);
    return at != NULL;
}

static bool
get_key(struct cert *c, X509 *x)
{
    unsigned char *der = NULL;
    EVP_PKEY *pkey = X509_get0_pubkey(x);
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

    if (len > 0)
        buf_put(&c->spki, span_of(der, (size_t)len));
    OPENSSL_free(der);
    if (len <= 0 || c->spki.err != ERR_OK)
        return false;
    /* A key of a kind we do not know is still a certificate. */
    if (pkey == NULL || EVP_PKEY_is_a(pkey, "RSA") != 1)
        return true;
    return put_bn(pkey, OSSL_PKEY_PARAM_RSA_N, &c->n) &&
           put_bn(pkey, OSSL_PKEY_PARAM_RSA_E, &c->e);
}

static void
put_alt_name(struct cert *c, const GENERAL_NAME *g)
{
    const ASN1_STRING *s = g->type == GEN_DNS ? g->d.dNSName : g->d.iPAddress;
    const uint8_t *bytes = ASN1_STRING_get0_data(s);
    size_t len = (size_t)ASN1_STRING_length(s);
    char text[INET6_ADDRSTRLEN] = "";

    if (g->type == GEN_DNS)
        buf_put(&c->names, span_of(bytes, len));
    else if (len == 4 || len == 16)
        buf_put_str(&c->names,
                    inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, text, sizeof(text)));
    else
        return;
    c->name_end[c->name_count++] = c->names.len;
}

static bool
get_alt_names(struct cert *c, const X509 *x)
{
    int critical = 0;
    GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);

    if (all == NULL)
        return critical == -1; /* absent; anything else is damage */
    for (int i = 0; i < sk_GENERAL_NAME_num(all) && c->name_count < CERT_NAMES_MAX; i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);

        if (g->type == GEN_DNS || g->type == GEN_IPADD)
            put_alt_name(c, g);
    }
    GENERAL_NAMES_free(all);
    return c->names.err == ERR_OK;
}

X509 *
x509_parse(struct span der)
{
    const unsigned char *p = der.ptr;
    X509 *x = der.len == 0 || der.len > CERT_MAX ? NULL : d2i_X509(NULL, &p, (long)der.len);

    crypto_hush();
    if (x != NULL && p != der.ptr + der.len) {
        X509_free(x);
        x = NULL;
    }
    return x;
}

static enum err
cert_fill(struct cert *c, X509 *x, struct span der)
{
    enum err e;

    buf_put(&c->der, der);
    if (c->der.err != ERR_OK)
        return c->der.err;
    e = digest_sha1(der, c->sha1);
    if (e == ERR_OK)
        e = digest_sha256(der, c->sha256);
    if (e != ERR_OK)
        return e;
    c->subject = name_text(X509_get_subject_name(x));
    c->issuer = name_text(X509_get_issuer_name(x));
    c->serial = serial_text(x);
    if (c->subject == NULL || c->issuer == NULL || c->serial == NULL ||
        !get_time(X509_get0_notBefore(x), &c->not_before) ||
        !get_time(X509_get0_notAfter(x), &c->not_after) || !get_key(c, x) ||
        !get_alt_names(c, x)) {
        crypto_hush();
        return ERR_FORMAT;
    }
    return cert_read_more(c, x);
}

enum err
cert_new(struct span der, struct cert **out)
{
    struct cert *c;
    X509 *x;
    enum err e;

    *out = NULL;
    if (der.len > CERT_MAX)
        return ERR_TOO_LARGE;
    x = x509_parse(der);
    if (x == NULL)
        return ERR_FORMAT;
    c = calloc(1, sizeof(*c));
    if (c == NULL) {
        X509_free(x);
        return ERR_NOMEM;
    }
    buf_init(&c->der, CERT_MAX);
    buf_init(&c->spki, CERT_MAX);
    buf_init(&c->n, RSA_BYTES_MAX);
    buf_init(&c->e, RSA_BYTES_MAX);
    buf_init(&c->names, CERT_MAX);
    buf_init(&c->facts.more, 4 * CERT_MAX);
    e = cert_fill(c, x, der);
    X509_free(x);
    if (e != ERR_OK) {
        cert_free(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

void
cert_free(struct cert *c)
{
    if (c == NULL)
        return;
    buf_release(&c->der);
    buf_release(&c->spki);
    buf_release(&c->n);
    buf_release(&c->e);
    buf_release(&c->names);
    buf_release(&c->facts.more);
    key_free(c->key);
    free(c->subject);
    free(c->issuer);
    free(c->serial);
    free(c);
}

struct span
cert_der(const struct cert *c)
{
    return buf_span(&c->der);
}

struct span
cert_spki(const struct cert *c)
{
    return buf_span(&c->spki);
}

const uint8_t *
cert_sha1(const struct cert *c)
{
    return c->sha1;
}

const uint8_t *
cert_sha256(const struct cert *c)
{
    return c->sha256;
}

const char *
cert_subject(const struct cert *c)
{
    return c->subject;
}

const char *
cert_issuer(const struct cert *c)
{
    return c->issuer;
}

const char *
cert_serial(const struct cert *c)
{
    return c->serial;
}

int64_t
cert_not_before(const struct cert *c)
{
    return c->not_before;
}

int64_t
cert_not_after(const struct cert *c)
{
    return c->not_after;
}

bool
cert_rsa(const struct cert *c, struct span *n, struct span *e)
{
    *n = buf_span(&c->n);
    *e = buf_span(&c->e);
    return c->n.len > 0;
}

size_t
cert_name_count(const struct cert *c)
{
    return c->name_count;
}

struct span
cert_name(const struct cert *c, size_t i)
{
    size_t begin = i == 0 ? 0 : c->name_end[i - 1];

    bug_on(i >= c->name_count);
    return span_of(c->names.ptr + begin, c->name_end[i] - begin);
}

static bool
set_param(X509_STORE_CTX *ctx, const char *host, int64_t at)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

    X509_VERIFY_PARAM_set_time(param, (time_t)at);
    return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT) == 1 &&
           X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) == 1 &&
           (host == NULL || X509_VERIFY_PARAM_set1_host(param, host, 0) == 1);
}

static enum err
check_chain(X509 *leaf, X509 *ca, const char *host, int64_t at)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    enum err e = ERR_NOMEM;

    if (store == NULL || ctx == NULL || X509_STORE_add_cert(store, ca) != 1 ||
        X509_STORE_CTX_init(ctx, store, leaf, NULL) != 1 || !set_param(ctx, host, at))
        goto out;
    e = ERR_OK;
    if (X509_verify_cert(ctx) != 1) {
        log_debug("x509: the chain is refused: %s",
                  X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
        e = ERR_INTEGRITY;
    }
out:
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    crypto_hush();
    return e;
}

enum err
x509_check_chain(struct span leaf_der, struct span ca_der, const char *host, int64_t at)
{
    X509 *leaf = x509_parse(leaf_der), *ca = x509_parse(ca_der);
    enum err e = ERR_FORMAT;

    if (leaf != NULL && ca != NULL)
        e = check_chain(leaf, ca, host, at);
    X509_free(leaf);
    X509_free(ca);
    return e;
}

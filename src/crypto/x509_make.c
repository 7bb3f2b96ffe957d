/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509_make.c - the certificates we issue. Extensions go through OpenSSL's
 * text form, so every name is checked against a small alphabet before it gets
 * near it: nothing that could end a value and begin another passes.
 */
#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "base/rand.h"
#include "crypto/signkey_int.h"
#include "crypto/x509.h"

enum { HOST_MAX = 253, LABEL_MAX = 63, SERIAL_LEN = 16, CN_MAX = 64 };

static bool
is_host_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_';
}

static bool
is_host_name(struct span s)
{
    if (s.len == 0 || s.len > HOST_MAX)
        return false;
    for (;;) {
        size_t len = span_find(s, '.');

        if (len == 0 || len > LABEL_MAX)
            return false;
        for (size_t i = 0; i < len; i++)
            if (!is_host_char(s.ptr[i]))
                return false;
        if (len == s.len)
            return true;
        s = span_tail(s, len + 1);
        if (s.len == 0)
            return false;
    }
}

static bool
is_dns_name(struct span s)
{
    if (span_has_prefix(s, span_str("*.")))
        s = span_tail(s, 2);
    return is_host_name(s);
}

static bool
is_address(struct span s)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16];

    return span_copy_str(s, text, sizeof(text)) &&
           (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1);
}

/* "a,b" -> "DNS:a,IP:b"; first becomes the first name of all. */
static enum err
alt_names(struct span list, struct buf *out, struct span *first)
{
    size_t count = 0;

    *first = span_head(list, span_find(list, ','));
    for (;;) {
        size_t len = span_find(list, ',');
        struct span name = span_head(list, len);

        if (++count > CERT_NAMES_MAX)
            return ERR_BAD_NAME;
        if (is_address(name))
            buf_put_str(out, count > 1 ? ",IP:" : "IP:");
        else if (is_dns_name(name))
            buf_put_str(out, count > 1 ? ",DNS:" : "DNS:");
        else
            return ERR_BAD_NAME;
        buf_put(out, name);
        if (len == list.len)
            return out->err;
        list = span_tail(list, len + 1);
    }
}

static bool
add_ext(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509_EXTENSION *ext;
    X509V3_CTX ctx;
    bool ok;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return ok;
}

static bool
set_serial(X509 *cert)
{
    uint8_t bytes[SERIAL_LEN];
    ASN1_INTEGER *serial = NULL;
    BIGNUM *n;
    bool ok;

    rand_fill(bytes, sizeof(bytes));
    bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40); /* positive, always 16 octets */
    n = BN_bin2bn(bytes, sizeof(bytes), NULL);
    serial = n == NULL ? NULL : BN_to_ASN1_INTEGER(n, NULL);
    ok = serial != NULL && X509_set_serialNumber(cert, serial) == 1;
    ASN1_INTEGER_free(serial);
    BN_free(n);
    return ok;
}

static bool
set_times(X509 *cert, int64_t not_before, int64_t not_after)
{
    return ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)not_before) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)not_after) != NULL;
}

static bool
set_name(X509_NAME *name, const char *organisation, const char *common)
{
    if (organisation != NULL &&
        X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8,
                                   (const unsigned char *)organisation, -1, -1, 0) != 1)
        return false;
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)common, -1, -1, 0) == 1;
}

/* Version, serial, times, key and subject; NULL on failure. */
static X509 *
cert_begin(const struct signkey *key, const char *organisation, const char *common,
           int64_t not_before, int64_t not_after)
{
    X509 *cert = X509_new();

    if (cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
        set_times(cert, not_before, not_after) &&
        X509_set_pubkey(cert, signkey_pkey(key)) == 1 &&
        set_name(X509_get_subject_name(cert), organisation, common))
        return cert;
    X509_free(cert);
    return NULL;
}

static enum err
cert_finish(X509 *cert, const struct signkey *signer, struct buf *der)
{
    const EVP_MD *md =
        signkey_kind(signer) == SIGNKEY_ED25519 ? NULL : crypto_algs()->md[DIGEST_SHA256];
    unsigned char *at;
    int len;

    if (!signkey_is_proved(signkey_kind(signer)))
        return ERR_CRYPTO;
    if (X509_sign(cert, signkey_pkey(signer), md) <= 0)
        return crypto_fail("signing a certificate");
    len = i2d_X509(cert, NULL);
    if (len <= 0)
        return crypto_fail("encoding a certificate");
    at = buf_grow(der, (size_t)len);
    if (at != NULL && i2d_X509(cert, &at) != len)
        return crypto_fail("encoding a certificate");
    return der->err;
}

static bool
add_ca_exts(X509 *cert, const char *permitted)
{
    return add_ext(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_ext(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_ext(cert, cert, NID_subject_key_identifier, "hash") &&
           add_ext(cert, cert, NID_authority_key_identifier, "keyid:always") &&
           add_ext(cert, cert, NID_name_constraints, permitted);
}

enum err
x509_make_ca(struct signkey *key, struct span domain, int64_t not_before, int64_t not_after,
             struct buf *der)
{
    char permitted[512], common[CN_MAX + 1];
    uint8_t mark[4];
    X509 *cert;
    enum err e;

    if (!is_host_name(domain))
        return ERR_BAD_NAME;
    if (crypto_algs() == NULL)
        return ERR_CRYPTO;
    /* Two CAs of one domain must not share a name: clients would mix them up. */
    rand_fill(mark, sizeof(mark));
    (void)snprintf(common, sizeof(common), "Keyhold private CA %02x%02x%02x%02x", mark[0],
                   mark[1], mark[2], mark[3]);
    (void)snprintf(permitted, sizeof(permitted),
                   "critical,permitted;DNS:%.*s,permitted;DNS:localhost,"
                   "permitted;IP:127.0.0.0/255.0.0.0,"
                   "permitted;IP:0:0:0:0:0:0:0:1/"
                   "FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF",
                   (int)domain.len, (const char *)domain.ptr);
    cert = cert_begin(key, "Keyhold", common, not_before, not_after);
    if (cert == NULL || X509_set_issuer_name(cert, X509_get_subject_name(cert)) != 1 ||
        !add_ca_exts(cert, permitted))
        e = crypto_fail("making the CA certificate");
    else
        e = cert_finish(cert, key, der);
    X509_free(cert);
    return e;
}

static bool
add_leaf_exts(X509 *cert, X509 *ca, const char *names)
{
    return add_ext(cert, ca, NID_basic_constraints, "critical,CA:FALSE") &&
           add_ext(cert, ca, NID_key_usage, "critical,digitalSignature") &&
           add_ext(cert, ca, NID_ext_key_usage, "serverAuth") &&
           add_ext(cert, ca, NID_subject_key_identifier, "hash") &&
           add_ext(cert, ca, NID_authority_key_identifier, "keyid:always") &&
           add_ext(cert, ca, NID_subject_alt_name, names);
}

enum err
x509_make_leaf(struct signkey *ca_key, struct span ca_der, const struct signkey *key,
               struct span names, int64_t not_before, int64_t not_after, struct buf *der)
{
    const unsigned char *p = ca_der.ptr;
    char common[CN_MAX + 1] = "Keyhold";
    X509 *ca = NULL, *cert = NULL;
    struct span first;
    struct buf alt;
    enum err e;

    buf_init(&alt, CERT_NAMES_MAX * (HOST_MAX + 8));
    e = alt_names(names, &alt, &first);
    if (e != ERR_OK)
        goto out;
    if (first.len <= CN_MAX)
        (void)span_copy_str(first, common, sizeof(common));
    ca = ca_der.len > 0 && ca_der.len <= CERT_MAX ? d2i_X509(NULL, &p, (long)ca_der.len) : NULL;
    crypto_hush();
    e = ERR_FORMAT;
    if (ca == NULL)
        goto out;
    e = ERR_ARG;
    if (crypto_algs() == NULL || X509_check_private_key(ca, signkey_pkey(ca_key)) != 1) {
        crypto_hush();
        goto out;
    }
    cert = cert_begin(key, NULL, common, not_before, not_after);
    if (cert == NULL || X509_set_issuer_name(cert, X509_get_subject_name(ca)) != 1 ||
        !add_leaf_exts(cert, ca, buf_str(&alt)))
        e = crypto_fail("making a certificate");
    else
        e = cert_finish(cert, ca_key, der);
out:
    X509_free(cert);
    X509_free(ca);
    buf_release(&alt);
    return e;
}

enum err
x509_make_self(struct signkey *key, const char *common_name, int64_t not_before,
               int64_t not_after, struct buf *der)
{
    X509 *cert;
    enum err e;

    if (common_name[0] == '\0' || strlen(common_name) > CN_MAX)
        return ERR_BAD_NAME;
    if (crypto_algs() == NULL)
        return ERR_CRYPTO;
    cert = cert_begin(key, NULL, common_name, not_before, not_after);
    if (cert == NULL || X509_set_issuer_name(cert, X509_get_subject_name(cert)) != 1 ||
        !add_ext(cert, cert, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_ext(cert, cert, NID_key_usage, "critical,digitalSignature") ||
        !add_ext(cert, cert, NID_subject_key_identifier, "hash"))
        e = crypto_fail("making a certificate");
    else
        e = cert_finish(cert, key, der);
    X509_free(cert);
    return e;
}

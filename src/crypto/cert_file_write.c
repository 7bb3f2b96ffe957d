/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_file_write.c - the value of a certificate's secret. It is as good as the
 * private key itself, whatever its form: the password is empty.
 */
#include <openssl/pkcs12.h>

#include "codec/b64.h"
#include "crypto/cert_file.h"
#include "crypto/cert_read_int.h"

enum { LINE_BYTES = 48, PFX_MAX = CERT_CHAIN_BYTES_MAX + 16 * 1024 };

static void
put_block(struct secbuf *text, const char *label, struct span der)
{
    struct sink k = sink_sec(text);

    sink_put_str(k, "-----BEGIN ");
    sink_put_str(k, label);
    sink_put_str(k, "-----\n");
    for (; der.len > 0; der = span_tail(der, LINE_BYTES)) {
        b64_put(k, span_head(der, LINE_BYTES));
        sink_put_byte(k, '\n');
    }
    sink_put_str(k, "-----END ");
    sink_put_str(k, label);
    sink_put_str(k, "-----\n");
}

static enum err
write_pem(const struct key *key, const struct span *chain, size_t count, struct secbuf *text)
{
    struct secbuf der;
    enum err e = ERR_OK;

    if (key != NULL) {
        secbuf_init(&der, KEY_PRIVATE_MAX);
        e = key_put_plain(key, &der);
        if (e == ERR_OK)
            put_block(text, "PRIVATE KEY", secbuf_span(&der));
        secbuf_release(&der);
    }
    for (size_t i = 0; i < count; i++)
        put_block(text, "CERTIFICATE", chain[i]);
    return e == ERR_OK ? text->err : e;
}

/* In order, without the first. NULL when out of memory, or one is none. */
static STACK_OF(X509) * issuers_of(const struct span *chain, size_t count)
{
    STACK_OF(X509) *all = sk_X509_new_null();

    for (size_t i = 1; all != NULL && i < count; i++) {
        X509 *x = x509_parse(chain[i]);

        if (x == NULL || sk_X509_push(all, x) == 0) {
            X509_free(x);
            sk_X509_pop_free(all, X509_free);
            all = NULL;
        }
    }
    return all;
}

static enum err
put_pfx(const PKCS12 *p12, struct secbuf *text)
{
    int len = i2d_PKCS12(p12, NULL);
    uint8_t *at = NULL;
    struct secbuf der;
    enum err e = ERR_CRYPTO;

    secbuf_init(&der, PFX_MAX);
    if (len > 0) {
        at = secbuf_grow(&der, (size_t)len);
        e = der.err;
    }
    if (at != NULL && i2d_PKCS12(p12, &at) == len) {
        b64_put(sink_sec(text), secbuf_span(&der));
        e = text->err;
    }
    secbuf_release(&der);
    return e;
}

/* 3DES and SHA-1: what every reader knows, and what it protects is not protected anyway. */
static enum err
write_pfx(const struct key *key, const struct span *chain, size_t count, struct secbuf *text)
{
    const int pbe = NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
    STACK_OF(X509) *issuers = issuers_of(chain, count);
    X509 *leaf = x509_parse(chain[0]);
    PKCS12 *p12 = NULL;
    enum err e = ERR_FORMAT;

    if (leaf == NULL || issuers == NULL)
        goto out;
    p12 = PKCS12_create("", NULL, key == NULL ? NULL : key->pkey, leaf, issuers, pbe, pbe,
                        CERT_PFX_ITERATIONS, -1, 0);
    if (p12 == NULL ||
        PKCS12_set_mac(p12, "", 0, NULL, 0, CERT_PFX_ITERATIONS, EVP_sha1()) != 1)
        e = crypto_fail("writing PKCS#12");
    else
        e = put_pfx(p12, text);
out:
    PKCS12_free(p12);
    X509_free(leaf);
    sk_X509_pop_free(issuers, X509_free);
    crypto_hush();
    return e;
}

/* Every one is a certificate, the first of the key. */
static enum err
check_chain(const struct key *key, const struct span *chain, size_t count)
{
    struct cert *c = NULL;
    enum err e = count == 0 || count > CERT_CHAIN_MAX ? ERR_FORMAT : ERR_OK;

    for (size_t i = 0; i < count && e == ERR_OK; i++) {
        e = cert_new(chain[i], &c);
        if (e == ERR_OK && i == 0 && key != NULL && !cert_is_of_key(c, key_public(key)))
            e = ERR_CERT_MISMATCH;
        cert_free(c);
    }
    return e;
}

enum err
cert_file_write(enum cert_form form, const struct key *key, const struct span *chain,
                size_t count, struct secbuf *text)
{
    size_t begin = text->len;
    enum err e = check_chain(key, chain, count);

    if (e != ERR_OK)
        return e;
    e = form == CERT_FORM_PFX ? write_pfx(key, chain, count, text)
                              : write_pem(key, chain, count, text);
    if (e != ERR_OK)
        secbuf_truncate(text, begin);
    return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* certified.h - certificates made as front and keeper make them, in one process. */
#ifndef TEST_CRYPTO_CERTIFIED_H
#define TEST_CRYPTO_CERTIFIED_H

#include "../shell.h"
#include "crypto/cert_spec.h"
#include "vectors.h"

enum { CERT_T0 = 1800000000, CERT_DAY = 86400 };

static inline struct cert_spec
spec_of(const char *subject)
{
    static const struct span ekus[] = { { (const uint8_t *)"1.3.6.1.5.5.7.3.1", 17 },
                                        { (const uint8_t *)"1.3.6.1.5.5.7.3.2", 17 } };
    struct cert_spec s = { .subject = span_str(subject),
                           .ekus = ekus,
                           .eku_count = 2,
                           .key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT,
                           .path_length = -1,
                           .not_before = CERT_T0 - 600,
                           .not_after = CERT_T0 + 365 * CERT_DAY };

    cert_serial_fill(s.serial);
    return s;
}

static inline struct key *
key_of(enum key_type type, enum key_curve curve, unsigned bits)
{
    struct key_spec spec = { .type = type, .curve = curve, .bits = bits };
    struct key *k = NULL;

    assert_int_equal(key_new(&spec, &k), ERR_OK);
    return k;
}

/* Signs what was composed; the caller releases *der. */
static inline enum err
sign_tbs(struct key *signer, const struct buf *tbs, struct buf *der)
{
    struct key_result result;
    struct cert_digest d;
    struct secbuf sig;
    enum err e = cert_digest(key_public(signer), buf_span(tbs), &d);

    buf_init(der, CERT_TBS_MAX);
    secbuf_init(&sig, 1024);
    if (e == ERR_OK)
        e = key_use(
            signer,
            &(struct key_use){ .op = KEY_SIGN, .alg = d.alg, .bytes = span_of(d.bytes, d.len) },
            &sig, &result);
    if (e == ERR_OK)
        e = cert_assemble(key_public(signer), buf_span(tbs), secbuf_span(&sig), der);
    secbuf_release(&sig);
    return e;
}

/* A certificate of key, signed by signer (its own key: self-signed). */
static inline struct buf
certify(const struct cert_spec *s, const struct key *key, struct key *signer)
{
    struct buf tbs, der;

    buf_init(&tbs, CERT_TBS_MAX);
    assert_int_equal(cert_tbs_put(s, key_public(key), &tbs), ERR_OK);
    assert_int_equal(sign_tbs(signer, &tbs, &der), ERR_OK);
    buf_release(&tbs);
    return der;
}

static inline struct buf
request(const struct cert_spec *s, struct key *key)
{
    struct buf info, der;

    buf_init(&info, CERT_TBS_MAX);
    assert_int_equal(csr_info_put(s, key_public(key), &info), ERR_OK);
    assert_int_equal(sign_tbs(key, &info, &der), ERR_OK);
    buf_release(&info);
    return der;
}

static inline int
certified_setup(void **state)
{
    (void)state;
    return secmem_init(1024 * 1024) == ERR_OK && shell_begin() ? 0 : -1;
}

static inline int
certified_teardown(void **state)
{
    (void)state;
    shell_end();
    secmem_release();
    return 0;
}

#endif /* TEST_CRYPTO_CERTIFIED_H */

/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on their way: BYOK blobs that others made, ours, and what must not open. */
#include "crypto/key.h"
#include "key_samples.h"
#include "key_vectors.h"

static const enum key_transport all[] = { TRANSPORT_CKM_RSA_AES, TRANSPORT_RSA_AES_256,
                                          TRANSPORT_RSA_AES_384 };
static struct key *kek;

static int
setup(void **state)
{
    struct buf der;

    if (secmem_setup(state) != 0)
        return -1;
    der = hex_of(rsa_pkcs8);
    kek = key_of_pkcs8(KEY_RSA, CURVE_NONE, buf_span(&der));
    buf_release(&der);
    return 0;
}

static int
teardown(void **state)
{
    key_free(kek);
    return secmem_teardown(state);
}

static struct buf
wrapped(enum key_transport t, struct span plain)
{
    struct buf b;

    buf_init(&b, 16 * 1024);
    assert_int_equal(key_transport_wrap(t, key_public(kek), plain, &b), ERR_OK);
    return b;
}

static void
assert_opens(enum key_transport t, struct span blob, struct span want)
{
    struct secbuf plain;

    secbuf_init(&plain, KEY_PRIVATE_MAX);
    assert_int_equal(key_transport_unwrap(t, kek, blob, &plain), ERR_OK);
    assert_true(span_is_equal(secbuf_span(&plain), want));
    secbuf_release(&plain);
}

static void
assert_shut(enum key_transport t, struct span blob)
{
    struct secbuf plain;

    secbuf_init(&plain, KEY_PRIVATE_MAX);
    secbuf_put(&plain, span_str("before"));
    assert_int_equal(key_transport_unwrap(t, kek, blob, &plain), ERR_SYNTAX);
    assert_true(span_is_equal(secbuf_span(&plain), span_str("before")));
    secbuf_release(&plain);
}

static void
what_is_wrapped_opens(void **state)
{
    static const uint8_t bytes[KEY_PRIVATE_MAX] = { 1, 2, 3 };
    static const size_t lens[] = { 1, 8, 16, 24, 32, 33, 138, 1218, 2376, KEY_PRIVATE_MAX - 8 };

    (void)state;
    for (size_t t = 0; t < 3; t++)
        for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
            struct buf b = wrapped(all[t], span_of(bytes, lens[i]));

            assert_int_equal(b.len, 256 + (lens[i] + 7) / 8 * 8 + 8);
            assert_opens(all[t], buf_span(&b), span_of(bytes, lens[i]));
            buf_release(&b);
        }
}

static void
two_blobs_of_one_key_are_not_the_same(void **state)
{
    struct buf a = wrapped(all[0], span_str("one and the same key")),
               b = wrapped(all[0], span_str("one and the same key"));

    (void)state;
    assert_false(span_is_equal(span_head(buf_span(&a), 256), span_head(buf_span(&b), 256)));
    assert_false(span_is_equal(span_tail(buf_span(&a), 256), span_tail(buf_span(&b), 256)));
    buf_release(&a);
    buf_release(&b);
}

static void
blobs_that_others_made_open(void **state)
{
    static const uint8_t bytes[32] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                       11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                       22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
    struct buf a = hex_of(ec_transported_sha1), b = hex_of(oct_transported_sha256),
               c = hex_of(oct_transported_sha384), want = hex_of(ec_pkcs8);
    struct key *k = NULL;

    (void)state;
    assert_opens(TRANSPORT_CKM_RSA_AES, buf_span(&a), buf_span(&want));
    assert_opens(TRANSPORT_RSA_AES_256, buf_span(&b), span_of(bytes, 32));
    assert_opens(TRANSPORT_RSA_AES_384, buf_span(&c), span_of(bytes, 16));
    assert_int_equal(key_import_plain(KEY_EC, buf_span(&want), &k), ERR_OK);
    assert_int_equal(key_public(k)->curve, CURVE_P256);
    key_free(k);
    buf_release(&a);
    buf_release(&b);
    buf_release(&c);
    buf_release(&want);
}

static void
the_other_hashes_do_not_open_it(void **state)
{
    (void)state;
    for (size_t made = 0; made < 3; made++) {
        struct buf b = wrapped(all[made], span_str("sixteen byte key"));

        for (size_t t = 0; t < 3; t++)
            if (t != made)
                assert_shut(all[t], buf_span(&b));
        buf_release(&b);
    }
}

static void
an_aes_key_of_another_size_does_not_open(void **state)
{
    struct buf b = hex_of(oct_transported_aes128);

    (void)state;
    assert_shut(TRANSPORT_CKM_RSA_AES, buf_span(&b));
    buf_release(&b);
}

static void
any_changed_or_missing_octet_keeps_it_shut(void **state)
{
    struct buf b = wrapped(TRANSPORT_CKM_RSA_AES, span_str("sixteen byte key"));

    (void)state;
    for (size_t i = 0; i < b.len; i += i < 250 ? 17 : 1) {
        b.ptr[i] ^= 4;
        assert_shut(TRANSPORT_CKM_RSA_AES, buf_span(&b));
        b.ptr[i] ^= 4;
    }
    for (size_t len = 0; len < b.len; len += len < 250 ? 50 : 1)
        assert_shut(TRANSPORT_CKM_RSA_AES, span_of(b.ptr, len));
    buf_put(&b, span_str("eight mo"));
    assert_shut(TRANSPORT_CKM_RSA_AES, buf_span(&b));
    buf_release(&b);
}

static void
a_blob_longer_than_any_key_is_refused(void **state)
{
    static const uint8_t big[256 + KEY_PRIVATE_MAX + 8];

    (void)state;
    assert_shut(TRANSPORT_CKM_RSA_AES, span_of(big, sizeof(big)));
}

static void
only_rsa_opens_and_only_rsa_is_sent_to(void **state)
{
    struct key *ec = key_made(KEY_EC, CURVE_P256, 0), *public = NULL;
    struct key_public p = *key_public(kek);
    struct secbuf plain;
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    secbuf_init(&plain, 4096);
    assert_int_equal(
        key_transport_wrap(TRANSPORT_CKM_RSA_AES, key_public(ec), span_str("key"), &b),
        ERR_ARG);
    assert_int_equal(key_transport_wrap((enum key_transport)3, &p, span_str("key"), &b),
                     ERR_ARG);
    assert_int_equal(key_transport_wrap(TRANSPORT_CKM_RSA_AES, &p, span_str(""), &b), ERR_ARG);
    p.bits = 1024;
    assert_int_equal(key_transport_wrap(TRANSPORT_CKM_RSA_AES, &p, span_str("key"), &b),
                     ERR_ARG);
    p = *key_public(kek);
    p.n.len--;
    assert_int_equal(key_transport_wrap(TRANSPORT_CKM_RSA_AES, &p, span_str("key"), &b),
                     ERR_ARG);
    assert_int_equal(b.len, 0);
    assert_int_equal(
        key_transport_unwrap(TRANSPORT_CKM_RSA_AES, ec, span_of(rsa_n, 400), &plain), ERR_ARG);
    assert_int_equal(key_from_public(key_public(kek), &public), ERR_OK);
    assert_int_equal(
        key_transport_unwrap(TRANSPORT_CKM_RSA_AES, public, span_of(rsa_n, 400), &plain),
        ERR_ARG);
    assert_int_equal(
        key_transport_unwrap((enum key_transport)3, kek, span_of(rsa_n, 400), &plain), ERR_ARG);
    key_free(public);
    key_free(ec);
    secbuf_release(&plain);
    buf_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrapped_opens),
        cmocka_unit_test(two_blobs_of_one_key_are_not_the_same),
        cmocka_unit_test(blobs_that_others_made_open),
        cmocka_unit_test(the_other_hashes_do_not_open_it),
        cmocka_unit_test(an_aes_key_of_another_size_does_not_open),
        cmocka_unit_test(any_changed_or_missing_octet_keeps_it_shut),
        cmocka_unit_test(a_blob_longer_than_any_key_is_refused),
        cmocka_unit_test(only_rsa_opens_and_only_rsa_is_sent_to),
    };

    return cmocka_run_group_tests_name("crypto/key_transport", tests, setup, teardown);
}

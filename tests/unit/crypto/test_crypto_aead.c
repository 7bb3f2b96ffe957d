/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM against NIST and Wycheproof, and against tampering. */
#include "crypto/aead.h"
#include "vectors.h"

/* NIST GCM specification, test case 16. */
#define KEY   "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define NONCE "cafebabefacedbaddecaf888"
#define AAD   "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define PLAIN                                                                                  \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24" \
    "49a6b525b16aedf5aa0de657ba637b39"
#define SEALED                                                                                 \
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10" \
    "56828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"

static void
nist_vector_seals_and_opens(void **state)
{
    struct buf key = hex_of(KEY), nonce = hex_of(NONCE), aad = hex_of(AAD),
               plain = hex_of(PLAIN);
    uint8_t sealed[76], back[60];

    (void)state;
    assert_int_equal(aead_seal(key.ptr, nonce.ptr, buf_span(&aad), buf_span(&plain), sealed),
                     ERR_OK);
    assert_hex(sealed, SEALED);
    assert_int_equal(
        aead_open(key.ptr, nonce.ptr, buf_span(&aad), span_of(sealed, sizeof(sealed)), back),
        ERR_OK);
    assert_memory_equal(back, plain.ptr, sizeof(back));
    buf_release(&key);
    buf_release(&nonce);
    buf_release(&aad);
    buf_release(&plain);
}

static void
any_flipped_bit_is_refused_and_nothing_comes_out(void **state)
{
    static const uint8_t zero[60];
    struct buf key = hex_of(KEY), nonce = hex_of(NONCE), aad = hex_of(AAD),
               sealed = hex_of(SEALED);
    uint8_t back[60];
    struct buf *fields[] = { &key, &nonce, &aad, &sealed };

    (void)state;
    for (size_t f = 0; f < 4; f++)
        for (size_t i = 0; i < fields[f]->len; i++) {
            fields[f]->ptr[i] ^= 0x10;
            memset(back, 0xee, sizeof(back));
            assert_int_equal(
                aead_open(key.ptr, nonce.ptr, buf_span(&aad), buf_span(&sealed), back),
                ERR_INTEGRITY);
            assert_memory_equal(back, zero, sizeof(back));
            fields[f]->ptr[i] ^= 0x10;
        }
    buf_release(&key);
    buf_release(&nonce);
    buf_release(&aad);
    buf_release(&sealed);
}

static void
truncation_is_refused(void **state)
{
    struct buf key = hex_of(KEY), nonce = hex_of(NONCE), aad = hex_of(AAD),
               sealed = hex_of(SEALED);
    uint8_t back[60];

    (void)state;
    for (size_t len = 0; len < sealed.len; len++)
        assert_int_equal(
            aead_open(key.ptr, nonce.ptr, buf_span(&aad), span_of(sealed.ptr, len), back),
            ERR_INTEGRITY);
    buf_release(&key);
    buf_release(&nonce);
    buf_release(&aad);
    buf_release(&sealed);
}

static void
gcm_case(const json_t *group, const json_t *test, bool valid)
{
    struct buf key, nonce, aad, msg, ct, tag;
    uint8_t *out;

    if (json_integer_value(json_object_get(group, "keySize")) != 256 ||
        json_integer_value(json_object_get(group, "ivSize")) != 96)
        return;
    key = hex_member(test, "key");
    nonce = hex_member(test, "iv");
    aad = hex_member(test, "aad");
    msg = hex_member(test, "msg");
    ct = hex_member(test, "ct");
    tag = hex_member(test, "tag");
    buf_put(&ct, buf_span(&tag));
    out = calloc(1, ct.len);
    assert_non_null(out);
    assert_int_equal(aead_open(key.ptr, nonce.ptr, buf_span(&aad), buf_span(&ct), out),
                     valid ? ERR_OK : ERR_INTEGRITY);
    if (valid) {
        assert_true(span_is_equal(span_of(out, msg.len), buf_span(&msg)));
        assert_int_equal(aead_seal(key.ptr, nonce.ptr, buf_span(&aad), buf_span(&msg), out),
                         ERR_OK);
        assert_memory_equal(out, ct.ptr, ct.len);
    }
    free(out);
    buf_release(&key);
    buf_release(&nonce);
    buf_release(&aad);
    buf_release(&msg);
    buf_release(&ct);
    buf_release(&tag);
}

static void
gcm_matches_wycheproof(void **state)
{
    (void)state;
    assert_in_range(wycheproof_walk("aes_gcm_test.json", gcm_case), 300, 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nist_vector_seals_and_opens),
        cmocka_unit_test(any_flipped_bit_is_refused_and_nothing_comes_out),
        cmocka_unit_test(truncation_is_refused),
        cmocka_unit_test(gcm_matches_wycheproof),
    };

    return cmocka_run_group_tests_name("crypto/aead", tests, NULL, NULL);
}

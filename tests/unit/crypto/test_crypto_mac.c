/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, HMAC-SHA256 and HKDF against FIPS, RFC 4231, RFC 5869 and Wycheproof. */
#include "crypto/digest.h"
#include "crypto/hkdf.h"
#include "vectors.h"

static void
digests_match_fips_180(void **state)
{
    uint8_t out[DIGEST_MAX_LEN];

    (void)state;
    assert_int_equal(digest_sha1(span_str("abc"), out), ERR_OK);
    assert_hex(out, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_int_equal(digest_sha256(span_str(""), out), ERR_OK);
    assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(digest_sha384(span_str("abc"), out), ERR_OK);
    assert_hex(out, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                    "8086072ba1e7cc2358baeca134c825a7");
    assert_int_equal(digest_sha512(span_str("abc"), out), ERR_OK);
    assert_hex(out, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

static void
pieces_digest_as_the_whole(void **state)
{
    uint8_t whole[SHA256_LEN], pieces[SHA256_LEN];
    struct digest *d = NULL;

    (void)state;
    assert_int_equal(digest_sha256(span_str("hello world"), whole), ERR_OK);
    assert_int_equal(digest_new(DIGEST_SHA256, &d), ERR_OK);
    for (int again = 0; again < 2; again++) {
        digest_put(d, span_str("hello"));
        digest_put(d, span_str(""));
        digest_put(d, span_str(" world"));
        assert_int_equal(digest_end(d, pieces), ERR_OK);
        assert_memory_equal(whole, pieces, sizeof(whole));
    }
    digest_free(d);
}

static void
hmac_matches_rfc_4231(void **state)
{
    uint8_t key[131], data[50], out[MAC_LEN];

    (void)state;
    memset(key, 0x0b, 20);
    assert_int_equal(hmac_sha256(span_of(key, 20), span_str("Hi There"), out), ERR_OK);
    assert_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    memset(key, 0xaa, sizeof(key));
    memset(data, 0xdd, sizeof(data));
    assert_int_equal(hmac_sha256(span_of(key, 20), span_of(data, sizeof(data)), out), ERR_OK);
    assert_hex(out, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    assert_int_equal(hmac_sha256(span_of(key, sizeof(key)),
                                 span_str("Test Using Larger Than Block-Size Key - "
                                          "Hash Key First"),
                                 out),
                     ERR_OK);
    assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void
prepared_key_and_pieces_give_the_same_mac(void **state)
{
    uint8_t a[MAC_LEN], b[MAC_LEN], c[MAC_LEN];
    struct span parts[] = { span_str("what do ya "), span_str(""),
                            span_str("want for nothing?") };
    struct mac_key *key = NULL;

    (void)state;
    assert_int_equal(hmac_sha256(span_str("Jefe"), span_str("what do ya want for nothing?"), a),
                     ERR_OK);
    assert_int_equal(hmac_sha256_parts(span_str("Jefe"), parts, 3, b), ERR_OK);
    assert_int_equal(mac_key_new(span_str("Jefe"), &key), ERR_OK);
    assert_int_equal(mac_key_make(key, parts, 3, c), ERR_OK);
    assert_memory_equal(a, b, sizeof(a));
    assert_memory_equal(a, c, sizeof(a));
    mac_key_free(key);
}

static void
hmac_case(const json_t *group, const json_t *test, bool valid)
{
    struct buf key = hex_member(test, "key"), msg = hex_member(test, "msg");
    struct buf tag = hex_member(test, "tag");
    uint8_t out[MAC_LEN];

    (void)group;
    assert_int_equal(hmac_sha256(buf_span(&key), buf_span(&msg), out), ERR_OK);
    assert_int_equal(span_is_equal(span_of(out, tag.len), buf_span(&tag)), valid);
    buf_release(&key);
    buf_release(&msg);
    buf_release(&tag);
}

static void
hmac_matches_wycheproof(void **state)
{
    (void)state;
    assert_in_range(wycheproof_walk("hmac_sha256_test.json", hmac_case), 150, 1000);
}

static void
hkdf_case(const json_t *group, const json_t *test, bool valid)
{
    struct buf ikm = hex_member(test, "ikm"), salt = hex_member(test, "salt");
    struct buf info = hex_member(test, "info"), okm = hex_member(test, "okm");
    size_t size = (size_t)json_integer_value(json_object_get(test, "size"));
    uint8_t out[HKDF_MAX + 1];
    enum err e;

    (void)group;
    e = hkdf_sha256(buf_span(&ikm), buf_span(&salt), buf_span(&info), out, size);
    if (valid) {
        assert_int_equal(e, ERR_OK);
        assert_int_equal(size, okm.len);
        assert_memory_equal(out, okm.ptr, okm.len);
    } else
        assert_int_equal(e, ERR_ARG);
    buf_release(&ikm);
    buf_release(&salt);
    buf_release(&info);
    buf_release(&okm);
}

/* Its first tests are those of RFC 5869 appendix A. */
static void
hkdf_matches_wycheproof(void **state)
{
    (void)state;
    assert_in_range(wycheproof_walk("hkdf_sha256_test.json", hkdf_case), 80, 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_match_fips_180),
        cmocka_unit_test(pieces_digest_as_the_whole),
        cmocka_unit_test(hmac_matches_rfc_4231),
        cmocka_unit_test(prepared_key_and_pieces_give_the_same_mac),
        cmocka_unit_test(hmac_matches_wycheproof),
        cmocka_unit_test(hkdf_matches_wycheproof),
    };

    return cmocka_run_group_tests_name("crypto/mac", tests, secmem_setup, secmem_teardown);
}

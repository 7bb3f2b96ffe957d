/* SPDX-License-Identifier: Apache-2.0 */
/* Names on the wire, and which algorithm does what with which key. */
#include "crypto/key_alg.h"
#include "vectors.h"

static void
every_algorithm_is_found_by_its_name(void **state)
{
    (void)state;
    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++) {
        assert_non_null(key_alg_info(a)->name);
        assert_int_equal(key_alg_find(span_str(key_alg_info(a)->name)), a);
        assert_int_not_equal(key_alg_info(a)->ops, 0);
    }
    assert_string_equal(key_alg_info(ALG_CKM_AES_KWP)->name, "CKM_AES_KEY_WRAP_PAD");
    assert_string_equal(key_alg_info(ALG_RSA1_5)->name, "RSA1_5");
}

static void
names_are_spelled_exactly(void **state)
{
    static const char *const wrong[] = { "",         "rs256",    "RS256 ", "RS25", "RS2566",
                                         "ECDSA256", "RSA_OAEP", "none",   "HS1",  "A256gcm" };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(key_alg_find(span_str(wrong[i])), ALG_NONE);
    assert_int_equal(key_type_find(span_str("rsa")), KEY_NONE);
    assert_int_equal(key_type_find(span_str("RSA-HSM")), KEY_NONE);
    assert_int_equal(key_type_find(span_str("OCT")), KEY_NONE);
    assert_int_equal(key_curve_find(span_str("SECP256K1")), CURVE_NONE);
    assert_int_equal(key_curve_find(span_str("p-256")), CURVE_NONE);
    assert_int_equal(key_op_find(span_str("wrapkey")), KEY_OP__MAX);
    assert_int_equal(key_op_find(span_str("")), KEY_OP__MAX);
}

static void
types_curves_and_operations_have_their_names(void **state)
{
    static const size_t bytes[CURVE__MAX] = { 0, 32, 48, 66, 32, 32 };

    (void)state;
    for (enum key_type t = KEY_NONE + 1; t < KEY_TYPE__MAX; t++)
        assert_int_equal(key_type_find(span_str(key_type_name(t))), t);
    for (enum key_curve c = CURVE_NONE + 1; c < CURVE__MAX; c++) {
        assert_int_equal(key_curve_find(span_str(key_curve_name(c))), c);
        assert_int_equal(key_curve_bytes(c), bytes[c]);
    }
    for (enum key_op op = 0; op < KEY_OP__MAX; op++)
        assert_int_equal(key_op_find(span_str(key_op_name(op))), op);
    assert_string_equal(key_op_name(KEY_UNWRAP), "unwrapKey");
}

static void
digests_have_the_length_of_their_hash(void **state)
{
    (void)state;
    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++)
        if (key_alg_info(a)->digest_len != 0)
            assert_int_equal(key_alg_info(a)->digest_len, digest_len(key_alg_info(a)->digest));
    assert_int_equal(key_alg_info(ALG_ES512)->digest_len, 64);
    assert_int_equal(key_alg_info(ALG_RSNULL)->digest_len, 0);
}

static void
an_algorithm_fits_its_type_curve_size_and_operations_only(void **state)
{
    static const struct {
        enum key_alg alg;
        enum key_op op;
        enum key_type type;
        enum key_curve curve;
        unsigned bits;
        bool fits;
    } rows[] = {
        { ALG_RS256, KEY_SIGN, KEY_RSA, CURVE_NONE, 3072, true },
        { ALG_RS256, KEY_ENCRYPT, KEY_RSA, CURVE_NONE, 3072, false },
        { ALG_RS256, KEY_SIGN, KEY_EC, CURVE_P256, 256, false },
        { ALG_RSA_OAEP, KEY_UNWRAP, KEY_RSA, CURVE_NONE, 2048, true },
        { ALG_RSA_OAEP, KEY_VERIFY, KEY_RSA, CURVE_NONE, 2048, false },
        { ALG_RSA_OAEP, KEY_IMPORT, KEY_RSA, CURVE_NONE, 2048, false },
        { ALG_ES256, KEY_VERIFY, KEY_EC, CURVE_P256, 256, true },
        { ALG_ES256, KEY_VERIFY, KEY_EC, CURVE_P256K, 256, false },
        { ALG_ES256K, KEY_SIGN, KEY_EC, CURVE_P256K, 256, true },
        { ALG_ES512, KEY_SIGN, KEY_EC, CURVE_P521, 521, true },
        { ALG_EDDSA, KEY_SIGN, KEY_OKP, CURVE_ED25519, 256, true },
        { ALG_EDDSA, KEY_SIGN, KEY_EC, CURVE_P256, 256, false },
        { ALG_A128GCM, KEY_ENCRYPT, KEY_OCT, CURVE_NONE, 128, true },
        { ALG_A128GCM, KEY_ENCRYPT, KEY_OCT, CURVE_NONE, 256, false },
        { ALG_A128GCM, KEY_WRAP, KEY_OCT, CURVE_NONE, 128, false },
        { ALG_A256KW, KEY_UNWRAP, KEY_OCT, CURVE_NONE, 256, true },
        { ALG_A256KW, KEY_DECRYPT, KEY_OCT, CURVE_NONE, 256, false },
        { ALG_CKM_AES_KW, KEY_WRAP, KEY_OCT, CURVE_NONE, 192, true },
        { ALG_CKM_AES_KW, KEY_WRAP, KEY_OCT, CURVE_NONE, 512, false },
        { ALG_CKM_AES_KWP, KEY_WRAP, KEY_OCT, CURVE_NONE, 64, false },
        { ALG_HS512, KEY_SIGN, KEY_OCT, CURVE_NONE, 72, true },
        { ALG_HS512, KEY_ENCRYPT, KEY_OCT, CURVE_NONE, 256, false },
        { ALG_NONE, KEY_SIGN, KEY_RSA, CURVE_NONE, 2048, false },
        { KEY_ALG__MAX, KEY_SIGN, KEY_RSA, CURVE_NONE, 2048, false },
        { ALG_RS256, KEY_OP__MAX, KEY_RSA, CURVE_NONE, 2048, false },
        { ALG_RS256, (enum key_op)70, KEY_RSA, CURVE_NONE, 2048, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (key_alg_fits(rows[i].alg, rows[i].op, rows[i].type, rows[i].curve, rows[i].bits) !=
            rows[i].fits)
            fail_msg("row %zu", i);
}

static void
each_type_does_what_its_algorithms_do(void **state)
{
    unsigned all[KEY_TYPE__MAX] = { 0 };

    (void)state;
    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++)
        all[key_alg_info(a)->type] |= key_alg_info(a)->ops;
    for (enum key_type t = KEY_NONE; t < KEY_TYPE__MAX; t++)
        assert_int_equal(key_type_ops(t), all[t]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_is_found_by_its_name),
        cmocka_unit_test(names_are_spelled_exactly),
        cmocka_unit_test(types_curves_and_operations_have_their_names),
        cmocka_unit_test(digests_have_the_length_of_their_hash),
        cmocka_unit_test(an_algorithm_fits_its_type_curve_size_and_operations_only),
        cmocka_unit_test(each_type_does_what_its_algorithms_do),
    };

    return cmocka_run_group_tests_name("crypto/key_alg", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every algorithm there and back, and every parameter wrong. */
#include "key_pairs.h"

static void
every_algorithm_comes_back(void **state)
{
    (void)state;
    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++) {
        struct pair p = pair_made(a);
        struct span value;

        assert_int_equal(undo(&p, &value), ERR_OK);
        if (p.back == KEY_VERIFY)
            assert_int_equal(value.len, 0);
        else
            assert_true(span_is_equal(value, buf_span(&p.bytes)));
        pair_release(&p);
    }
}

static void
results_have_their_lengths(void **state)
{
    static const struct {
        enum key_alg alg;
        size_t len;
    } rows[] = { { ALG_ES256, 64 },      { ALG_ES384, 96 },   { ALG_ES512, 132 },
                 { ALG_ES256K, 64 },     { ALG_EDDSA, 64 },   { ALG_RS512, 256 },
                 { ALG_PS256, 256 },     { ALG_RSNULL, 256 }, { ALG_RSA1_5, 256 },
                 { ALG_RSA_OAEP, 256 },  { ALG_HS256, 32 },   { ALG_HS384, 48 },
                 { ALG_HS512, 64 },      { ALG_A192GCM, 48 }, { ALG_A256CBC, 48 },
                 { ALG_A256CBCPAD, 64 }, { ALG_A128KW, 56 },  { ALG_CKM_AES_KW, 56 },
                 { ALG_CKM_AES_KWP, 56 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pair p = pair_made(rows[i].alg);

        assert_int_equal(p.made.len, rows[i].len);
        assert_int_equal(p.tag.len, key_alg_info(p.alg)->scheme == SCHEME_GCM ? 16 : 0);
        pair_release(&p);
    }
}

/* Many signatures: r and s with leading zeros come by, and are as long as the others. */
static void
ecdsa_signatures_always_verify(void **state)
{
    static const enum key_alg algs[] = { ALG_ES256, ALG_ES512, ALG_ES256K };

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (unsigned n = 0; n < 600; n++) {
            struct pair p = pair_made(algs[i]);
            struct span value;

            assert_int_equal(p.made.len, 2 * key_curve_bytes(key_alg_info(algs[i])->curve));
            assert_int_equal(undo(&p, &value), ERR_OK);
            pair_release(&p);
            if (i > 0 && n == 40)
                break; /* slow curves */
        }
}

static void
digests_of_a_wrong_length_are_refused(void **state)
{
    static const uint8_t long_text[256];
    static const size_t lens[] = { 0, 1, 20, 31, 33, 47, 49, 63, 65, 246, 256 };

    (void)state;
    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++) {
        struct pair p;

        if (key_alg_info(a)->digest_len == 0)
            continue;
        p = pair_made(a);
        for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
            struct key_use u = undoing(&p);

            u.bytes = span_of(long_text, lens[i]);
            assert_int_equal(use(keys[a], &u).err, ERR_ARG);
            u.op = KEY_SIGN;
            assert_int_equal(use(keys[a], &u).err, ERR_ARG);
        }
        pair_release(&p);
    }
}

static void
an_operation_that_does_not_fit_is_refused(void **state)
{
    struct key *small = key_made(KEY_OCT, CURVE_NONE, 192);

    (void)state;
    for (enum key_alg a = ALG_NONE; a <= KEY_ALG__MAX; a++)
        for (enum key_op op = 0; op <= KEY_OP__MAX; op++)
            for (enum key_alg owner = ALG_NONE + 1; owner < KEY_ALG__MAX; owner++) {
                const struct key_public *p = key_public(keys[owner]);
                struct key_use u = { .op = op, .alg = a, .bytes = { text, 16 } };

                if (!key_alg_fits(a, op, p->type, p->curve, p->bits))
                    assert_int_equal(use(keys[owner], &u).err, ERR_ARG);
            }
    for (enum key_alg a = ALG_A128GCM; a < ALG_CKM_AES_KW; a++) { /* sizes */
        struct key_use u = { .op = can(a, KEY_WRAP) ? KEY_WRAP : KEY_ENCRYPT,
                             .alg = a,
                             .bytes = { text, 16 },
                             .iv = { some_iv, 16 } };

        assert_int_equal(use(small, &u).err, key_alg_info(a)->bits == 192 ? ERR_OK : ERR_ARG);
    }
    key_free(small);
}

/* What of bytes, iv and tag has which length: one row each. */
static const struct length_row {
    enum key_alg alg;
    enum key_op op;
    size_t bytes, iv, tag;
    enum err err;
} lengths[] = {
    { ALG_RSA1_5, KEY_ENCRYPT, 0, 0, 0, ERR_OK },
    { ALG_RSA1_5, KEY_ENCRYPT, 245, 0, 0, ERR_OK },
    { ALG_RSA1_5, KEY_WRAP, 246, 0, 0, ERR_ARG },
    { ALG_RSA_OAEP, KEY_WRAP, 214, 0, 0, ERR_OK },
    { ALG_RSA_OAEP, KEY_ENCRYPT, 215, 0, 0, ERR_ARG },
    { ALG_RSA_OAEP_256, KEY_ENCRYPT, 190, 0, 0, ERR_OK },
    { ALG_RSA_OAEP_256, KEY_WRAP, 191, 0, 0, ERR_ARG },
    { ALG_RSA1_5, KEY_DECRYPT, 0, 0, 0, ERR_SYNTAX },
    { ALG_RSA1_5, KEY_DECRYPT, 255, 0, 0, ERR_SYNTAX },
    { ALG_RSA1_5, KEY_UNWRAP, 257, 0, 0, ERR_SYNTAX },
    { ALG_RSA_OAEP, KEY_UNWRAP, 255, 0, 0, ERR_SYNTAX },
    { ALG_RSA_OAEP_256, KEY_DECRYPT, 0, 0, 0, ERR_SYNTAX },
    { ALG_RSNULL, KEY_SIGN, 245, 0, 0, ERR_OK },
    { ALG_RSNULL, KEY_SIGN, 246, 0, 0, ERR_ARG },
    { ALG_RSNULL, KEY_SIGN, 0, 0, 0, ERR_ARG },
    { ALG_RSNULL, KEY_VERIFY, 246, 0, 0, ERR_ARG },
    { ALG_EDDSA, KEY_SIGN, 0, 0, 0, ERR_OK },
    { ALG_EDDSA, KEY_SIGN, KEY_INPUT_MAX, 0, 0, ERR_OK },
    { ALG_EDDSA, KEY_SIGN, KEY_INPUT_MAX + 1, 0, 0, ERR_ARG },
    { ALG_HS256, KEY_SIGN, 0, 0, 0, ERR_OK },
    { ALG_HS256, KEY_SIGN, KEY_INPUT_MAX + 1, 0, 0, ERR_ARG },
    { ALG_A128GCM, KEY_ENCRYPT, 0, 0, 0, ERR_OK },
    { ALG_A128GCM, KEY_ENCRYPT, KEY_INPUT_MAX, 0, 0, ERR_OK },
    { ALG_A128GCM, KEY_ENCRYPT, KEY_INPUT_MAX + 1, 0, 0, ERR_ARG },
    { ALG_A128GCM, KEY_DECRYPT, 16, 12, 16, ERR_SYNTAX },
    { ALG_A128GCM, KEY_DECRYPT, 16, 11, 16, ERR_ARG },
    { ALG_A128GCM, KEY_DECRYPT, 16, 13, 16, ERR_ARG },
    { ALG_A128GCM, KEY_DECRYPT, 16, 0, 16, ERR_ARG },
    { ALG_A128GCM, KEY_DECRYPT, 16, 12, 15, ERR_ARG },
    { ALG_A128GCM, KEY_DECRYPT, 16, 12, 4, ERR_ARG },
    { ALG_A128GCM, KEY_DECRYPT, 16, 12, 0, ERR_ARG },
    { ALG_A128GCM, KEY_DECRYPT, 16, 12, 17, ERR_ARG },
    { ALG_A256CBC, KEY_ENCRYPT, 16, 16, 0, ERR_OK },
    { ALG_A256CBC, KEY_ENCRYPT, 15, 16, 0, ERR_ARG },
    { ALG_A256CBC, KEY_ENCRYPT, 17, 16, 0, ERR_ARG },
    { ALG_A256CBC, KEY_ENCRYPT, 0, 16, 0, ERR_ARG },
    { ALG_A256CBC, KEY_ENCRYPT, 16, 0, 0, ERR_ARG },
    { ALG_A256CBC, KEY_ENCRYPT, 16, 12, 0, ERR_ARG },
    { ALG_A256CBC, KEY_DECRYPT, 32, 16, 0, ERR_OK },
    { ALG_A256CBC, KEY_DECRYPT, 24, 16, 0, ERR_ARG },
    { ALG_A256CBC, KEY_DECRYPT, 32, 17, 0, ERR_ARG },
    { ALG_A256CBCPAD, KEY_ENCRYPT, 0, 16, 0, ERR_OK },
    { ALG_A256CBCPAD, KEY_ENCRYPT, 17, 15, 0, ERR_ARG },
    { ALG_A256CBCPAD, KEY_DECRYPT, 0, 16, 0, ERR_ARG },
    { ALG_A256CBCPAD, KEY_DECRYPT, 15, 16, 0, ERR_ARG },
    { ALG_A256CBCPAD, KEY_DECRYPT, 16, 0, 0, ERR_ARG },
    { ALG_A256KW, KEY_WRAP, 16, 0, 0, ERR_OK },
    { ALG_A256KW, KEY_WRAP, 0, 0, 0, ERR_ARG },
    { ALG_A256KW, KEY_WRAP, 8, 0, 0, ERR_ARG },
    { ALG_A256KW, KEY_WRAP, 17, 0, 0, ERR_ARG },
    { ALG_A256KW, KEY_UNWRAP, 24, 0, 0, ERR_SYNTAX },
    { ALG_A256KW, KEY_UNWRAP, 16, 0, 0, ERR_ARG },
    { ALG_A256KW, KEY_UNWRAP, 25, 0, 0, ERR_ARG },
    { ALG_CKM_AES_KWP, KEY_WRAP, 1, 0, 0, ERR_OK },
    { ALG_CKM_AES_KWP, KEY_WRAP, 17, 0, 0, ERR_OK },
    { ALG_CKM_AES_KWP, KEY_WRAP, 0, 0, 0, ERR_ARG },
    { ALG_CKM_AES_KWP, KEY_UNWRAP, 16, 0, 0, ERR_SYNTAX },
    { ALG_CKM_AES_KWP, KEY_UNWRAP, 24, 0, 0, ERR_SYNTAX },
    { ALG_CKM_AES_KWP, KEY_UNWRAP, 8, 0, 0, ERR_ARG },
    { ALG_CKM_AES_KWP, KEY_UNWRAP, 20, 0, 0, ERR_ARG },
};

static void
lengths_out_of_bounds_are_refused(void **state)
{
    static uint8_t bytes[KEY_INPUT_MAX + 1] = { 1, 2, 3 };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        const struct length_row *r = &lengths[i];
        struct key_use u = { .op = r->op,
                             .alg = r->alg,
                             .bytes = { bytes, r->bytes },
                             .iv = { bytes, r->iv },
                             .tag = { bytes, r->tag } };
        enum err e = use(keys[r->alg], &u).err;

        if (e != r->err)
            fail_msg("row %zu, %s of %zu: %s", i, key_alg_info(r->alg)->name, r->bytes,
                     err_name(e));
    }
}

static void
gcm_never_takes_the_same_iv_twice(void **state)
{
    struct pair a = pair_made(ALG_A256GCM), b = pair_made(ALG_A256GCM);

    (void)state;
    assert_false(span_is_equal(buf_span(&a.iv), buf_span(&b.iv)));
    assert_false(span_is_equal(buf_span(&a.made), buf_span(&b.made)));
    pair_release(&a);
    pair_release(&b);
}

static void
gcm_makes_its_own_iv_whatever_is_given(void **state)
{
    struct key_use u = { .op = KEY_ENCRYPT,
                         .alg = ALG_A256GCM,
                         .bytes = { text, 5 },
                         .iv = { some_iv, GCM_IV_BYTES } };
    struct used got = use(keys[ALG_A256GCM], &u);

    (void)state;
    assert_int_equal(got.err, ERR_OK);
    assert_true(got.result.has_iv_tag);
    assert_false(
        span_is_equal(span_of(got.result.iv, GCM_IV_BYTES), span_of(some_iv, GCM_IV_BYTES)));
}

static void
cbc_padding_comes_off_at_every_length(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 48; len++) {
        struct key_use u = { .op = KEY_ENCRYPT,
                             .alg = ALG_A192CBCPAD,
                             .bytes = { text, len },
                             .iv = { some_iv, sizeof(some_iv) } };
        struct used got = use(keys[ALG_A192CBCPAD], &u);
        struct buf made = copied(got.value);

        assert_int_equal(made.len, len / 16 * 16 + 16);
        u.op = KEY_DECRYPT;
        u.bytes = buf_span(&made);
        got = use(keys[ALG_A192CBCPAD], &u);
        assert_int_equal(got.err, ERR_OK);
        assert_true(span_is_equal(got.value, span_of(text, len)));
        buf_release(&made);
    }
}

static void
kwp_takes_every_length(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 40; len++) {
        struct key_use u = { .op = KEY_WRAP, .alg = ALG_CKM_AES_KWP, .bytes = { text, len } };
        struct used got = use(keys[ALG_CKM_AES_KWP], &u);
        struct buf made = copied(got.value);

        assert_int_equal(made.len, (len + 7) / 8 * 8 + 8);
        u.op = KEY_UNWRAP;
        u.bytes = buf_span(&made);
        got = use(keys[ALG_CKM_AES_KWP], &u);
        assert_int_equal(got.err, ERR_OK);
        assert_true(span_is_equal(got.value, span_of(text, len)));
        buf_release(&made);
    }
}

static void
values_are_appended_and_a_failure_leaves_what_was_there(void **state)
{
    struct key_result result;
    struct secbuf value;
    struct key_use u = { .op = KEY_SIGN, .alg = ALG_HS256, .bytes = { text, 3 } };

    (void)state;
    secbuf_init(&value, 1024);
    secbuf_put(&value, span_str("before"));
    assert_int_equal(key_use(keys[ALG_HS256], &u, &value, &result), ERR_OK);
    assert_int_equal(value.len, 6 + 32);
    u = (struct key_use){ .op = KEY_DECRYPT, .alg = ALG_RSA1_5, .bytes = { text, 64 } };
    assert_int_equal(key_use(rsa, &u, &value, &result), ERR_SYNTAX);
    assert_int_equal(value.len, 6 + 32);
    assert_true(span_has_prefix(secbuf_span(&value), span_str("before")));
    secbuf_release(&value);
}

static void
too_small_a_room_is_an_error(void **state)
{
    (void)state;
    for (enum key_alg a = ALG_NONE + 1; a < KEY_ALG__MAX; a++) {
        struct pair p = pair_made(a);
        struct key_use u = {
            .op = p.there, .alg = a, .bytes = buf_span(&p.bytes), .iv = buf_span(&p.iv)
        };
        struct key_result result;
        struct secbuf value;

        secbuf_init(&value, 8);
        assert_int_equal(key_use(keys[a], &u, &value, &result), ERR_TOO_LARGE);
        assert_int_equal(value.len, 0);
        secbuf_release(&value);
        pair_release(&p);
    }
}

/* RFC 8032 7.1, test 2. */
static void
ed25519_signs_as_the_rfc_says(void **state)
{
    struct buf d = hex_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
               x = hex_of("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
               sig = hex_of("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    struct key_parts parts = {
        .type = KEY_OKP, .curve = CURVE_ED25519, .x = buf_span(&x), .d = buf_span(&d)
    };
    struct key_use u = { .op = KEY_SIGN,
                         .alg = ALG_EDDSA,
                         .bytes = { (uint8_t[]){ 0x72 }, 1 } };
    struct key *k = NULL;

    (void)state;
    assert_int_equal(key_import(&parts, &k), ERR_OK);
    for (int again = 0; again < 3; again++) {
        struct used got = use(k, &u);

        assert_int_equal(got.err, ERR_OK);
        assert_true(span_is_equal(got.value, buf_span(&sig)));
    }
    key_free(k);
    buf_release(&d);
    buf_release(&x);
    buf_release(&sig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_comes_back),
        cmocka_unit_test(results_have_their_lengths),
        cmocka_unit_test(ecdsa_signatures_always_verify),
        cmocka_unit_test(digests_of_a_wrong_length_are_refused),
        cmocka_unit_test(an_operation_that_does_not_fit_is_refused),
        cmocka_unit_test(lengths_out_of_bounds_are_refused),
        cmocka_unit_test(gcm_never_takes_the_same_iv_twice),
        cmocka_unit_test(gcm_makes_its_own_iv_whatever_is_given),
        cmocka_unit_test(cbc_padding_comes_off_at_every_length),
        cmocka_unit_test(kwp_takes_every_length),
        cmocka_unit_test(values_are_appended_and_a_failure_leaves_what_was_there),
        cmocka_unit_test(too_small_a_room_is_an_error),
        cmocka_unit_test(ed25519_signs_as_the_rfc_says),
    };

    return cmocka_run_group_tests_name("crypto/key_use", tests, pairs_setup, pairs_teardown);
}

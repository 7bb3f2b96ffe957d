/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign private keys: what fits together is taken in, everything else is not. */
#include "crypto/key.h"
#include "key_samples.h"
#include "key_vectors.h"

/* Parts as the tests change them: each in a buffer of its own. */
enum { N, E, D, P, Q, DP, DQ, QI, X, Y, K, PARTS };

struct draft {
    struct key_parts parts;
    struct buf bytes[PARTS];
};

static void
draft_release(struct draft *d)
{
    for (size_t i = 0; i < PARTS; i++)
        buf_release(&d->bytes[i]);
}

static void
draft_set(struct draft *d, int part, const char *hex)
{
    buf_release(&d->bytes[part]);
    d->bytes[part] = hex_of(hex);
}

static enum err
draft_import(struct draft *d, struct key **out)
{
    struct span *const to[PARTS] = {
        &d->parts.n,  &d->parts.e,  &d->parts.d, &d->parts.p, &d->parts.q, &d->parts.dp,
        &d->parts.dq, &d->parts.qi, &d->parts.x, &d->parts.y, &d->parts.k,
    };

    for (size_t i = 0; i < PARTS; i++)
        *to[i] = buf_span(&d->bytes[i]);
    return key_import(&d->parts, out);
}

static void
assert_import(struct draft *d, enum err want)
{
    struct key *k = NULL;

    assert_int_equal(draft_import(d, &k), want);
    assert_int_equal(k == NULL, want != ERR_OK);
    key_free(k);
}

static struct draft
rsa_draft(const char *const hex[static 8])
{
    struct draft d = { .parts = { .type = KEY_RSA } };

    for (int i = 0; i < 8; i++)
        d.bytes[i] = hex_of(hex[i]);
    for (int i = 8; i < PARTS; i++)
        buf_init(&d.bytes[i], HEX_MAX);
    return d;
}

static struct draft
good_rsa(void)
{
    const char *const hex[8] = { rsa_n, rsa_e, rsa_d, rsa_p, rsa_q, rsa_dp, rsa_dq, rsa_qi };

    return rsa_draft(hex);
}

static const struct ec_row {
    enum key_curve curve;
    enum key_alg alg;
    const char *x, *y, *d, *order, *d_plus_order;
} ecs[] = {
    { CURVE_P256, ALG_ES256, p256_x, p256_y, p256_d, p256_order, p256_d_plus_order },
    { CURVE_P384, ALG_ES384, p384_x, p384_y, p384_d, p384_order, p384_d_plus_order },
    { CURVE_P521, ALG_ES512, p521_x, p521_y, p521_d, p521_order, p521_d_plus_order },
    { CURVE_P256K, ALG_ES256K, p256k_x, p256k_y, p256k_d, p256k_order, p256k_d_plus_order },
};
enum { ECS = sizeof(ecs) / sizeof(ecs[0]) };

static struct draft
good_ec(const struct ec_row *row)
{
    struct draft d = { .parts = { .type = KEY_EC, .curve = row->curve } };

    for (int i = 0; i < PARTS; i++)
        buf_init(&d.bytes[i], HEX_MAX);
    draft_set(&d, X, row->x);
    draft_set(&d, Y, row->y);
    draft_set(&d, D, row->d);
    return d;
}

static void
with_leading_zeros(struct buf *b, size_t zeros)
{
    struct buf longer;

    buf_init(&longer, HEX_MAX);
    for (size_t i = 0; i < zeros; i++)
        buf_put_byte(&longer, 0);
    buf_put(&longer, buf_span(b));
    buf_release(b);
    *b = longer;
}

static void
rsa_comes_in_from_its_parts(void **state)
{
    struct draft d = good_rsa();
    struct buf n = hex_of(rsa_n), pkcs8 = hex_of(rsa_pkcs8);
    struct key *k = NULL;
    struct secbuf plain;

    (void)state;
    assert_int_equal(draft_import(&d, &k), ERR_OK);
    assert_int_equal(key_public(k)->bits, 2048);
    assert_true(span_is_equal(key_public(k)->n, buf_span(&n)));
    secbuf_init(&plain, KEY_PRIVATE_MAX);
    assert_int_equal(key_put_plain(k, &plain), ERR_OK);
    assert_true(span_is_equal(secbuf_span(&plain), buf_span(&pkcs8)));
    secbuf_release(&plain);
    key_free(k);
    buf_release(&n);
    buf_release(&pkcs8);
    draft_release(&d);
}

static void
leading_zeros_are_taken_off(void **state)
{
    struct draft d = good_rsa();
    struct buf n = hex_of(rsa_n);
    struct key *k = NULL;

    (void)state;
    for (size_t i = N; i <= QI; i++)
        with_leading_zeros(&d.bytes[i], 1 + i);
    assert_int_equal(draft_import(&d, &k), ERR_OK);
    assert_true(span_is_equal(key_public(k)->n, buf_span(&n)));
    assert_int_equal(key_public(k)->e.len, 3);
    key_free(k);
    draft_release(&d);
    buf_release(&n);
    for (size_t i = 0; i < ECS; i++) {
        d = good_ec(&ecs[i]);
        with_leading_zeros(&d.bytes[X], 3);
        with_leading_zeros(&d.bytes[Y], 1);
        with_leading_zeros(&d.bytes[D], 9);
        assert_int_equal(draft_import(&d, &k), ERR_OK);
        assert_int_equal(key_public(k)->x.len, key_curve_bytes(ecs[i].curve));
        key_free(k);
        draft_release(&d);
    }
}

static void
private_exponent_may_be_of_either_modulus(void **state)
{
    struct draft d = good_rsa();

    (void)state;
    draft_set(&d, D, rsa_d_lcm);
    assert_import(&d, ERR_OK);
    draft_set(&d, D, rsa_d_phi);
    assert_import(&d, ERR_OK);
    draft_release(&d);
}

static void
a_member_missing_is_refused(void **state)
{
    struct draft d;

    (void)state;
    for (int i = N; i <= QI; i++) {
        d = good_rsa();
        d.bytes[i].len = 0;
        assert_import(&d, ERR_ARG);
        draft_set(&d, i, "0000");
        assert_import(&d, ERR_ARG);
        draft_release(&d);
    }
    for (int i = 0; i < 3; i++) {
        static const int ec_parts[] = { X, Y, D };

        d = good_ec(&ecs[0]);
        d.bytes[ec_parts[i]].len = 0;
        assert_import(&d, ERR_ARG);
        draft_release(&d);
    }
}

static void
a_changed_number_is_refused(void **state)
{
    struct draft d = good_rsa();

    (void)state;
    for (int i = N; i <= QI; i++)
        for (int bit = 1; bit < 8; bit += 3) { /* low ones: the length stays */
            uint8_t *last = &d.bytes[i].ptr[d.bytes[i].len - 1];

            *last ^= (uint8_t)(1 << bit);
            assert_import(&d, ERR_SYNTAX);
            *last ^= (uint8_t)(1 << bit);
        }
    assert_import(&d, ERR_OK);
    draft_release(&d);
}

static void
primes_swapped_are_refused(void **state)
{
    const char *const hex[8] = { rsa_n, rsa_e, rsa_d, rsa_q, rsa_p, rsa_dq, rsa_dp, rsa_qi };
    struct draft d = rsa_draft(hex); /* qi is that of the other order */

    (void)state;
    assert_import(&d, ERR_SYNTAX);
    draft_release(&d);
}

static void
a_prime_that_is_none_is_refused(void **state)
{
    const char *const hex[8] = { composite_n, rsa_e,        composite_d,  composite_p,
                                 composite_q, composite_dp, composite_dq, composite_qi };
    struct draft d = rsa_draft(hex);

    (void)state;
    assert_import(&d, ERR_SYNTAX);
    draft_release(&d);
}

static void
primes_of_different_lengths_are_refused(void **state)
{
    const char *const hex[8] = { uneven_n, rsa_e,     uneven_d,  uneven_p,
                                 uneven_q, uneven_dp, uneven_dq, uneven_qi };
    struct draft d = rsa_draft(hex);

    (void)state;
    assert_import(&d, ERR_ARG);
    draft_release(&d);
}

static void
public_exponents_out_of_bounds_are_refused(void **state)
{
    static const char *const bad[] = { "01", "02", "010000", "0100000001", "ffffffffffffffff" };
    struct draft d = good_rsa();

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        draft_set(&d, E, bad[i]);
        assert_import(&d, ERR_ARG);
    }
    draft_set(&d, E, "03"); /* in bounds, but not this key's */
    assert_import(&d, ERR_SYNTAX);
    draft_release(&d);
}

static void
moduli_of_other_sizes_are_refused(void **state)
{
    static uint8_t big[KEY_MODULUS_MAX + 1];
    struct draft d = good_rsa();

    (void)state;
    d.bytes[N].len--; /* 2040 bits */
    assert_import(&d, ERR_ARG);
    d.bytes[N].len++;
    memset(big, 0xff, sizeof(big));
    for (int i = N; i <= QI; i++) { /* refused by length: nothing is computed */
        struct buf was = d.bytes[i];

        buf_init(&d.bytes[i], HEX_MAX);
        buf_put(&d.bytes[i], span_of(big, sizeof(big)));
        assert_import(&d, ERR_ARG);
        buf_release(&d.bytes[i]);
        d.bytes[i] = was;
    }
    draft_release(&d);
}

static void
ec_comes_in_from_its_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ECS; i++) {
        struct draft d = good_ec(&ecs[i]);
        struct buf x = hex_of(ecs[i].x), y = hex_of(ecs[i].y);
        struct key *k = NULL;

        assert_int_equal(draft_import(&d, &k), ERR_OK);
        assert_int_equal(key_public(k)->curve, ecs[i].curve);
        assert_true(span_is_equal(key_public(k)->x, buf_span(&x)));
        assert_true(span_is_equal(key_public(k)->y, buf_span(&y)));
        key_free(k);
        buf_release(&x);
        buf_release(&y);
        draft_release(&d);
    }
}

static void
ec_parts_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ECS; i++) {
        struct draft d = good_ec(&ecs[i]);

        d.bytes[D].ptr[d.bytes[D].len - 1] ^= 1;
        assert_import(&d, ERR_SYNTAX);
        draft_set(&d, D, ecs[i].d);
        d.bytes[X].ptr[5] ^= 1;
        assert_import(&d, ERR_SYNTAX);
        draft_set(&d, X, ecs[i].y);
        assert_import(&d, ERR_SYNTAX);
        draft_set(&d, X, "00"); /* a coordinate may be 0; this point is not on the curve */
        assert_import(&d, ERR_SYNTAX);
        draft_release(&d);
    }
}

static void
ec_private_numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ECS; i++) {
        struct draft d = good_ec(&ecs[i]);

        draft_set(&d, D, ecs[i].order);
        assert_import(&d, ERR_SYNTAX);
        draft_set(&d, D, "00");
        assert_import(&d, ERR_ARG);
        draft_set(&d, D, ecs[i].d_plus_order); /* the same point: d is not canonical */
        assert_true(draft_import(&d, &(struct key *){ NULL }) != ERR_OK);
        draft_release(&d);
    }
}

static void
the_curve_must_be_the_one_that_is_named(void **state)
{
    struct draft d = good_ec(&ecs[0]);

    (void)state;
    d.parts.curve = CURVE_P256K;
    assert_import(&d, ERR_SYNTAX);
    d.parts.curve = CURVE_P384;
    assert_import(&d, ERR_SYNTAX);
    d.parts.curve = CURVE_NONE;
    assert_import(&d, ERR_ARG);
    d.parts.curve = CURVE_ED25519;
    assert_import(&d, ERR_ARG);
    draft_release(&d);
    d = good_ec(&ecs[1]);
    d.parts.curve = CURVE_P256; /* too long for it */
    assert_import(&d, ERR_ARG);
    draft_release(&d);
}

/* RFC 8032 7.1, test 1. */
#define ED_D "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define ED_X "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static void
ed25519_comes_in_when_its_halves_agree(void **state)
{
    struct draft d = { .parts = { .type = KEY_OKP, .curve = CURVE_ED25519 } };

    (void)state;
    for (int i = 0; i < PARTS; i++)
        buf_init(&d.bytes[i], HEX_MAX);
    draft_set(&d, D, ED_D);
    draft_set(&d, X, ED_X);
    assert_import(&d, ERR_OK);
    d.bytes[X].ptr[31] ^= 1;
    assert_import(&d, ERR_SYNTAX);
    d.bytes[X].ptr[31] ^= 1;
    d.bytes[D].ptr[0] ^= 1;
    assert_import(&d, ERR_SYNTAX);
    d.bytes[D].ptr[0] ^= 1;
    with_leading_zeros(&d.bytes[D], 1); /* a string, not a number */
    assert_import(&d, ERR_ARG);
    draft_set(&d, D, ED_D);
    d.bytes[X].len = 31;
    assert_import(&d, ERR_ARG);
    draft_set(&d, X, ED_X);
    d.parts.curve = CURVE_P256;
    assert_import(&d, ERR_ARG);
    draft_release(&d);
}

static void
oct_comes_in_within_its_bounds(void **state)
{
    static const uint8_t bytes[KEY_OCT_MAX + 1];
    static const struct {
        size_t len;
        enum err err;
    } rows[] = { { 0, ERR_ARG }, { 7, ERR_ARG },  { 8, ERR_OK },   { 16, ERR_OK },
                 { 33, ERR_OK }, { 512, ERR_OK }, { 513, ERR_ARG } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct key_parts p = { .type = KEY_OCT, .k = { bytes, rows[i].len } };
        struct key *k = NULL;

        assert_int_equal(key_import(&p, &k), rows[i].err);
        if (k != NULL)
            assert_int_equal(key_public(k)->bits, rows[i].len * 8);
        key_free(k);
    }
}

static void
no_type_is_no_key(void **state)
{
    struct draft d = good_rsa();

    (void)state;
    d.parts.type = KEY_NONE;
    assert_import(&d, ERR_ARG);
    d.parts.type = KEY_TYPE__MAX;
    assert_import(&d, ERR_ARG);
    d.parts.type = KEY_OCT;
    assert_import(&d, ERR_ARG);
    draft_release(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_comes_in_from_its_parts),
        cmocka_unit_test(leading_zeros_are_taken_off),
        cmocka_unit_test(private_exponent_may_be_of_either_modulus),
        cmocka_unit_test(a_member_missing_is_refused),
        cmocka_unit_test(a_changed_number_is_refused),
        cmocka_unit_test(primes_swapped_are_refused),
        cmocka_unit_test(a_prime_that_is_none_is_refused),
        cmocka_unit_test(primes_of_different_lengths_are_refused),
        cmocka_unit_test(public_exponents_out_of_bounds_are_refused),
        cmocka_unit_test(moduli_of_other_sizes_are_refused),
        cmocka_unit_test(ec_comes_in_from_its_parts),
        cmocka_unit_test(ec_parts_that_do_not_belong_together_are_refused),
        cmocka_unit_test(ec_private_numbers_out_of_range_are_refused),
        cmocka_unit_test(the_curve_must_be_the_one_that_is_named),
        cmocka_unit_test(ed25519_comes_in_when_its_halves_agree),
        cmocka_unit_test(oct_comes_in_within_its_bounds),
        cmocka_unit_test(no_type_is_no_key),
    };

    return cmocka_run_group_tests_name("crypto/key_import", tests, secmem_setup,
                                       secmem_teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a vault key: made, shown, stored, loaded; public halves; what is refused. */
#include "codec/pack.h"
#include "crypto/key.h"
#include "key_samples.h"

static const struct kind {
    struct key_spec spec;
    enum key_alg alg; /* proves it */
    unsigned bits;
} kinds[] = {
    { { .type = KEY_RSA, .bits = 2048 }, ALG_RS256, 2048 },
    { { .type = KEY_RSA, .bits = 2048, .exponent = 3 }, ALG_PS512, 2048 },
    { { .type = KEY_EC, .curve = CURVE_P256 }, ALG_ES256, 256 },
    { { .type = KEY_EC, .curve = CURVE_P384 }, ALG_ES384, 384 },
    { { .type = KEY_EC, .curve = CURVE_P521 }, ALG_ES512, 521 },
    { { .type = KEY_EC, .curve = CURVE_P256K }, ALG_ES256K, 256 },
    { { .type = KEY_OKP, .curve = CURVE_ED25519 }, ALG_EDDSA, 256 },
    { { .type = KEY_OCT, .bits = 128 }, ALG_HS256, 128 },
    { { .type = KEY_OCT, .bits = 192 }, ALG_HS384, 192 },
    { { .type = KEY_OCT, .bits = 256 }, ALG_HS512, 256 },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static struct key *keys[KINDS];

static int
setup(void **state)
{
    if (secmem_setup(state) != 0)
        return -1;
    for (size_t i = 0; i < KINDS; i++)
        if (key_new(&kinds[i].spec, &keys[i]) != ERR_OK)
            return -1;
    return 0;
}

static int
teardown(void **state)
{
    for (size_t i = 0; i < KINDS; i++)
        key_free(keys[i]);
    used_release();
    return secmem_teardown(state);
}

static struct key_use
signing(const struct kind *kind)
{
    static const uint8_t digest[DIGEST_MAX_LEN] = { 1, 2, 3 };
    unsigned len = key_alg_info(kind->alg)->digest_len;

    return (struct key_use){ .op = KEY_SIGN,
                             .alg = kind->alg,
                             .bytes = { digest, len != 0 ? len : 20 } };
}

/* What `signs` signs, `verifies` verifies. */
static void
assert_pair(struct key *signs, struct key *verifies, const struct kind *kind)
{
    struct key_use u = signing(kind);
    struct used got = use(signs, &u);
    uint8_t sig[KEY_MODULUS_MAX];

    assert_int_equal(got.err, ERR_OK);
    memcpy(sig, got.value.ptr, got.value.len);
    u.op = KEY_VERIFY;
    u.signature = span_of(sig, got.value.len);
    assert_int_equal(use(verifies, &u).err, ERR_OK);
}

static struct buf
packed(const struct key_public *p)
{
    struct buf b;

    buf_init(&b, KEY_PUBLIC_MAX);
    key_public_pack(sink_buf(&b), p);
    assert_int_equal(b.err, ERR_OK);
    return b;
}

static enum err
unpack_public(struct span bytes, struct key_public *out)
{
    struct unpack u = unpack_of(bytes);

    key_public_unpack(&u, out);
    return unpack_end(&u);
}

static void
a_made_key_is_what_was_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        const struct key_public *p = key_public(keys[i]);
        size_t len =
            kinds[i].spec.curve == CURVE_NONE ? 0 : key_curve_bytes(kinds[i].spec.curve);

        assert_int_equal(p->type, kinds[i].spec.type);
        assert_int_equal(p->curve, kinds[i].spec.curve);
        assert_int_equal(p->bits, kinds[i].bits);
        assert_int_equal(p->n.len, p->type == KEY_RSA ? p->bits / 8 : 0);
        assert_int_equal(p->x.len, len);
        assert_int_equal(p->y.len, p->type == KEY_EC ? len : 0);
        assert_true(key_weight(keys[i]) > 0);
        assert_pair(keys[i], keys[i], &kinds[i]);
    }
    assert_true(span_is_equal(key_public(keys[0])->e, span_of("\x01\x00\x01", 3)));
    assert_true(span_is_equal(key_public(keys[1])->e, span_of("\x03", 1)));
}

static void
two_keys_are_not_the_same(void **state)
{
    struct key *a = key_made(KEY_OCT, CURVE_NONE, 256), *b = key_made(KEY_OCT, CURVE_NONE, 256);
    struct secbuf x, y;

    (void)state;
    secbuf_init(&x, KEY_PRIVATE_MAX);
    secbuf_init(&y, KEY_PRIVATE_MAX);
    assert_int_equal(key_put_plain(a, &x), ERR_OK);
    assert_int_equal(key_put_plain(b, &y), ERR_OK);
    assert_int_equal(x.len, 32);
    assert_false(span_is_equal(secbuf_span(&x), secbuf_span(&y)));
    secbuf_release(&x);
    secbuf_release(&y);
    key_free(a);
    key_free(b);
}

static void
what_we_do_not_make_is_refused(void **state)
{
    static const struct key_spec specs[] = {
        { .type = KEY_NONE },
        { .type = KEY_TYPE__MAX },
        { .type = KEY_RSA },
        { .type = KEY_RSA, .bits = 1024 },
        { .type = KEY_RSA, .bits = 2049 },
        { .type = KEY_RSA, .bits = 8192 },
        { .type = KEY_RSA, .bits = 2048, .curve = CURVE_P256 },
        { .type = KEY_RSA, .bits = 2048, .exponent = 1 },
        { .type = KEY_RSA, .bits = 2048, .exponent = 65536 },
        { .type = KEY_RSA, .bits = 2048, .exponent = UINT64_C(0x100000001) },
        { .type = KEY_EC },
        { .type = KEY_EC, .curve = CURVE_ED25519 },
        { .type = KEY_EC, .curve = CURVE__MAX },
        { .type = KEY_OKP },
        { .type = KEY_OKP, .curve = CURVE_P256 },
        { .type = KEY_OCT },
        { .type = KEY_OCT, .bits = 64 },
        { .type = KEY_OCT, .bits = 512 },
        { .type = KEY_OCT, .bits = 256, .curve = CURVE_P256 },
    };
    struct key *k = keys[0];

    (void)state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        assert_int_equal(key_new(&specs[i], &k), ERR_ARG);
        assert_null(k);
    }
}

static void
making_a_key_is_given_up_when_told_so(void **state)
{
    static const struct key_spec spec = { .type = KEY_RSA, .bits = 4096 };
    atomic_bool stop = true;
    struct key *k = keys[0];

    (void)state;
    assert_int_equal(key_new_until(&spec, &stop, &k), ERR_AGAIN);
    assert_null(k);
}

static void
a_stored_key_loads_and_is_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct buf was = packed(key_public(keys[i])), is;
        struct key *k = NULL;
        struct secbuf b;

        secbuf_init(&b, KEY_PRIVATE_MAX);
        assert_int_equal(key_put_private(keys[i], &b), ERR_OK);
        assert_int_equal(key_load(secbuf_span(&b), &k), ERR_OK);
        is = packed(key_public(k));
        assert_true(span_is_equal(buf_span(&was), buf_span(&is)));
        assert_pair(k, keys[i], &kinds[i]);
        assert_pair(keys[i], k, &kinds[i]);
        buf_release(&was);
        buf_release(&is);
        secbuf_release(&b);
        key_free(k);
    }
}

static void
a_damaged_stored_key_does_not_load(void **state)
{
    struct key *k = NULL;
    struct secbuf b;

    (void)state;
    secbuf_init(&b, KEY_PRIVATE_MAX + 1);
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].spec.type == KEY_OCT)
            continue; /* raw bytes: any of a fit number is a key; the seal knows better */
        secbuf_clear(&b);
        assert_int_equal(key_put_private(keys[i], &b), ERR_OK);
        for (size_t len = 0; len < b.len; len += len < 16 || len + 16 > b.len ? 1 : 37)
            assert_int_equal(key_load(span_of(b.ptr, len), &k), ERR_FORMAT);
        for (size_t at = 0; at < 3; at++) { /* format, type, curve */
            b.ptr[at] ^= 1;
            assert_int_equal(key_load(secbuf_span(&b), &k), ERR_FORMAT);
            b.ptr[at] ^= 0x81;
            assert_int_equal(key_load(secbuf_span(&b), &k), ERR_FORMAT);
            b.ptr[at] ^= 0x80;
        }
        secbuf_put_byte(&b, 0);
        assert_int_equal(key_load(secbuf_span(&b), &k), ERR_FORMAT);
    }
    assert_int_equal(key_load(span_of("\1\3\0short", 8), &k), ERR_FORMAT);
    assert_null(k);
    secbuf_release(&b);
}

static void
no_key_is_stored_into_too_small_a_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct secbuf b;

        secbuf_init(&b, 16);
        assert_int_equal(key_put_private(keys[i], &b), ERR_TOO_LARGE);
        secbuf_release(&b);
    }
}

static void
a_public_half_travels(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct buf b = packed(key_public(keys[i])), again;
        struct key_public p;

        assert_int_equal(unpack_public(buf_span(&b), &p), ERR_OK);
        again = packed(&p);
        assert_true(span_is_equal(buf_span(&b), buf_span(&again)));
        for (size_t len = 0; len < b.len; len++)
            assert_int_equal(unpack_public(span_of(b.ptr, len), &p), ERR_FORMAT);
        assert_int_equal(p.type, KEY_NONE);
        buf_release(&b);
        buf_release(&again);
    }
}

static void
assert_no_public(const struct key_public *p)
{
    struct buf b = packed(p);
    struct key *k = keys[0];
    struct key_public got;

    assert_int_equal(unpack_public(buf_span(&b), &got), ERR_FORMAT);
    assert_int_equal(key_from_public(p, &k), ERR_ARG);
    assert_null(k);
    buf_release(&b);
}

static void
a_public_half_that_does_not_fit_is_refused(void **state)
{
    static const uint8_t even[] = { 1, 0, 0 }, zero[] = { 0, 3 }, long_e[9] = { 1 };
    uint8_t n[KEY_MODULUS_MAX] = { 0 };
    const struct key_public rsa = *key_public(keys[0]), ec = *key_public(keys[2]);
    struct key_public p;

    (void)state;
    p = rsa, p.bits = 3072, assert_no_public(&p);
    p = rsa, p.bits = 2047, assert_no_public(&p);
    p = rsa, p.curve = CURVE_P256, assert_no_public(&p);
    p = rsa, p.type = KEY_OCT, assert_no_public(&p);
    p = rsa, p.n = span_of(n, 256), assert_no_public(&p); /* leading zeros, even */
    p = rsa, p.n = span_head(rsa.n, 255), assert_no_public(&p);
    p = rsa, p.e = span_of(even, 3), assert_no_public(&p);
    p = rsa, p.e = span_of(zero, 2), assert_no_public(&p);
    p = rsa, p.e = span_of(long_e, 9), assert_no_public(&p);
    p = rsa, p.e.len = 0, assert_no_public(&p);
    p = rsa, p.x = ec.x, assert_no_public(&p);
    p = ec, p.curve = CURVE_P384, assert_no_public(&p);
    p = ec, p.curve = CURVE_ED25519, assert_no_public(&p);
    p = ec, p.curve = CURVE_NONE, assert_no_public(&p);
    p = ec, p.bits = 521, assert_no_public(&p);
    p = ec, p.y.len = 31, assert_no_public(&p);
    p = ec, p.n = rsa.n, assert_no_public(&p);
    p = *key_public(keys[6]), p.y = ec.y, assert_no_public(&p);
    p = *key_public(keys[6]), p.curve = CURVE_P256, assert_no_public(&p);
    p = *key_public(keys[7]), p.type = KEY_NONE, assert_no_public(&p);
}

static void
oct_of_a_size_that_we_do_not_keep_is_no_public_half(void **state)
{
    static const unsigned bad[] = { 0, 56, 65, 4104 }, good[] = { 64, 72, 4096 };
    struct key_public p = { .type = KEY_OCT }, got;
    struct key *k = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        p.bits = bad[i];
        assert_no_public(&p);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct buf b;

        p.bits = good[i];
        b = packed(&p);
        assert_int_equal(unpack_public(buf_span(&b), &got), ERR_OK);
        assert_int_equal(key_from_public(&p, &k), ERR_ARG); /* there is nothing to use */
        buf_release(&b);
    }
}

static void
a_public_half_verifies_and_encrypts_and_nothing_else(void **state)
{
    static const enum key_op private_ops[] = { KEY_SIGN, KEY_DECRYPT, KEY_UNWRAP };
    struct secbuf b;

    (void)state;
    secbuf_init(&b, KEY_PRIVATE_MAX);
    for (size_t i = 0; i < KINDS && kinds[i].spec.type != KEY_OCT; i++) {
        struct key_use u = signing(&kinds[i]);
        struct key *k = NULL;

        assert_int_equal(key_from_public(key_public(keys[i]), &k), ERR_OK);
        assert_pair(keys[i], k, &kinds[i]);
        for (size_t o = 0; o < 3; o++) {
            u.op = private_ops[o];
            u.alg = o == 0 ? kinds[i].alg : ALG_RSA_OAEP;
            assert_int_equal(use(k, &u).err, ERR_ARG);
        }
        u = (struct key_use){ .op = KEY_WRAP, .alg = ALG_RSA_OAEP, .bytes = span_str("m") };
        assert_int_equal(use(k, &u).err, kinds[i].spec.type == KEY_RSA ? ERR_OK : ERR_ARG);
        assert_int_equal(key_put_private(k, &b), ERR_ARG);
        assert_int_equal(key_put_plain(k, &b), ERR_ARG);
        assert_int_equal(b.len, 0);
        key_free(k);
    }
    secbuf_release(&b);
}

static void
a_public_point_off_its_curve_is_refused(void **state)
{
    static uint8_t high[32];
    const struct key_public ec = *key_public(keys[2]);
    struct key_public p = ec;
    struct key *k = NULL;

    (void)state;
    p.y = ec.x;
    assert_int_equal(key_from_public(&p, &k), ERR_SYNTAX);
    p = *key_public(keys[5]), p.curve = CURVE_P256;
    assert_int_equal(key_from_public(&p, &k), ERR_SYNTAX);
    memset(high, 0xff, sizeof(high)); /* not below the field's prime */
    p = ec, p.x = span_of(high, sizeof(high));
    assert_int_equal(key_from_public(&p, &k), ERR_SYNTAX);
    assert_null(k);
}

static void
parts_travel(void **state)
{
    const struct key_parts p = { .type = KEY_RSA,
                                 .n = span_str("n"),
                                 .e = span_str("ee"),
                                 .d = span_str("ddd"),
                                 .p = span_str("pppp"),
                                 .q = span_str("q"),
                                 .dp = span_str("dp"),
                                 .dq = span_str("dq"),
                                 .qi = span_str("qi"),
                                 .x = span_str("x"),
                                 .y = span_str("y"),
                                 .k = span_str("k") };
    struct key_parts got;
    struct secbuf b;
    struct unpack u;

    (void)state;
    secbuf_init(&b, 1024);
    key_parts_pack(sink_sec(&b), &p);
    u = unpack_of(secbuf_span(&b));
    key_parts_unpack(&u, &got);
    assert_int_equal(unpack_end(&u), ERR_OK);
    assert_int_equal(got.type, KEY_RSA);
    assert_true(span_is_equal(got.d, p.d) && span_is_equal(got.qi, p.qi) &&
                span_is_equal(got.k, p.k) && span_is_equal(got.y, p.y));
    for (size_t len = 0; len < b.len; len++) {
        u = unpack_of(span_of(b.ptr, len));
        key_parts_unpack(&u, &got);
        assert_int_equal(unpack_end(&u), ERR_FORMAT);
        assert_int_equal(got.type, KEY_NONE);
    }
    b.ptr[0] = KEY_TYPE__MAX;
    u = unpack_of(secbuf_span(&b));
    key_parts_unpack(&u, &got);
    assert_int_equal(unpack_end(&u), ERR_FORMAT);
    b.ptr[0] = KEY_RSA;
    b.ptr[1] = CURVE__MAX;
    u = unpack_of(secbuf_span(&b));
    key_parts_unpack(&u, &got);
    assert_int_equal(unpack_end(&u), ERR_FORMAT);
    secbuf_release(&b);
}

static void
a_part_longer_than_any_number_of_ours_is_refused(void **state)
{
    static const uint8_t big[KEY_MODULUS_MAX + 17];
    struct key_parts p = { .type = KEY_RSA, .n = { big, sizeof(big) } }, got;
    struct secbuf b;
    struct unpack u;

    (void)state;
    secbuf_init(&b, 4096);
    key_parts_pack(sink_sec(&b), &p);
    u = unpack_of(secbuf_span(&b));
    key_parts_unpack(&u, &got);
    assert_int_equal(unpack_end(&u), ERR_FORMAT);
    secbuf_release(&b);
}

static void
every_algorithm_knows_its_answers(void **state)
{
    (void)state;
    assert_int_equal(key_selftest(), ERR_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_key_is_what_was_asked_for),
        cmocka_unit_test(two_keys_are_not_the_same),
        cmocka_unit_test(what_we_do_not_make_is_refused),
        cmocka_unit_test(making_a_key_is_given_up_when_told_so),
        cmocka_unit_test(a_stored_key_loads_and_is_the_same),
        cmocka_unit_test(a_damaged_stored_key_does_not_load),
        cmocka_unit_test(no_key_is_stored_into_too_small_a_room),
        cmocka_unit_test(a_public_half_travels),
        cmocka_unit_test(a_public_half_that_does_not_fit_is_refused),
        cmocka_unit_test(oct_of_a_size_that_we_do_not_keep_is_no_public_half),
        cmocka_unit_test(a_public_half_verifies_and_encrypts_and_nothing_else),
        cmocka_unit_test(a_public_point_off_its_curve_is_refused),
        cmocka_unit_test(parts_travel),
        cmocka_unit_test(a_part_longer_than_any_number_of_ours_is_refused),
        cmocka_unit_test(every_algorithm_knows_its_answers),
    };

    return cmocka_run_group_tests_name("crypto/key", tests, setup, teardown);
}

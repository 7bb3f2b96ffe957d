/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about users' keys, and their answers, through their bytes and back. */
#include "keeper/ask_cert.h"

#include "keeper_fixture.h"

static const uint8_t modulus[256] = { [0] = 0x80, [255] = 1 };
static const struct key_public recipient = {
    .type = KEY_RSA, .bits = 2048, .n = { modulus, 256 }, .e = { (const uint8_t *)"\3", 1 }
};

static struct key_place
place(const char *sealed)
{
    struct key_place p = { .vault = wrapped_of(PURPOSE_VAULT, GUID_A, span_str("w")),
                           .id = object_of(GUID_A, "NAME", VERSION_1),
                           .sealed = span_str(sealed) };

    p.id.kind = KIND_KEY;
    return p;
}

static void
pack_use(struct sink k, const struct key_place *p)
{
    struct key_use u = { .op = KEY_DECRYPT,
                         .alg = ALG_A256GCM,
                         .bytes = span_str("bytes"),
                         .signature = span_str("signature"),
                         .iv = span_str("iv"),
                         .aad = span_str("aad"),
                         .tag = span_str("tag") };

    keeper_pack_key_use(k, p, &u);
}

static void
pack_secret(struct sink k, const struct key_place *p)
{
    struct object_id secret = object_of(GUID_A, "NAME", VERSION_1);
    struct span chain[2] = { span_str("leaf"), span_str("root") };

    keeper_pack_cert_secret(k, p, &secret, CERT_FORM_PEM, chain, 2);
}

static void
pack_one(enum keeper_op op, struct sink k)
{
    struct key_spec spec = { KEY_RSA, CURVE_NONE, 3072, 65537 };
    struct key_parts parts = { .type = KEY_OCT, .k = span_str("0123456789abcdef") };
    struct key_place new = place(""), old = place("sealed");

    new.exportable = op == KEEPER_KEYPAIR_IMPORT;
    if (op == KEEPER_KEYPAIR_NEW)
        keeper_pack_keypair_new(k, &new, &spec);
    else if (op == KEEPER_KEYPAIR_IMPORT)
        keeper_pack_keypair_import(k, &new, &parts);
    else if (op == KEEPER_KEYPAIR_BYOK)
        keeper_pack_keypair_byok(k, &old, &new, KEY_RSA, span_str("ciphertext"));
    else if (op == KEEPER_KEY_USE)
        pack_use(k, &old);
    else if (op == KEEPER_KEY_RELEASE)
        keeper_pack_key_release(k, &old, TRANSPORT_RSA_AES_384, &recipient);
    else if (op == KEEPER_KEYPAIR_COPY)
        keeper_pack_keypair_copy(k, &old, &new);
    else if (op == KEEPER_CERT_IMPORT)
        keeper_pack_cert_import(k, &new, CERT_FORM_PFX, span_str("text"), span_str("password"));
    else if (op == KEEPER_CERT_SECRET)
        pack_secret(k, &old);
    else
        keeper_pack_key_destroy(k, &old);
}

static struct buf
packed(enum keeper_op op)
{
    struct buf b;

    buf_init(&b, 64 * 1024);
    pack_one(op, sink_buf(&b));
    assert_int_equal(b.err, ERR_OK);
    return b;
}

static void
every_question_comes_through(void **state)
{
    struct key_question q;

    (void)state;
    for (enum keeper_op op = KEEPER_KEYPAIR_NEW; op <= KEEPER_CERT_SECRET; op++) {
        struct buf b = packed(op);

        assert_true(keeper_op_is_key(op));
        assert_int_equal(keeper_unpack_key(op, buf_span(&b), &q), ERR_OK);
        assert_true(span_is_str(q.place.id.name, "NAME"));
        assert_string_equal(q.place.id.vault.text, GUID_A);
        assert_int_equal(q.place.vault.purpose, PURPOSE_VAULT);
        assert_int_equal(q.place.exportable, op == KEEPER_KEYPAIR_IMPORT);
        if (op == KEEPER_KEYPAIR_NEW)
            assert_true(q.spec.type == KEY_RSA && q.spec.bits == 3072 &&
                        q.spec.exponent == 65537);
        if (op == KEEPER_KEYPAIR_IMPORT)
            assert_true(q.parts.type == KEY_OCT && q.parts.k.len == 16);
        if (op == KEEPER_KEYPAIR_BYOK)
            assert_true(q.type == KEY_RSA && span_is_str(q.kek.sealed, "sealed") &&
                        span_is_str(q.ciphertext, "ciphertext"));
        if (op == KEEPER_KEY_USE)
            assert_true(q.use.op == KEY_DECRYPT && q.use.alg == ALG_A256GCM &&
                        span_is_str(q.use.bytes, "bytes") &&
                        span_is_str(q.use.signature, "signature") &&
                        span_is_str(q.use.iv, "iv") && span_is_str(q.use.aad, "aad") &&
                        span_is_str(q.use.tag, "tag"));
        if (op == KEEPER_KEY_RELEASE)
            assert_true(q.transport == TRANSPORT_RSA_AES_384 && q.recipient.bits == 2048);
        if (op == KEEPER_KEYPAIR_COPY)
            assert_true(span_is_str(q.kek.sealed, "sealed") && q.place.sealed.len == 0);
        if (op == KEEPER_CERT_IMPORT)
            assert_true(q.form == CERT_FORM_PFX && span_is_str(q.file, "text") &&
                        span_is_str(q.password, "password"));
        if (op == KEEPER_CERT_SECRET)
            assert_true(q.form == CERT_FORM_PEM && q.secret.kind == KIND_SECRET &&
                        q.chain_count == 2 && span_is_str(q.chain[0], "leaf") &&
                        span_is_str(q.chain[1], "root"));
        buf_release(&b);
    }
    for (enum keeper_op op = KEEPER_HELLO; op < KEEPER_KEYPAIR_NEW; op++)
        assert_false(keeper_op_is_key(op));
    assert_false(keeper_op_is_key(KEEPER_STATS));
    assert_false(keeper_op_is_key(KEEPER_OP__MAX));
}

static void
every_cut_or_lengthened_question_is_refused(void **state)
{
    struct key_question q;

    (void)state;
    for (enum keeper_op op = KEEPER_KEYPAIR_NEW; op <= KEEPER_CERT_SECRET; op++) {
        struct buf b = packed(op);

        for (size_t len = 0; len < b.len; len++)
            assert_int_equal(keeper_unpack_key(op, span_of(b.ptr, len), &q), ERR_PROTOCOL);
        buf_put_byte(&b, 0);
        assert_int_equal(keeper_unpack_key(op, buf_span(&b), &q), ERR_PROTOCOL);
        assert_int_equal(q.place.sealed.len, 0);
        buf_release(&b);
    }
}

static void
sealed_bytes_are_there_or_not_as_the_question_needs(void **state)
{
    struct key_place none = place(""), some = place("sealed");
    struct key_spec spec = { .type = KEY_OCT, .bits = 256 };
    struct key_use use = { .op = KEY_SIGN, .alg = ALG_HS256 };
    struct key_question q;
    struct buf b;

    (void)state;
    buf_init(&b, 64 * 1024);
    keeper_pack_keypair_new(sink_buf(&b), &some, &spec);
    assert_int_equal(keeper_unpack_key(KEEPER_KEYPAIR_NEW, buf_span(&b), &q), ERR_ARG);
    buf_clear(&b);
    keeper_pack_key_use(sink_buf(&b), &none, &use);
    assert_int_equal(keeper_unpack_key(KEEPER_KEY_USE, buf_span(&b), &q), ERR_ARG);
    buf_clear(&b);
    keeper_pack_keypair_byok(sink_buf(&b), &none, &none, KEY_RSA, span_str("c"));
    assert_int_equal(keeper_unpack_key(KEEPER_KEYPAIR_BYOK, buf_span(&b), &q), ERR_ARG);
    buf_clear(&b);
    keeper_pack_keypair_byok(sink_buf(&b), &some, &some, KEY_RSA, span_str("c"));
    assert_int_equal(keeper_unpack_key(KEEPER_KEYPAIR_BYOK, buf_span(&b), &q), ERR_ARG);
    buf_clear(&b);
    some.exportable = true; /* that was settled when it was made */
    keeper_pack_key_use(sink_buf(&b), &some, &use);
    assert_int_equal(keeper_unpack_key(KEEPER_KEY_USE, buf_span(&b), &q), ERR_ARG);
    buf_clear(&b);
    keeper_pack_key_destroy(sink_buf(&b), &none);
    assert_int_equal(keeper_unpack_key(KEEPER_KEY_DESTROY, buf_span(&b), &q), ERR_ARG);
    buf_release(&b);
}

static enum err
unpack_use(enum key_op op, enum key_alg alg)
{
    struct key_use use = { .op = op, .alg = alg };
    struct key_place p = place("sealed");
    struct key_question q;
    struct buf b;
    enum err e;

    buf_init(&b, 64 * 1024);
    keeper_pack_key_use(sink_buf(&b), &p, &use);
    e = keeper_unpack_key(KEEPER_KEY_USE, buf_span(&b), &q);
    buf_release(&b);
    return e;
}

static void
numbers_out_of_range_are_refused(void **state)
{
    struct key_place p = place("");
    struct key_question q;
    struct buf b;

    (void)state;
    assert_int_equal(unpack_use(KEY_UNWRAP, ALG_RS256), ERR_OK); /* not ours to judge */
    assert_int_equal(unpack_use(KEY_IMPORT, ALG_RS256), ERR_ARG);
    assert_int_equal(unpack_use(KEY_SIGN, ALG_NONE), ERR_ARG);
    assert_int_equal(unpack_use(KEY_SIGN, KEY_ALG__MAX), ERR_ARG);
    buf_init(&b, 64 * 1024);
    keeper_pack_keypair_new(sink_buf(&b), &p, &(struct key_spec){ .type = KEY_TYPE__MAX });
    assert_int_equal(keeper_unpack_key(KEEPER_KEYPAIR_NEW, buf_span(&b), &q), ERR_ARG);
    buf_clear(&b);
    keeper_pack_keypair_new(sink_buf(&b), &p,
                            &(struct key_spec){ .type = KEY_EC, .curve = CURVE__MAX });
    assert_int_equal(keeper_unpack_key(KEEPER_KEYPAIR_NEW, buf_span(&b), &q), ERR_ARG);
    buf_clear(&b);
    p = place("sealed");
    keeper_pack_key_release(sink_buf(&b), &p, (enum key_transport)3, &recipient);
    assert_int_equal(keeper_unpack_key(KEEPER_KEY_RELEASE, buf_span(&b), &q), ERR_ARG);
    buf_release(&b);
    assert_int_equal(keeper_unpack_key(KEEPER_HELLO, span_str(""), &q), ERR_PROTOCOL);
}

static void
answers_come_through(void **state)
{
    struct key_result r = { .iv = { 1 }, .tag = { 2 }, .has_iv_tag = true };
    struct keypair_answer pair;
    struct key_use_answer use;
    struct buf b;

    (void)state;
    buf_init(&b, 64 * 1024);
    keypair_answer_pack(sink_buf(&b), span_str("sealed"), &recipient);
    assert_int_equal(keypair_answer_read(buf_span(&b), &pair), ERR_OK);
    assert_true(span_is_str(pair.sealed, "sealed") && pair.public.type == KEY_RSA);
    assert_int_equal(keypair_answer_read(span_of(b.ptr, b.len - 1), &pair), ERR_PROTOCOL);
    buf_clear(&b);
    keypair_answer_pack(sink_buf(&b), span_str(""), &recipient);
    assert_int_equal(keypair_answer_read(buf_span(&b), &pair), ERR_PROTOCOL);
    buf_clear(&b);
    key_use_answer_pack(sink_buf(&b), &r, span_str("value"));
    assert_int_equal(key_use_answer_read(buf_span(&b), &use), ERR_OK);
    assert_true(use.has_iv_tag && use.iv.len == 12 && use.iv.ptr[0] == 1);
    assert_true(use.tag.len == 16 && use.tag.ptr[0] == 2 && span_is_str(use.value, "value"));
    for (size_t len = 1; len < 29; len++)
        assert_int_equal(key_use_answer_read(span_of(b.ptr, len), &use), ERR_PROTOCOL);
    b.ptr[0] = 2;
    assert_int_equal(key_use_answer_read(buf_span(&b), &use), ERR_PROTOCOL);
    buf_clear(&b);
    r.has_iv_tag = false;
    key_use_answer_pack(sink_buf(&b), &r, span_str("value"));
    assert_int_equal(key_use_answer_read(buf_span(&b), &use), ERR_OK);
    assert_true(!use.has_iv_tag && span_is_str(use.value, "value"));
    assert_int_equal(key_use_answer_read(span_str(""), &use), ERR_OK); /* of verify */
    assert_int_equal(use.value.len, 0);
    buf_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_comes_through),
        cmocka_unit_test(every_cut_or_lengthened_question_is_refused),
        cmocka_unit_test(sealed_bytes_are_there_or_not_as_the_question_needs),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(answers_come_through),
    };

    return cmocka_run_group_tests_name("keeper/ask_key", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Questions survive packing; anything cut, lengthened or out of range is refused. */
#include "keeper_fixture.h"

static struct object_id id_a, id_b;
static struct wrapped vault_key, backup_key, ca_key, token_key;

static void
pack_one(enum keeper_op op, struct sink k)
{
    switch (op) {
    case KEEPER_HELLO:
        keeper_pack_hello(k, &token_key);
        break;
    case KEEPER_KEY_NEW:
        keeper_pack_key_new(k, PURPOSE_VAULT, span_str(GUID_A));
        break;
    case KEEPER_KEY_REWRAP:
        keeper_pack_key_rewrap(k, &vault_key);
        break;
    case KEEPER_SEAL:
        keeper_pack_seal(k, &vault_key, &id_a, span_str("value"));
        break;
    case KEEPER_OPEN:
        keeper_pack_open(k, &vault_key, &id_a, span_str("sealed"));
        break;
    case KEEPER_TRANSFER:
        keeper_pack_transfer(k, &vault_key, &id_a, span_str("sealed"), &backup_key, &id_b);
        break;
    case KEEPER_SIGNKEY_NEW:
        keeper_pack_signkey_new(k, PURPOSE_TOKEN, span_str("kid"));
        break;
    case KEEPER_SIGN:
        keeper_pack_sign(k, &token_key, SIGN_RS256, SIGN_DIGEST_NONE, span_str("message"));
        break;
    case KEEPER_PASSWORD_HASH:
        keeper_pack_password_hash(k, span_str("password"));
        break;
    case KEEPER_PASSWORD_CHECK:
        keeper_pack_password_check(k, span_str("record"), span_str("password"));
        break;
    case KEEPER_CA_NEW:
        keeper_pack_ca_new(k, span_str("ca1"), span_str("keyhold.localhost"), -1, 2);
        break;
    case KEEPER_LEAF_NEW:
        keeper_pack_leaf_new(k, &ca_key, span_str("DER"), span_str("7"), span_str("a,b"), 1, 2);
        break;
    case KEEPER_TLS_IMPORT:
        keeper_pack_tls_import(k, span_str("7"), span_str("PEM"));
        break;
    case KEEPER_ROOT_STATE:
    case KEEPER_KEYPAIR_NEW:
    case KEEPER_KEYPAIR_IMPORT:
    case KEEPER_KEYPAIR_BYOK:
    case KEEPER_KEY_USE:
    case KEEPER_KEY_RELEASE:
    case KEEPER_KEY_DESTROY:
    case KEEPER_KEYPAIR_COPY:
    case KEEPER_CERT_IMPORT:
    case KEEPER_CERT_SECRET:
    case KEEPER_STATS:
    case KEEPER_OP__MAX:
        break;
    }
}

static struct buf
packed(enum keeper_op op)
{
    struct buf b;

    buf_init(&b, 1024 * 1024);
    pack_one(op, sink_buf(&b));
    assert_int_equal(b.err, ERR_OK);
    return b;
}

static void
every_question_unpacks(void **state)
{
    (void)state;
    for (enum keeper_op op = KEEPER_HELLO; op < KEEPER_KEYPAIR_NEW; op++) {
        struct keeper_question q;
        struct buf b = packed(op);

        assert_int_equal(keeper_unpack(op, buf_span(&b), &q), ERR_OK);
        buf_release(&b);
    }
}

static void
every_cut_or_lengthened_question_is_refused(void **state)
{
    struct keeper_question q;

    (void)state;
    for (enum keeper_op op = KEEPER_HELLO; op < KEEPER_OP__MAX; op++) {
        struct buf b = packed(op);

        for (size_t len = 0; len < b.len; len++)
            assert_int_equal(keeper_unpack(op, span_of(b.ptr, len), &q), ERR_PROTOCOL);
        buf_put_byte(&b, 0);
        assert_int_equal(keeper_unpack(op, buf_span(&b), &q), ERR_PROTOCOL);
        buf_release(&b);
    }
}

static void
transfer_keeps_its_two_sides_apart(void **state)
{
    struct buf b = packed(KEEPER_TRANSFER);
    struct keeper_question q;

    (void)state;
    assert_int_equal(keeper_unpack(KEEPER_TRANSFER, buf_span(&b), &q), ERR_OK);
    assert_int_equal(q.key.purpose, PURPOSE_VAULT);
    assert_int_equal(q.to.purpose, PURPOSE_BACKUP);
    assert_string_equal(q.id.vault.text, GUID_A);
    assert_string_equal(q.to_id.vault.text, GUID_B);
    assert_true(span_is_str(q.id.name, "NAME"));
    assert_true(span_is_str(q.bytes, "sealed"));
    buf_release(&b);
}

static void
leaf_and_times_come_through(void **state)
{
    struct buf leaf = packed(KEEPER_LEAF_NEW), ca = packed(KEEPER_CA_NEW);
    struct keeper_question q;

    (void)state;
    assert_int_equal(keeper_unpack(KEEPER_LEAF_NEW, buf_span(&leaf), &q), ERR_OK);
    assert_true(span_is_str(q.bytes, "DER"));
    assert_true(span_is_str(q.name, "7"));
    assert_true(span_is_str(q.domain, "a,b"));
    assert_int_equal(q.not_after, 2);
    assert_int_equal(keeper_unpack(KEEPER_CA_NEW, buf_span(&ca), &q), ERR_OK);
    assert_true(q.not_before == -1);
    assert_true(span_is_str(q.domain, "keyhold.localhost"));
    buf_release(&leaf);
    buf_release(&ca);
}

static void
assert_refused(enum keeper_op op, struct buf *b)
{
    struct keeper_question q;

    assert_int_equal(b->err, ERR_OK);
    assert_int_equal(keeper_unpack(op, buf_span(b), &q), ERR_ARG);
    buf_clear(b);
}

static void
values_out_of_range_are_refused(void **state)
{
    static const uint8_t long_id[KEY_ID_MAX + 1], long_bytes[WRAPPED_MAX + 1];
    struct wrapped w = vault_key;
    struct object_id id = id_a;
    struct buf b;

    (void)state;
    buf_init(&b, 1024 * 1024);
    w.purpose = (enum key_purpose)0;
    keeper_pack_key_rewrap(sink_buf(&b), &w);
    assert_refused(KEEPER_KEY_REWRAP, &b);
    w.purpose = PURPOSE__MAX;
    keeper_pack_key_rewrap(sink_buf(&b), &w);
    assert_refused(KEEPER_KEY_REWRAP, &b);
    w = wrapped_of(PURPOSE_VAULT, "", span_str("x"));
    keeper_pack_key_rewrap(sink_buf(&b), &w);
    assert_refused(KEEPER_KEY_REWRAP, &b);
    w = (struct wrapped){ PURPOSE_VAULT, span_of(long_id, sizeof(long_id)), span_str("x") };
    keeper_pack_key_rewrap(sink_buf(&b), &w);
    assert_refused(KEEPER_KEY_REWRAP, &b);
    w = wrapped_of(PURPOSE_VAULT, "v", span_of(long_bytes, sizeof(long_bytes)));
    keeper_pack_key_rewrap(sink_buf(&b), &w);
    assert_refused(KEEPER_KEY_REWRAP, &b);
    id.kind = (enum object_kind)9;
    keeper_pack_open(sink_buf(&b), &vault_key, &id, span_str("x"));
    assert_refused(KEEPER_OPEN, &b);
    id = id_a;
    id.vault.text[0] = 'A'; /* ids travel in lower case, or two spellings would be one vault */
    keeper_pack_open(sink_buf(&b), &vault_key, &id, span_str("x"));
    assert_refused(KEEPER_OPEN, &b);
    id.vault.text[0] = 'x';
    keeper_pack_open(sink_buf(&b), &vault_key, &id, span_str("x"));
    assert_refused(KEEPER_OPEN, &b);
    keeper_pack_sign(sink_buf(&b), &token_key, SIGN_ALG__MAX, SIGN_DIGEST_NONE, span_str("x"));
    assert_refused(KEEPER_SIGN, &b);
    keeper_pack_sign(sink_buf(&b), &token_key, SIGN_RS256, SIGN_DIGEST__MAX, span_str("x"));
    assert_refused(KEEPER_SIGN, &b);
    keeper_pack_key_new(sink_buf(&b), PURPOSE_VAULT, span_of(NULL, 0));
    assert_refused(KEEPER_KEY_NEW, &b);
    buf_release(&b);
}

static void
question_that_does_not_exist_is_refused(void **state)
{
    struct keeper_question q;

    (void)state;
    assert_int_equal(keeper_unpack(KEEPER_OP__MAX, span_of(NULL, 0), &q), ERR_PROTOCOL);
    assert_int_equal(keeper_unpack((enum keeper_op)0, span_of(NULL, 0), &q), ERR_PROTOCOL);
    assert_int_equal(keeper_unpack((enum keeper_op)999, span_of(NULL, 0), &q), ERR_PROTOCOL);
}

static int
setup(void **state)
{
    (void)state;
    id_a = object_of(GUID_A, "NAME", VERSION_1);
    id_b = object_of(GUID_B, "NAME", "label");
    vault_key = wrapped_of(PURPOSE_VAULT, GUID_A, span_str("wrapped vault"));
    backup_key = wrapped_of(PURPOSE_BACKUP, GUID_B, span_str("wrapped backup"));
    ca_key = wrapped_of(PURPOSE_CA, "ca1", span_str("wrapped ca"));
    token_key = wrapped_of(PURPOSE_TOKEN, "kid", span_str("wrapped token"));
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_unpacks),
        cmocka_unit_test(every_cut_or_lengthened_question_is_refused),
        cmocka_unit_test(transfer_keeps_its_two_sides_apart),
        cmocka_unit_test(leaf_and_times_come_through),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(question_that_does_not_exist_is_refused),
    };

    return cmocka_run_group_tests_name("keeper/ask", tests, setup, NULL);
}

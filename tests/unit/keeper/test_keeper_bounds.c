/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions with fields of every length, over real links: up to its bound a
 * field comes in, beyond it the answer is an error, and never does the link end.
 */
#include "crypto/scrypt.h"
#include "keyed.h"

enum { FRAME = MAX_IPC_PACKET - 24, FLOOD = 64 };

/* A field that the test makes long; what else a question needs is right. */
struct field_case {
    enum keeper_op op;
    const char *name;
    size_t max;
    enum ipc_role role;
    void (*pack)(struct sink k, struct span field);
};

static struct buf vault;
static struct made aes;
static struct peer *front, *clerk, *scribe;

static struct wrapped
vault_key(void)
{
    return wrapped_of(PURPOSE_VAULT, GUID_A, buf_span(&vault));
}

static void
pack_seal(struct sink k, struct span field)
{
    struct object_id id = object_of(GUID_A, "NAME", VERSION_1);
    struct wrapped w = vault_key();

    keeper_pack_seal(k, &w, &id, field);
}

static void
pack_seal_name(struct sink k, struct span field)
{
    struct object_id id = object_of(GUID_A, "NAME", VERSION_1);
    struct wrapped w = vault_key();

    id.name = field;
    keeper_pack_seal(k, &w, &id, span_str("value"));
}

static void
pack_seal_version(struct sink k, struct span field)
{
    struct object_id id = object_of(GUID_A, "NAME", VERSION_1);
    struct wrapped w = vault_key();

    id.version = field;
    keeper_pack_seal(k, &w, &id, span_str("value"));
}

static void
pack_wrapped(struct sink k, struct span field)
{
    struct object_id id = object_of(GUID_A, "NAME", VERSION_1);
    struct wrapped w = wrapped_of(PURPOSE_VAULT, GUID_A, field);

    keeper_pack_seal(k, &w, &id, span_str("value"));
}

static void
pack_key_id(struct sink k, struct span field)
{
    keeper_pack_key_new(k, PURPOSE_VAULT, field);
}

static void
pack_sign(struct sink k, struct span field)
{
    struct wrapped w = wrapped_of(PURPOSE_TOKEN, "kid", span_str("no key"));

    keeper_pack_sign(k, &w, SIGN_RS256, SIGN_DIGEST_NONE, field);
}

static void
pack_hash(struct sink k, struct span field)
{
    keeper_pack_password_hash(k, field);
}

static void
pack_check(struct sink k, struct span field)
{
    keeper_pack_password_check(k, span_str("no record"), field);
}

static void
pack_record(struct sink k, struct span field)
{
    keeper_pack_password_check(k, field, span_str("password"));
}

static void
pack_part(struct sink k, struct span field)
{
    struct key_place at = place_at(&vault, "KEY", span_of(NULL, 0));
    struct key_parts parts = { .type = KEY_OCT, .k = field };

    keeper_pack_keypair_import(k, &at, &parts);
}

static void
pack_transported(struct sink k, struct span field)
{
    struct key_place kek = place_of(&vault, &aes),
                     at = place_at(&vault, "KEY", span_of(NULL, 0));

    keeper_pack_keypair_byok(k, &kek, &at, KEY_EC, field);
}

static void
pack_use(struct sink k, struct key_use u)
{
    struct key_place at = place_of(&vault, &aes);

    u.op = KEY_DECRYPT;
    u.alg = ALG_A256GCM;
    keeper_pack_key_use(k, &at, &u);
}

static void
pack_use_bytes(struct sink k, struct span field)
{
    pack_use(k, (struct key_use){ .bytes = field });
}

static void
pack_use_signature(struct sink k, struct span field)
{
    pack_use(k, (struct key_use){ .signature = field });
}

static void
pack_use_iv(struct sink k, struct span field)
{
    pack_use(k, (struct key_use){ .iv = field });
}

static void
pack_use_aad(struct sink k, struct span field)
{
    pack_use(k, (struct key_use){ .aad = field });
}

static void
pack_use_tag(struct sink k, struct span field)
{
    pack_use(k, (struct key_use){ .tag = field });
}

static void
pack_use_sealed(struct sink k, struct span field)
{
    struct key_place at = place_at(&vault, "KEY", field);
    struct key_use u = { .op = KEY_DECRYPT, .alg = ALG_A256GCM };

    keeper_pack_key_use(k, &at, &u);
}

static void
pack_recipient(struct sink k, struct span field)
{
    struct key_place at = place_of(&vault, &aes);
    struct key_public to = { .type = KEY_RSA, .bits = 2048, .n = field, .e = span_str("\3") };

    keeper_pack_key_release(k, &at, TRANSPORT_RSA_AES_256, &to);
}

static const struct field_case cases[] = {
    { KEEPER_SEAL, "value", 0, ROLE_FRONT, pack_seal },
    { KEEPER_SEAL, "name", MAX_OBJECT_NAME, ROLE_FRONT, pack_seal_name },
    { KEEPER_SEAL, "version", ASK_LABEL_MAX, ROLE_FRONT, pack_seal_version },
    { KEEPER_SEAL, "wrapped key", WRAPPED_MAX, ROLE_FRONT, pack_wrapped },
    { KEEPER_KEY_NEW, "id", KEY_ID_MAX, ROLE_FRONT, pack_key_id },
    { KEEPER_SIGN, "message", ASK_MESSAGE_MAX, ROLE_FRONT, pack_sign },
    { KEEPER_PASSWORD_HASH, "password", PASSWORD_MAX, ROLE_FRONT, pack_hash },
    { KEEPER_PASSWORD_CHECK, "password", PASSWORD_MAX, ROLE_FRONT, pack_check },
    { KEEPER_PASSWORD_CHECK, "record", 128, ROLE_CLERK, pack_record },
    { KEEPER_KEYPAIR_IMPORT, "part", KEY_PART_MAX, ROLE_FRONT, pack_part },
    { KEEPER_KEYPAIR_BYOK, "ciphertext", KEY_FIELD_MAX, ROLE_FRONT, pack_transported },
    { KEEPER_KEY_USE, "bytes", KEY_FIELD_MAX, ROLE_FRONT, pack_use_bytes },
    { KEEPER_KEY_USE, "signature", KEY_FIELD_MAX, ROLE_FRONT, pack_use_signature },
    { KEEPER_KEY_USE, "iv", KEY_FIELD_MAX, ROLE_FRONT, pack_use_iv },
    { KEEPER_KEY_USE, "aad", KEY_FIELD_MAX, ROLE_FRONT, pack_use_aad },
    { KEEPER_KEY_USE, "tag", KEY_FIELD_MAX, ROLE_FRONT, pack_use_tag },
    { KEEPER_KEY_USE, "sealed", KEY_SEALED_MAX, ROLE_FRONT, pack_use_sealed },
    { KEEPER_KEY_RELEASE, "modulus", KEY_MODULUS_MAX, ROLE_FRONT, pack_recipient },
};

/* The status of the question with so many bytes in its field. */
static enum err
with_bytes(const struct field_case *c, size_t len)
{
    uint8_t *bytes = malloc(len + 1);
    struct buf q = question();
    enum err e;

    assert_non_null(bytes);
    memset(bytes, 'A', len);
    c->pack(sink_buf(&q), span_of(bytes, len));
    assert_int_equal(q.err, ERR_OK);
    e = ask(c->role == ROLE_CLERK ? clerk : front, c->op, &q, NULL);
    buf_release(&q);
    free(bytes);
    return e;
}

static bool
is_refusal(enum err e)
{
    return e == ERR_ARG || e == ERR_TOO_LARGE;
}

static void
up_to_its_bound_a_field_comes_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum err e = with_bytes(&cases[i], cases[i].max);

        if (e == ERR_TOO_LARGE || e == ERR_PROTOCOL || e == ERR_CLOSED)
            fail_msg("%s of question %d: %s", cases[i].name, cases[i].op, err_text(e));
    }
    assert_int_equal(with_bytes(&cases[0], MAX_SECRET_BYTES), ERR_OK);
}

static void
beyond_its_bound_it_is_refused_and_the_link_lives(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct field_case *c = &cases[i];
        size_t max = c->max > 0 ? c->max : 512 * 1024;

        if (!is_refusal(with_bytes(c, max + 1)) || !is_refusal(with_bytes(c, 600 * 1024)))
            fail_msg("%s of question %d", c->name, c->op);
    }
    assert_false(peer_is_dead(front) || peer_is_dead(clerk));
}

/* Whole questions as long as one frame, one byte less and more, and the longest there may be.
 */
static void
length_of_frames_is_nothing_to_a_question(void **state)
{
    static const size_t lens[] = { FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 2 * FRAME + 1 };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf empty = question();
        size_t around;

        cases[i].pack(sink_buf(&empty), span_of(NULL, 0));
        around = empty.len;
        buf_release(&empty);
        for (size_t n = 0; n < sizeof(lens) / sizeof(lens[0]); n++)
            assert_int_not_equal(with_bytes(&cases[i], lens[n] - around), ERR_CLOSED);
        assert_int_equal(with_bytes(&cases[i], QUESTION_MAX - around), ERR_TOO_LARGE);
    }
    assert_false(peer_is_dead(front) || peer_is_dead(clerk));
}

static void
numbers_out_of_range_are_refused_and_the_link_lives(void **state)
{
    struct key_place new = place_at(&vault, "KEY", span_of(NULL, 0)),
                     at = place_of(&vault, &aes);
    struct key_spec spec = { .type = (enum key_type)200, .curve = (enum key_curve)200 };
    struct key_use use = { .op = (enum key_op)99, .alg = (enum key_alg)200 };
    struct made m;
    struct buf q = question();

    (void)state;
    assert_int_equal(try_new(front, &new, &spec, &m), ERR_ARG);
    made_release(&m);
    keeper_pack_key_use(sink_buf(&q), &at, &use);
    assert_int_equal(ask(front, KEEPER_KEY_USE, &q, NULL), ERR_ARG);
    buf_clear(&q);
    keeper_pack_key_use(sink_buf(&q), &new, &(struct key_use){ .alg = ALG_A256GCM });
    assert_int_equal(ask(front, KEEPER_KEY_USE, &q, NULL), ERR_ARG);
    buf_clear(&q);
    keeper_pack_key_new(sink_buf(&q), (enum key_purpose)99, span_str("id"));
    assert_int_equal(ask(front, KEEPER_KEY_NEW, &q, NULL), ERR_ARG);
    assert_int_equal(ask(scribe, KEEPER_KEY_NEW, &q, NULL), ERR_DENIED);
    assert_int_equal(with_bytes(&cases[0], 10), ERR_OK);
    buf_release(&q);
}

struct tally {
    unsigned answers, good;
};

static void
count(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct tally *t = arg;

    (void)p;
    t->answers++;
    t->good += m->status == ERR_OK;
}

/* As many of the longest as a loop may have in flight, and nobody reads while they are asked.
 */
static void
answers_that_nobody_reads_yet_do_not_end_the_link(void **state)
{
    static uint8_t plain[KEY_INPUT_MAX];
    struct key_place at = place_of(&vault, &aes);
    struct key_use u = { .op = KEY_ENCRYPT,
                         .alg = ALG_A256CBCPAD,
                         .bytes = span_of(plain, sizeof(plain) - 16),
                         .iv = span_of(plain, CBC_IV_BYTES) };
    struct tally t = { 0 };
    struct buf q = question();

    (void)state;
    keeper_pack_key_use(sink_buf(&q), &at, &u);
    for (unsigned i = 1; i <= FLOOD; i++) {
        enum err e = peer_post(front, KEEPER_KEY_USE, i, ERR_OK, buf_span(&q));

        if (e == ERR_BUSY) { /* what our own memory holds; front answers 503 then */
            t.answers++;
            continue;
        }
        assert_int_equal(e, ERR_OK);
        assert_int_equal(peer_flush(front), ERR_OK);
    }
    while (t.answers < FLOOD) {
        struct pollfd f = { .fd = peer_fd(front), .events = POLLIN };

        assert_int_equal(peer_flush(front), ERR_OK);
        if (peer_has_backlog(front))
            f.events |= POLLOUT;
        assert_int_equal(poll(&f, 1, (int)ASK_MS), 1);
        assert_int_equal(peer_drain(front, count, &t), ERR_OK);
    }
    assert_true(t.good > 0);
    assert_int_equal(ask(front, KEEPER_KEY_USE, &q, NULL), ERR_OK);
    buf_release(&q);
}

static int
setup(void **state)
{
    struct key_place new;
    struct key_spec spec = { .type = KEY_OCT, .bits = 256 };

    if (served_start(state) != 0)
        return -1;
    front = link_as(ROLE_FRONT, 0);
    clerk = link_as(ROLE_CLERK, 0);
    scribe = link_as(ROLE_SCRIBE, 0);
    vault = new_key(front, PURPOSE_VAULT, GUID_A);
    new = place_at(&vault, "KEY", span_of(NULL, 0));
    return try_new(front, &new, &spec, &aes) == ERR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
    made_release(&aes);
    peer_free(front);
    peer_free(clerk);
    peer_free(scribe);
    buf_release(&vault);
    return served_stop(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(up_to_its_bound_a_field_comes_in),
        T(beyond_its_bound_it_is_refused_and_the_link_lives),
        T(length_of_frames_is_nothing_to_a_question),
        T(numbers_out_of_range_are_refused_and_the_link_lives),
        T(answers_that_nobody_reads_yet_do_not_end_the_link),
    };

    return cmocka_run_group_tests_name("keeper/bounds", tests, served_group_setup,
                                       served_group_teardown);
}

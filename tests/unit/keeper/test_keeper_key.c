/* SPDX-License-Identifier: Apache-2.0 */
/* Users' keys over real links: made, taken in, used, released; and at home in one place only.
 */
#include "keyed.h"

static struct buf vault;
static struct peer *front, *clerk, *scribe;

static int
start(void **state)
{
    if (served_start(state) != 0)
        return -1;
    front = link_as(ROLE_FRONT, 0);
    clerk = link_as(ROLE_CLERK, 0);
    scribe = link_as(ROLE_SCRIBE, 0);
    vault = new_key(front, PURPOSE_VAULT, GUID_A);
    return 0;
}

static int
stop(void **state)
{
    peer_free(front);
    peer_free(clerk);
    peer_free(scribe);
    buf_release(&vault);
    return served_stop(state);
}

static void
signs_and_verifies(enum key_type type, enum key_curve curve, unsigned bits, enum key_alg alg)
{
    struct made m = new_pair(front, &vault, type, curve, bits);
    struct key_place at = place_of(&vault, &m);
    struct secbuf *sig = secbuf_new(QUESTION_ROOM), *nothing = secbuf_new(64);
    struct key_use u = signing(alg);
    struct key_use_answer a;

    for (int again = 0; again < 2; again++) { /* the second time from the cache */
        secbuf_clear(sig);
        assert_int_equal(use_key(front, &at, &u, sig), ERR_OK);
    }
    assert_int_equal(key_use_answer_read(secbuf_span(sig), &a), ERR_OK);
    assert_false(a.has_iv_tag);
    u.op = KEY_VERIFY;
    u.signature = a.value;
    assert_int_equal(use_key(front, &at, &u, nothing), ERR_OK);
    assert_int_equal(nothing->len, 0);
    sig->ptr[sig->len - 1] ^= 1;
    assert_int_equal(use_key(front, &at, &u, nothing), ERR_DENIED);
    made_release(&m);
    secbuf_free(sig);
    secbuf_free(nothing);
}

static void
keys_of_every_type_sign(void **state)
{
    (void)state;
    signs_and_verifies(KEY_RSA, CURVE_NONE, 2048, ALG_PS256);
    signs_and_verifies(KEY_EC, CURVE_P256, 0, ALG_ES256);
    signs_and_verifies(KEY_EC, CURVE_P384, 0, ALG_ES384);
    signs_and_verifies(KEY_EC, CURVE_P521, 0, ALG_ES512);
    signs_and_verifies(KEY_EC, CURVE_P256K, 0, ALG_ES256K);
    signs_and_verifies(KEY_OKP, CURVE_ED25519, 0, ALG_EDDSA);
    signs_and_verifies(KEY_OCT, CURVE_NONE, 256, ALG_HS256);
}

static void
iv_and_tag_come_with_the_ciphertext(void **state)
{
    struct made m = new_pair(front, &vault, KEY_OCT, CURVE_NONE, 256);
    struct key_place at = place_of(&vault, &m);
    struct secbuf *ct = secbuf_new(QUESTION_ROOM), *pt = secbuf_new(QUESTION_ROOM);
    struct key_use u = { .op = KEY_ENCRYPT,
                         .alg = ALG_A256GCM,
                         .bytes = span_str("plaintext"),
                         .aad = span_str("aad") };
    struct key_use_answer a, b;

    (void)state;
    assert_int_equal(use_key(front, &at, &u, ct), ERR_OK);
    assert_int_equal(key_use_answer_read(secbuf_span(ct), &a), ERR_OK);
    assert_true(a.has_iv_tag && a.value.len == 9);
    u.op = KEY_DECRYPT;
    u.bytes = a.value;
    u.iv = a.iv;
    u.tag = a.tag;
    assert_int_equal(use_key(front, &at, &u, pt), ERR_OK);
    assert_int_equal(key_use_answer_read(secbuf_span(pt), &b), ERR_OK);
    assert_true(!b.has_iv_tag && span_is_str(b.value, "plaintext"));
    u.aad = span_str("aae");
    assert_int_equal(use_key(front, &at, &u, NULL), ERR_SYNTAX);
    u.iv = span_str("an iv that is far too long to be one");
    assert_int_equal(use_key(front, &at, &u, NULL), ERR_ARG); /* and the link lives */
    assert_int_equal(use_key(front, &at, &(struct key_use){ KEY_SIGN, ALG_RS256 }, NULL),
                     ERR_ARG);
    made_release(&m);
    secbuf_free(ct);
    secbuf_free(pt);
}

static void
rsa_decrypts_what_it_encrypted(void **state)
{
    struct made m = new_pair(front, &vault, KEY_RSA, CURVE_NONE, 2048);
    struct key_place at = place_of(&vault, &m);
    struct secbuf *ct = secbuf_new(QUESTION_ROOM), *pt = secbuf_new(QUESTION_ROOM);
    struct key_use u = { .op = KEY_WRAP, .alg = ALG_RSA_OAEP_256, .bytes = span_str("key") };
    struct key_use_answer a;

    (void)state;
    assert_int_equal(use_key(front, &at, &u, ct), ERR_OK);
    assert_int_equal(key_use_answer_read(secbuf_span(ct), &a), ERR_OK);
    u.op = KEY_UNWRAP;
    u.bytes = a.value;
    assert_int_equal(use_key(front, &at, &u, pt), ERR_OK);
    assert_int_equal(key_use_answer_read(secbuf_span(pt), &a), ERR_OK);
    assert_true(span_is_str(a.value, "key"));
    ct->ptr[40] ^= 1;
    assert_int_equal(use_key(front, &at, &u, NULL), ERR_SYNTAX);
    made_release(&m);
    secbuf_free(ct);
    secbuf_free(pt);
}

static enum err
import(struct peer *p, const struct key_parts *parts, struct made *out)
{
    struct key_place at = place_at(&vault, "KEY", span_of(NULL, 0));
    struct buf q = question();
    enum err e;

    *out = (struct made){ .answer = secbuf_new(QUESTION_ROOM) };
    keeper_pack_keypair_import(sink_buf(&q), &at, parts);
    e = ask(p, KEEPER_KEYPAIR_IMPORT, &q, out->answer);
    if (e == ERR_OK)
        e = keypair_answer_read(secbuf_span(out->answer), &out->a);
    buf_release(&q);
    return e;
}

static void
imported_key_is_the_one_that_came(void **state)
{
    /* RFC 6979 A.2.5 */
    static const uint8_t d[] =
        "\xc9\xaf\xa9\xd8\x45\xba\x75\x16\x6b\x5c\x21\x57\x67\xb1\xd6\x93"
        "\x4e\x50\xc3\xdb\x36\xe8\x9b\x12\x7b\x8a\x62\x2b\x12\x0f\x67\x21",
                         x[] =
                             "\x60\xfe\xd4\xba\x25\x5a\x9d\x31\xc9\x61\xeb\x74\xc6\x35\x6d\x68"
                             "\xc0\x49\xb8\x92\x3b\x61\xfa\x6c\xe6\x69\x62\x2e\x60\xf2\x9f\xb6",
                         y[] =
                             "\x79\x03\xfe\x10\x08\xb8\xbc\x99\xa4\x1a\xe9\xe9\x56\x28\xbc\x64"
                             "\xf2\xf1\xb2\x0c\x2d\x7e\x9f\x51\x77\xa3\xc2\x94\xd4\x46\x22\x99";
    struct key_parts parts = { .type = KEY_EC,
                               .curve = CURVE_P256,
                               .d = span_of(d, 32),
                               .x = span_of(x, 32),
                               .y = span_of(y, 32) };
    struct made m;
    struct key_place at;

    (void)state;
    assert_int_equal(import(front, &parts, &m), ERR_OK);
    assert_true(span_is_equal(m.a.public.x, span_of(x, 32)));
    at = place_of(&vault, &m);
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_OK);
    made_release(&m);
    parts.y = span_of(x, 32); /* no point of the curve */
    assert_int_equal(import(front, &parts, &m), ERR_SYNTAX);
    made_release(&m);
    parts.d = span_of(NULL, 0);
    assert_int_equal(import(front, &parts, &m), ERR_ARG);
    made_release(&m);
    parts = (struct key_parts){ .type = KEY_NONE };
    assert_int_equal(import(front, &parts, &m), ERR_ARG);
    made_release(&m);
    assert_int_equal(import(clerk, &parts, &m), ERR_DENIED);
    made_release(&m);
}

static void
spec_that_nobody_makes_is_refused(void **state)
{
    static const struct key_spec bad[] = {
        { KEY_RSA, CURVE_NONE, 1024, 0 },     { KEY_RSA, CURVE_NONE, 2048, 2 },
        { KEY_EC, CURVE_ED25519, 0, 0 },      { KEY_OCT, CURVE_NONE, 7, 0 },
        { KEY_RSA, CURVE_NONE, 1u << 31, 0 },
    };
    struct key_place at = place_at(&vault, "KEY", span_of(NULL, 0));
    struct made m;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(try_new(front, &at, &bad[i], &m), ERR_ARG);
        made_release(&m);
    }
}

/* Whatever of a key's place is not as it was when the key was sealed. */
static void
key_opens_in_its_place_only(void **state)
{
    struct made m = new_pair(front, &vault, KEY_EC, CURVE_P256, 0);
    struct buf vault_b = new_key(front, PURPOSE_VAULT, GUID_B);
    const struct key_place home = place_of(&vault, &m);
    struct key_place at = home;
    struct buf changed = question();

    (void)state;
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_OK);
    at.id = object_of(GUID_A, "OTHER", VERSION_1);
    at.id.kind = KIND_KEY;
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_INTEGRITY);
    at.id = object_of(GUID_A, "KEY", VERSION_2);
    at.id.kind = KIND_KEY;
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_INTEGRITY);
    at = home;
    at.id = object_of(GUID_B, "KEY", VERSION_1);
    at.id.kind = KIND_KEY;
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_DENIED);
    at.vault = wrapped_of(PURPOSE_VAULT, GUID_B, buf_span(&vault_b)); /* wholly over there */
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_INTEGRITY);
    at.vault.bytes = buf_span(&vault); /* a key that calls itself another vault's */
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_INTEGRITY);
    at = home;
    at.id.kind = KIND_SECRET;
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_DENIED);
    at.id.kind = KIND_CERTIFICATE;
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_DENIED);
    at = home;
    at.vault.purpose = PURPOSE_BACKUP;
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_DENIED);
    for (size_t i = 0; i < home.sealed.len; i += 7) {
        buf_clear(&changed);
        buf_put(&changed, home.sealed);
        changed.ptr[i] ^= 4;
        at = home;
        at.sealed = buf_span(&changed);
        assert_int_equal(try_sign(front, &at, ALG_ES256), i == 0 ? ERR_FORMAT : ERR_INTEGRITY);
    }
    at.sealed = span_head(home.sealed, 20);
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_FORMAT);
    assert_int_equal(try_sign(front, &home, ALG_ES256), ERR_OK);
    made_release(&m);
    buf_release(&vault_b);
    buf_release(&changed);
}

static void
secret_is_no_key_and_key_no_secret(void **state)
{
    struct made m = new_pair(front, &vault, KEY_OCT, CURVE_NONE, 256);
    struct secbuf *sealed = secbuf_new(QUESTION_ROOM);
    struct key_place at = place_of(&vault, &m);

    (void)state;
    assert_int_equal(open_as(front, &at, KIND_SECRET), ERR_INTEGRITY);
    assert_int_equal(open_as(front, &at, KIND_KEY), ERR_DENIED);
    assert_int_equal(row(front, KEEPER_SEAL, buf_span(&vault), "KEY", span_str("v"), sealed),
                     ERR_OK);
    at.sealed = secbuf_span(sealed);
    assert_int_equal(try_sign(front, &at, ALG_HS256), ERR_INTEGRITY);
    made_release(&m);
    secbuf_free(sealed);
}

static void
others_than_fronts_use_no_keys(void **state)
{
    struct made m = new_pair(clerk, &vault, KEY_OCT, CURVE_NONE, 256), none; /* rotation */
    struct key_place at = place_of(&vault, &m), new = place_at(&vault, "KEY", span_str(""));
    struct key_spec spec = { .type = KEY_OCT, .bits = 256 };
    struct buf q = question();

    (void)state;
    assert_int_equal(try_sign(front, &at, ALG_HS256), ERR_OK);
    assert_int_equal(try_sign(clerk, &at, ALG_HS256), ERR_DENIED);
    assert_int_equal(try_sign(scribe, &at, ALG_HS256), ERR_DENIED);
    assert_int_equal(try_new(scribe, &new, &spec, &none), ERR_DENIED);
    keeper_pack_key_destroy(sink_buf(&q), &at);
    assert_int_equal(ask(front, KEEPER_KEY_DESTROY, &q, NULL), ERR_DENIED);
    assert_int_equal(ask(clerk, KEEPER_KEY_DESTROY, &q, NULL), ERR_UNSUPPORTED);
    made_release(&m);
    made_release(&none);
    buf_release(&q);
}

static enum err
byok(const struct key_place *kek, enum key_type type, struct span ciphertext, struct made *out)
{
    struct key_place at = place_at(&vault, "KEY", span_of(NULL, 0));
    struct buf q = question();
    enum err e;

    *out = (struct made){ .answer = secbuf_new(QUESTION_ROOM) };
    keeper_pack_keypair_byok(sink_buf(&q), kek, &at, type, ciphertext);
    e = ask(front, KEEPER_KEYPAIR_BYOK, &q, out->answer);
    if (e == ERR_OK)
        e = keypair_answer_read(secbuf_span(out->answer), &out->a);
    buf_release(&q);
    return e;
}

static void
transported_key_is_taken_in(void **state)
{
    struct made kek = new_pair(front, &vault, KEY_RSA, CURVE_NONE, 2048), m;
    struct key_place kek_at = place_of(&vault, &kek), at;
    struct key_spec spec = { .type = KEY_EC, .curve = CURVE_P256 };
    struct secbuf *plain = secbuf_new(QUESTION_ROOM);
    struct buf ct = question();
    struct key *mine = NULL;

    (void)state;
    assert_int_equal(key_new(&spec, &mine), ERR_OK);
    assert_int_equal(key_put_plain(mine, plain), ERR_OK);
    assert_int_equal(
        key_transport_wrap(TRANSPORT_CKM_RSA_AES, &kek.a.public, secbuf_span(plain), &ct),
        ERR_OK);
    assert_int_equal(byok(&kek_at, KEY_EC, buf_span(&ct), &m), ERR_OK);
    assert_true(span_is_equal(m.a.public.x, key_public(mine)->x));
    at = place_of(&vault, &m);
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_OK);
    made_release(&m);
    assert_int_equal(byok(&kek_at, KEY_RSA, buf_span(&ct), &m), ERR_SYNTAX);
    made_release(&m);
    ct.ptr[ct.len - 1] ^= 1;
    assert_int_equal(byok(&kek_at, KEY_EC, buf_span(&ct), &m), ERR_SYNTAX);
    made_release(&m);
    kek_at.id = object_of(GUID_B, "KEY", VERSION_1);
    assert_int_equal(byok(&kek_at, KEY_EC, buf_span(&ct), &m), ERR_DENIED);
    made_release(&m);
    made_release(&kek);
    key_free(mine);
    buf_release(&ct);
    secbuf_free(plain);
}

static void
released_key_opens_for_its_recipient(void **state)
{
    struct key_place new = place_at(&vault, "KEY", span_of(NULL, 0));
    struct key_spec spec = { .type = KEY_RSA, .bits = 2048 },
                    ec = { .type = KEY_EC, .curve = CURVE_P384 };
    struct secbuf *ct = secbuf_new(QUESTION_ROOM), *plain = secbuf_new(QUESTION_ROOM);
    struct key *recipient = NULL, *got = NULL;
    struct buf q = question();
    struct key_place at;
    struct made m;

    (void)state;
    new.exportable = true;
    assert_int_equal(try_new(front, &new, &ec, &m), ERR_OK);
    at = place_of(&vault, &m);
    assert_int_equal(try_sign(front, &at, ALG_ES384), ERR_OK);
    assert_int_equal(key_new(&spec, &recipient), ERR_OK);
    keeper_pack_key_release(sink_buf(&q), &at, TRANSPORT_RSA_AES_256, key_public(recipient));
    assert_int_equal(ask(clerk, KEEPER_KEY_RELEASE, &q, NULL), ERR_DENIED);
    assert_int_equal(ask(front, KEEPER_KEY_RELEASE, &q, ct), ERR_OK);
    assert_int_equal(
        key_transport_unwrap(TRANSPORT_RSA_AES_256, recipient, secbuf_span(ct), plain), ERR_OK);
    assert_int_equal(key_import_plain(KEY_EC, secbuf_span(plain), &got), ERR_OK);
    assert_true(span_is_equal(key_public(got)->x, m.a.public.x));
    made_release(&m);
    key_free(recipient);
    key_free(got);
    buf_release(&q);
    secbuf_free(ct);
    secbuf_free(plain);
}

static void
key_that_was_not_made_for_it_is_never_released(void **state)
{
    struct made m = new_pair(front, &vault, KEY_EC, CURVE_P256, 0);
    struct key_spec spec = { .type = KEY_RSA, .bits = 2048 };
    struct key_place at = place_of(&vault, &m);
    struct key *recipient = NULL;
    struct buf q = question();

    (void)state;
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_OK); /* it is opened already */
    assert_int_equal(key_new(&spec, &recipient), ERR_OK);
    keeper_pack_key_release(sink_buf(&q), &at, TRANSPORT_CKM_RSA_AES, key_public(recipient));
    assert_int_equal(ask(front, KEEPER_KEY_RELEASE, &q, NULL), ERR_DENIED);
    made_release(&m);
    key_free(recipient);
    buf_release(&q);
}

static struct buf
rewrapped(const struct buf *old)
{
    struct wrapped w = wrapped_of(PURPOSE_VAULT, GUID_A, buf_span(old));
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct buf q = question(), out;

    keeper_pack_key_rewrap(sink_buf(&q), &w);
    assert_int_equal(ask(clerk, KEEPER_KEY_REWRAP, &q, answer), ERR_OK);
    out = field(answer, 0);
    buf_release(&q);
    secbuf_free(answer);
    return out;
}

static void
keys_outlive_the_root_key(void **state)
{
    struct made rsa = new_pair(front, &vault, KEY_RSA, CURVE_NONE, 2048),
                ec = new_pair(front, &vault, KEY_EC, CURVE_P256, 0);
    struct key_place old_rsa = place_of(&vault, &rsa), old_ec = place_of(&vault, &ec), at;
    struct buf fresh;

    (void)state;
    assert_int_equal(try_sign(front, &old_rsa, ALG_RS256), ERR_OK);
    assert_int_equal(try_sign(front, &old_ec, ALG_ES256), ERR_OK);
    assert_int_equal(make_key_file(served_next), 0);
    assert_int_equal(keeper_root_load_next(served, open_key_file(served_next)), ERR_OK);
    fresh = rewrapped(&vault);
    at = place_of(&fresh, &rsa);
    assert_int_equal(try_sign(front, &at, ALG_RS256), ERR_OK);
    assert_int_equal(keeper_root_finish(served), ERR_OK);
    assert_int_equal(try_sign(front, &at, ALG_RS256), ERR_OK);
    at = place_of(&fresh, &ec);
    assert_int_equal(try_sign(front, &at, ALG_ES256), ERR_OK);
    /* What was opened under the old root key is not remembered. */
    assert_int_equal(try_sign(front, &old_rsa, ALG_RS256), ERR_WRONG_KEY);
    assert_int_equal(try_sign(front, &old_ec, ALG_ES256), ERR_WRONG_KEY);
    buf_release(&fresh);
    made_release(&rsa);
    made_release(&ec);
}

#define SERVED(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(keys_of_every_type_sign),
        SERVED(iv_and_tag_come_with_the_ciphertext),
        SERVED(rsa_decrypts_what_it_encrypted),
        SERVED(imported_key_is_the_one_that_came),
        SERVED(spec_that_nobody_makes_is_refused),
        SERVED(key_opens_in_its_place_only),
        SERVED(secret_is_no_key_and_key_no_secret),
        SERVED(others_than_fronts_use_no_keys),
        SERVED(transported_key_is_taken_in),
        SERVED(released_key_opens_for_its_recipient),
        SERVED(key_that_was_not_made_for_it_is_never_released),
        SERVED(keys_outlive_the_root_key),
    };

    return cmocka_run_group_tests_name("keeper/key", tests, served_group_setup,
                                       served_group_teardown);
}

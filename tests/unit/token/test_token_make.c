/* SPDX-License-Identifier: Apache-2.0 */
/* Keys generated in the token, transported into it, destroyed in it; what others see of them.
 */
#include <pthread.h>

#include "base/rand.h"
#include "box.h"
#include "parts.h"

enum { LOOKED_UP_MAX = 8 };

/* What the objects of a key say of themselves, to a session of the user's. */
struct look {
    uint8_t id[TOKEN_ID_BYTES];
    const char *label;
    CK_ULONG n;
};

static bool
flag_of(struct session *s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 7;
    CK_ATTRIBUTE a = { type, &value, sizeof(value) };

    assert_int_equal(session_calls(s)->C_GetAttributeValue(session_handle(s), object, &a, 1),
                     CKR_OK);
    return value == CK_TRUE;
}

static void
look_at_object(struct session *s, CK_OBJECT_HANDLE object, const char *label)
{
    uint8_t bytes[1024];
    CK_ATTRIBUTE name = { CKA_LABEL, bytes, sizeof(bytes) };
    CK_ATTRIBUTE secret = { CKA_VALUE, bytes, sizeof(bytes) };
    CK_ATTRIBUTE exponent = { CKA_PRIVATE_EXPONENT, bytes, sizeof(bytes) };
    CK_FUNCTION_LIST *f = session_calls(s);

    assert_true(flag_of(s, object, CKA_TOKEN));
    assert_true(flag_of(s, object, CKA_PRIVATE));
    assert_true(flag_of(s, object, CKA_SENSITIVE));
    assert_false(flag_of(s, object, CKA_EXTRACTABLE));
    assert_false(flag_of(s, object, CKA_DERIVE));
    assert_int_not_equal(f->C_GetAttributeValue(session_handle(s), object, &secret, 1), CKR_OK);
    assert_int_not_equal(f->C_GetAttributeValue(session_handle(s), object, &exponent, 1),
                         CKR_OK);
    assert_int_equal(f->C_GetAttributeValue(session_handle(s), object, &name, 1), CKR_OK);
    assert_true(span_is_str(span_of(bytes, name.ulValueLen), label));
}

static enum err
look(struct session *s, void *arg)
{
    struct look *l = arg;
    CK_ATTRIBUTE template = { CKA_ID, l->id, sizeof(l->id) };
    CK_OBJECT_HANDLE objects[LOOKED_UP_MAX];
    CK_FUNCTION_LIST *f = session_calls(s);

    assert_int_equal(f->C_FindObjectsInit(session_handle(s), &template, 1), CKR_OK);
    assert_int_equal(f->C_FindObjects(session_handle(s), objects, LOOKED_UP_MAX, &l->n),
                     CKR_OK);
    assert_int_equal(f->C_FindObjectsFinal(session_handle(s)), CKR_OK);
    for (CK_ULONG i = 0; i < l->n; i++)
        look_at_object(s, objects[i], l->label);
    return ERR_OK;
}

static CK_ULONG
objects_of(struct session *s, const struct where *w)
{
    struct look l = { .label = "keyhold/" VAULT_A "/KEY/" VERSION_1 };

    memcpy(l.id, w->id, sizeof(l.id));
    assert_int_equal(session_run(s, look, &l, ERR_ARG), ERR_OK);
    return l.n;
}

static void
generated_keys_work_and_do_not_leave_the_token(void **state)
{
    static const struct {
        enum key_type type;
        enum key_curve curve;
        unsigned bits;
        enum key_alg alg;
        CK_ULONG objects;
    } kinds[] = { { KEY_RSA, CURVE_NONE, 2048, ALG_RS256, 1 },
                  { KEY_RSA, CURVE_NONE, 3072, ALG_PS384, 1 },
                  { KEY_RSA, CURVE_NONE, 4096, ALG_PS512, 1 },
                  { KEY_EC, CURVE_P256, 256, ALG_ES256, 1 },
                  { KEY_EC, CURVE_P384, 384, ALG_ES384, 1 },
                  { KEY_EC, CURVE_P521, 521, ALG_ES512, 1 },
                  { KEY_EC, CURVE_P256K, 256, ALG_ES256K, 1 },
                  { KEY_OCT, CURVE_NONE, 128, ALG_HS512, 2 },
                  { KEY_OCT, CURVE_NONE, 192, ALG_HS384, 2 },
                  { KEY_OCT, CURVE_NONE, 256, ALG_HS256, 2 } };
    struct desk d;

    NEEDS_TOKEN();
    d = desk_open();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct made m = new_key(d.session, kinds[i].type, kinds[i].curve, kinds[i].bits);

        assert_int_equal(m.a.public.bits, kinds[i].bits);
        assert_int_equal(objects_of(d.session, &m.where), kinds[i].objects);
        assert_int_equal(try_sign(d.session, &m.where, kinds[i].alg), ERR_OK);
        made_release(&m);
    }
    desk_close(&d);
}

static void
exponent_is_the_one_asked_for(void **state)
{
    static const uint8_t three[] = { 3 }, large[] = { 0x80, 0, 0, 0x0f };
    const struct {
        uint64_t number;
        struct span bytes;
    } asked[] = { { 3, { three, 1 } }, { 0x8000000f, { large, 4 } } };
    struct desk d;

    NEEDS_TOKEN();
    d = desk_open();
    for (size_t i = 0; i < 2; i++) {
        struct key_spec spec = { .type = KEY_RSA, .bits = 2048, .exponent = asked[i].number };
        struct key_place place = place_named("KEY", span_of(NULL, 0));
        struct made m = { .answer = secbuf_new(64 * 1024) };

        assert_int_equal(make_new(d.session, &place, &spec, m.answer), ERR_OK);
        made_read(&m);
        assert_true(span_is_equal(m.a.public.e, asked[i].bytes));
        made_release(&m);
    }
    desk_close(&d);
}

static void
what_we_do_not_make_is_refused(void **state)
{
    static const struct {
        struct key_spec spec;
        enum err err;
    } specs[] = { { { .type = KEY_RSA, .bits = 1024 }, ERR_ARG },
                  { { .type = KEY_RSA, .bits = 2049 }, ERR_ARG },
                  { { .type = KEY_RSA, .bits = 8192 }, ERR_ARG },
                  { { .type = KEY_RSA, .bits = 2048, .exponent = 4 }, ERR_ARG },
                  { { .type = KEY_RSA, .bits = 2048, .exponent = 1 }, ERR_ARG },
                  { { .type = KEY_RSA, .bits = 2048, .exponent = 0x100000001 }, ERR_ARG },
                  { { .type = KEY_RSA, .curve = CURVE_P256, .bits = 2048 }, ERR_ARG },
                  { { .type = KEY_EC, .curve = CURVE_NONE }, ERR_ARG },
                  { { .type = KEY_EC, .curve = CURVE_ED25519 }, ERR_ARG },
                  { { .type = KEY_OCT, .bits = 64 }, ERR_ARG },
                  { { .type = KEY_OCT, .bits = 0 }, ERR_ARG },
                  { { .type = KEY_OKP, .curve = CURVE_ED25519 }, ERR_UNSUPPORTED },
                  { { .type = KEY_NONE }, ERR_ARG } };
    struct key_place place = place_named("KEY", span_of(NULL, 0));
    struct secbuf *answer;
    struct desk d;

    NEEDS_TOKEN();
    d = desk_open();
    answer = secbuf_new(4096);
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        assert_int_equal(make_new(d.session, &place, &specs[i].spec, answer), specs[i].err);
        assert_int_equal(answer->len, 0);
    }
    place.exportable = true;
    assert_int_equal(make_new(d.session, &place,
                              &(struct key_spec){ .type = KEY_RSA, .bits = 2048 }, answer),
                     ERR_ARG);
    secbuf_free(answer);
    desk_close(&d);
}

static void
destroyed_key_is_gone_for_every_session(void **state)
{
    struct key_place place;
    struct session *other;
    struct made m;
    struct desk d;

    NEEDS_TOKEN();
    d = desk_open();
    assert_int_equal(session_new(d.token, GROUP_USE, &other), ERR_OK);
    for (int oct = 0; oct < 2; oct++) {
        enum key_alg alg = oct ? ALG_HS256 : ALG_ES256;

        m = oct ? new_key(d.session, KEY_OCT, CURVE_NONE, 256)
                : new_key(d.session, KEY_EC, CURVE_P256, 256);
        place = place_named("KEY", m.a.sealed);
        assert_int_equal(try_sign(d.session, &m.where, alg), ERR_OK);
        assert_int_equal(try_sign(other, &m.where, alg), ERR_OK);
        assert_int_equal(make_destroy(d.session, &place), ERR_OK);
        assert_int_equal(try_sign(d.session, &m.where, alg), ERR_NOT_FOUND);
        assert_int_equal(try_sign(other, &m.where, alg), ERR_NOT_FOUND);
        assert_int_equal(objects_of(other, &m.where), 0);
        assert_int_equal(make_destroy(other, &place), ERR_OK);
        made_release(&m);
    }
    session_free(other);
    desk_close(&d);
}

static void
parts_that_do_not_fit_are_not_imported(void **state)
{
    struct key_place place = place_named("KEY", span_of(NULL, 0));
    struct secbuf *answer = secbuf_new(4096);
    struct parts ec, other, rsa;
    struct desk d;

    NEEDS_TOKEN();
    d = desk_open();
    ec = parts_ec(CURVE_P256);
    other = parts_ec(CURVE_P256);
    rsa = parts_rsa(2048);
    other.p.x = ec.p.x;
    other.p.y = ec.p.y;
    assert_int_equal(make_import(d.session, &place, &other.p, answer), ERR_SYNTAX);
    ec.p.curve = CURVE_P384;
    assert_int_not_equal(make_import(d.session, &place, &ec.p, answer), ERR_OK);
    rsa.p.qi = span_of(NULL, 0);
    assert_int_equal(make_import(d.session, &place, &rsa.p, answer), ERR_ARG);
    rsa.p.qi = rsa.p.dq;
    assert_int_equal(make_import(d.session, &place, &rsa.p, answer), ERR_SYNTAX);
    assert_int_equal(answer->len, 0);
    secbuf_free(ec.store);
    secbuf_free(other.store);
    secbuf_free(rsa.store);
    secbuf_free(answer);
    desk_close(&d);
}

/* --------------------------------------------------------------------- BYOK */

static struct buf
transported(const struct key_public *kek, struct span plain)
{
    struct buf b;

    buf_init(&b, 16 * 1024);
    assert_int_equal(key_transport_wrap(TRANSPORT_CKM_RSA_AES, kek, plain, &b), ERR_OK);
    return b;
}

static enum err
try_byok(struct session *s, const struct made *kek, enum key_type type, struct span ciphertext,
         struct made *out)
{
    struct key_place by = place_named("KEK", kek->a.sealed);
    struct key_place place = place_named("KEY", span_of(NULL, 0));
    enum err e;

    *out = (struct made){ .answer = secbuf_new(64 * 1024) };
    e = make_byok(s, &by, &place, type, ciphertext, out->answer);
    if (e == ERR_OK)
        made_read(out);
    else
        assert_int_equal(out->answer->len, 0);
    return e;
}

static void
transported_pair_is_opened_in_the_token(void **state)
{
    static const enum key_alg algs[] = { ALG_RS256, ALG_ES256, ALG_ES384, ALG_ES512,
                                         ALG_ES256K };
    struct made kek;
    struct desk d;

    NEEDS_TOKEN();
    d = desk_open();
    kek = new_key(d.session, KEY_RSA, CURVE_NONE, 2048);
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        const struct key_alg_info *a = key_alg_info(algs[i]);
        struct parts parts = a->type == KEY_RSA ? parts_rsa(2048) : parts_ec(a->curve);
        struct key_use u = { .op = KEY_SIGN, .alg = algs[i], .bytes = digest_for(algs[i]) };
        struct secbuf *plain = secbuf_new(KEY_PRIVATE_MAX);
        struct key *k = NULL;
        struct used sig, said;
        struct made m;
        struct buf c;

        assert_int_equal(key_import(&parts.p, &k), ERR_OK);
        assert_int_equal(key_put_plain(k, plain), ERR_OK);
        c = transported(&kek.a.public, secbuf_span(plain));
        assert_int_equal(try_byok(d.session, &kek, a->type, buf_span(&c), &m), ERR_OK);
        assert_true(span_is_equal(m.a.public.x, key_public(k)->x));
        assert_true(span_is_equal(m.a.public.y, key_public(k)->y));
        assert_true(span_is_equal(m.a.public.n, key_public(k)->n));
        assert_int_equal(objects_of(d.session, &m.where), 1);
        sig = used_by_token(d.session, &m.where, &u);
        u.op = KEY_VERIFY;
        u.signature = secbuf_span(sig.value);
        said = used_by_key(k, &u);
        assert_int_equal(said.err, ERR_OK);
        used_release(&sig);
        used_release(&said);
        made_release(&m);
        buf_release(&c);
        key_free(k);
        secbuf_free(plain);
        secbuf_free(parts.store);
    }
    made_release(&kek);
    desk_close(&d);
}

static void
transported_bytes_become_both_halves_of_an_oct_key(void **state)
{
    struct made kek, m;
    struct desk d;

    NEEDS_TOKEN();
    d = desk_open();
    kek = new_key(d.session, KEY_RSA, CURVE_NONE, 3072);
    for (size_t len = 16; len <= 32; len += 8) {
        struct buf c = transported(&kek.a.public, span_of(some_bytes, len));
        struct key_parts parts = { .type = KEY_OCT, .k = span_of(some_bytes, len) };
        struct key_use u = { .op = KEY_SIGN, .alg = ALG_HS256, .bytes = digest_for(ALG_HS256) };
        struct used mine, theirs;
        struct key *k = NULL;

        assert_int_equal(key_import(&parts, &k), ERR_OK);
        assert_int_equal(try_byok(d.session, &kek, KEY_OCT, buf_span(&c), &m), ERR_OK);
        assert_int_equal(m.a.public.bits, len * 8);
        u = (struct key_use){ .op = KEY_WRAP,
                              .alg = ALG_CKM_AES_KWP,
                              .bytes = span_of(some_bytes, 9) };
        mine = used_by_token(d.session, &m.where, &u);
        theirs = used_by_key(k, &u);
        assert_int_equal(mine.err, ERR_OK);
        assert_true(span_is_equal(secbuf_span(mine.value), secbuf_span(theirs.value)));
        used_release(&mine);
        used_release(&theirs);
        key_free(k);
        made_release(&m);
        buf_release(&c);
    }
    made_release(&kek);
    desk_close(&d);
}

static void
what_does_not_open_leaves_nothing_in_the_token(void **state)
{
    struct made kek, ec, m;
    struct buf c;
    struct desk d;

    NEEDS_TOKEN();
    d = desk_open();
    kek = new_key(d.session, KEY_RSA, CURVE_NONE, 2048);
    ec = new_key(d.session, KEY_EC, CURVE_P256, 256);
    c = transported(&kek.a.public, span_of(some_bytes, 32));
    /* no PKCS#8 in it; too short a key; a bit of each part; cut; nothing; by a key of EC */
    assert_int_equal(try_byok(d.session, &kek, KEY_RSA, buf_span(&c), &m), ERR_SYNTAX);
    made_release(&m);
    for (size_t at = 10; at < c.len; at += 256) {
        c.ptr[at] ^= 1;
        assert_int_equal(try_byok(d.session, &kek, KEY_OCT, buf_span(&c), &m), ERR_SYNTAX);
        made_release(&m);
        c.ptr[at] ^= 1;
    }
    assert_int_equal(try_byok(d.session, &kek, KEY_OCT, span_head(buf_span(&c), 264), &m),
                     ERR_SYNTAX);
    made_release(&m);
    assert_int_equal(try_byok(d.session, &kek, KEY_OCT, span_of(NULL, 0), &m), ERR_SYNTAX);
    made_release(&m);
    assert_int_equal(try_byok(d.session, &ec, KEY_OCT, buf_span(&c), &m), ERR_ARG);
    made_release(&m);
    buf_release(&c);
    made_release(&kek);
    made_release(&ec);
    desk_close(&d);
}

enum { MAKERS = 4, MADE_EACH = 60 };

struct maker {
    struct token *token;
    enum err first; /* that was no success */
};

/* Made and imported by turns; each is looked up to sign, and every second one destroyed. */
static enum err
make_one(struct session *s, const struct parts *parts, unsigned i)
{
    struct key_place place = place_named("KEY", span_of(NULL, 0));
    struct key_spec spec = { .type = KEY_EC, .curve = CURVE_P256, .bits = 256 };
    struct made m = { .answer = secbuf_new(64 * 1024) };
    enum err e = i % 3 == 0 ? make_new(s, &place, &spec, m.answer)
                            : make_import(s, &place, &parts->p, m.answer);

    if (e == ERR_OK) {
        made_read(&m);
        e = try_sign(s, &m.where, ALG_ES256);
    }
    if (e == ERR_OK && i % 2 == 0) {
        place.sealed = m.a.sealed;
        e = make_destroy(s, &place);
    }
    made_release(&m);
    return e;
}

static void *
make_many(void *arg)
{
    struct maker *w = arg;
    struct parts parts = parts_ec(CURVE_P256);
    struct session *s = NULL;

    w->first = session_new(w->token, GROUP_MAKE, &s);
    for (unsigned i = 0; i < MADE_EACH && w->first == ERR_OK; i++)
        w->first = make_one(s, &parts, i);
    session_free(s);
    secbuf_free(parts.store);
    return NULL;
}

static void
many_make_and_look_up_at_once(void **state)
{
    struct maker makers[MAKERS];
    pthread_t threads[MAKERS];
    struct desk d;

    NEEDS_TOKEN();
    d = desk_open();
    for (int i = 0; i < MAKERS; i++) {
        makers[i] = (struct maker){ .token = d.token };
        assert_int_equal(pthread_create(&threads[i], NULL, make_many, &makers[i]), 0);
    }
    for (int i = 0; i < MAKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < MAKERS; i++)
        assert_int_equal(makers[i].first, ERR_OK);
    desk_close(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_keys_work_and_do_not_leave_the_token),
        cmocka_unit_test(exponent_is_the_one_asked_for),
        cmocka_unit_test(what_we_do_not_make_is_refused),
        cmocka_unit_test(destroyed_key_is_gone_for_every_session),
        cmocka_unit_test(parts_that_do_not_fit_are_not_imported),
        cmocka_unit_test(transported_pair_is_opened_in_the_token),
        cmocka_unit_test(transported_bytes_become_both_halves_of_an_oct_key),
        cmocka_unit_test(what_does_not_open_leaves_nothing_in_the_token),
        cmocka_unit_test(many_make_and_look_up_at_once),
    };

    return cmocka_run_group_tests_name("token/make", tests, box_setup, box_teardown);
}

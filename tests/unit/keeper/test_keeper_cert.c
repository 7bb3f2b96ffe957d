/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys with certificates over real links: signed for, put into a secret, taken in from files,
 * carried on to another version; and refused where a front that was taken over would try.
 */
#include "../shell.h"
#include "codec/b64.h"
#include "crypto/cert_file.h"
#include "crypto/cert_spec.h"
#include "keeper/ask_cert.h"
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

static struct made
new_cert_key(enum key_type type, bool in_secret, bool exportable)
{
    struct key_place place = place_at(&vault, "KEY", span_of(NULL, 0));
    struct key_spec spec = { .type = type,
                             .curve = type == KEY_EC ? CURVE_P256 : CURVE_NONE,
                             .bits = type == KEY_RSA ? 2048 : 0 };
    struct made m;

    place.in_secret = in_secret;
    place.exportable = exportable;
    assert_int_equal(try_new(front, &place, &spec, &m), ERR_OK);
    return m;
}

/* A self-signed certificate as a front makes it: composed here, signed there. */
static struct buf
self_signed(const struct made *m)
{
    struct key_place place = place_of(&vault, m);
    struct cert_spec s = { .subject = span_str("CN=x"),
                           .path_length = -1,
                           .not_before = 1800000000,
                           .not_after = 1900000000 };
    struct secbuf *sig = secbuf_new(QUESTION_ROOM);
    struct cert_digest d;
    struct key_use_answer a;
    struct buf tbs, der;
    struct key_use u;

    buf_init(&tbs, CERT_TBS_MAX);
    buf_init(&der, CERT_TBS_MAX);
    cert_serial_fill(s.serial);
    assert_int_equal(cert_tbs_put(&s, &m->a.public, &tbs), ERR_OK);
    assert_int_equal(cert_digest(&m->a.public, buf_span(&tbs), &d), ERR_OK);
    u = (struct key_use){ .op = KEY_SIGN, .alg = d.alg, .bytes = span_of(d.bytes, d.len) };
    assert_int_equal(use_key(front, &place, &u, sig), ERR_OK);
    assert_int_equal(key_use_answer_read(secbuf_span(sig), &a), ERR_OK);
    assert_int_equal(cert_assemble(&m->a.public, buf_span(&tbs), a.value, &der), ERR_OK);
    secbuf_free(sig);
    buf_release(&tbs);
    return der;
}

static struct object_id
secret_id(const char *vault_id, const char *name, const char *version)
{
    return object_of(vault_id, name, version);
}

static enum err
ask_secret(struct peer *p, const struct key_place *place, const struct object_id *id,
           enum cert_form form, const struct buf *cert, struct secbuf *sealed)
{
    struct span chain = buf_span(cert);
    struct buf q = question();
    enum err e;

    keeper_pack_cert_secret(sink_buf(&q), place, id, form, &chain, 1);
    e = ask(p, KEEPER_CERT_SECRET, &q, sealed);
    buf_release(&q);
    return e;
}

/* What a GET of the secret would show. */
static struct secbuf *
secret_value(const struct key_place *place, const struct buf *cert, enum cert_form form)
{
    struct object_id id = secret_id(GUID_A, "KEY", VERSION_1);
    struct secbuf *sealed = secbuf_new(QUESTION_ROOM), *text = secbuf_new(QUESTION_ROOM);
    struct buf q = question();

    assert_int_equal(ask_secret(front, place, &id, form, cert, sealed), ERR_OK);
    keeper_pack_open(sink_buf(&q), &place->vault, &id, secbuf_span(sealed));
    assert_int_equal(ask(front, KEEPER_OPEN, &q, text), ERR_OK);
    buf_release(&q);
    secbuf_free(sealed);
    return text;
}

static void
the_secret_holds_key_and_certificate(void **state)
{
    static const enum key_type types[] = { KEY_RSA, KEY_EC };
    static const enum cert_form forms[] = { CERT_FORM_PFX, CERT_FORM_PEM };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct made m = new_cert_key(types[i % 2], true, false);
        struct key_place place = place_of(&vault, &m);
        struct buf cert = self_signed(&m);
        struct secbuf *text = secret_value(&place, &cert, forms[i / 2]);
        struct cert_file f;
        struct key *k = NULL;

        assert_int_equal(cert_file_read(secbuf_span(text), span_str(""), forms[i / 2], &f),
                         ERR_OK);
        assert_true(f.count == 1 && span_is_equal(f.certs[0], buf_span(&cert)));
        assert_int_equal(key_import(&f.parts, &k), ERR_OK);
        assert_true(span_is_equal(key_public(k)->x, m.a.public.x) &&
                    span_is_equal(key_public(k)->n, m.a.public.n));
        key_free(k);
        cert_file_release(&f);
        secbuf_free(text);
        buf_release(&cert);
        made_release(&m);
    }
}

static void
a_key_that_was_not_made_for_it_is_in_no_secret(void **state)
{
    struct object_id id = secret_id(GUID_A, "KEY", VERSION_1);

    (void)state;
    for (int exportable = 0; exportable < 2; exportable++) {
        struct made m = new_cert_key(KEY_EC, false, exportable == 1);
        struct key_place place = place_of(&vault, &m), bare;
        struct buf cert = self_signed(&m);
        struct secbuf *text;
        struct cert_file f;

        assert_int_equal(ask_secret(front, &place, &id, CERT_FORM_PFX, &cert, NULL),
                         ERR_DENIED);
        place.in_secret = true; /* that was settled when it was made */
        assert_int_equal(ask_secret(front, &place, &id, CERT_FORM_PEM, &cert, NULL), ERR_ARG);
        bare = place_at(&vault, "KEY", span_of(NULL, 0));
        text = secret_value(&bare, &cert, CERT_FORM_PEM);
        assert_int_equal(cert_file_read(secbuf_span(text), span_str(""), CERT_FORM_ANY, &f),
                         ERR_CERT_NO_KEY);
        secbuf_free(text);
        buf_release(&cert);
        made_release(&m);
    }
}

static void
a_key_for_a_secret_is_not_released(void **state)
{
    struct made m = new_cert_key(KEY_EC, true, false), rsa = new_cert_key(KEY_RSA, true, false);
    struct key_place place = place_of(&vault, &m);
    struct buf q = question();

    (void)state;
    keeper_pack_key_release(sink_buf(&q), &place, TRANSPORT_RSA_AES_256, &rsa.a.public);
    assert_int_equal(ask(front, KEEPER_KEY_RELEASE, &q, NULL), ERR_DENIED);
    buf_release(&q);
    made_release(&m);
    made_release(&rsa);
}

static void
the_secret_is_the_keys_own(void **state)
{
    struct made m = new_cert_key(KEY_EC, true, false);
    struct key_place place = place_of(&vault, &m);
    struct buf cert = self_signed(&m);
    struct object_id wrong[] = {
        secret_id(GUID_A, "OTHER", VERSION_1), secret_id(GUID_A, "KEY", VERSION_2),
        secret_id(GUID_B, "KEY", VERSION_1),   secret_id(GUID_A, "KEY", VERSION_1),
        secret_id(GUID_A, "KEY", VERSION_1),
    };

    (void)state;
    wrong[3].kind = KIND_KEY;
    wrong[4].kind = KIND_CERTIFICATE;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(ask_secret(front, &place, &wrong[i], CERT_FORM_PFX, &cert, NULL),
                         ERR_DENIED);
    wrong[3].kind = KIND_SECRET;
    assert_int_equal(ask_secret(scribe, &place, &wrong[3], CERT_FORM_PFX, &cert, NULL),
                     ERR_DENIED);
    assert_int_equal(ask_secret(clerk, &place, &wrong[3], CERT_FORM_PFX, &cert, NULL), ERR_OK);
    assert_int_equal(ask_secret(front, &place, &wrong[3], CERT_FORM_ANY, &cert, NULL), ERR_ARG);
    buf_release(&cert);
    made_release(&m);
}

static void
a_chain_must_be_one_of_the_key(void **state)
{
    struct object_id id = secret_id(GUID_A, "KEY", VERSION_1);
    struct made m = new_cert_key(KEY_EC, true, false), o = new_cert_key(KEY_EC, true, false);
    struct key_place place = place_of(&vault, &m);
    struct buf cert = self_signed(&m), others = self_signed(&o), q = question();

    (void)state;
    assert_int_equal(ask_secret(front, &place, &id, CERT_FORM_PFX, &others, NULL),
                     ERR_CERT_MISMATCH);
    others.ptr[0] ^= 1;
    assert_int_equal(ask_secret(front, &place, &id, CERT_FORM_PFX, &others, NULL), ERR_FORMAT);
    keeper_pack_cert_secret(sink_buf(&q), &place, &id, CERT_FORM_PEM, NULL, 0);
    assert_int_equal(ask(front, KEEPER_CERT_SECRET, &q, NULL), ERR_ARG);
    buf_clear(&q);
    buf_release(&cert);
    buf_release(&others);
    buf_release(&q);
    made_release(&m);
    made_release(&o);
}

/* 32 certificates may be in a chain, but a secret has 25,600 characters. */
static void
a_secret_has_a_size(void **state)
{
    struct object_id id = secret_id(GUID_A, "KEY", VERSION_1);
    struct made m = new_cert_key(KEY_RSA, true, false);
    struct key_place place = place_of(&vault, &m);
    struct buf cert = self_signed(&m), q = question();
    struct span many[CERT_CHAIN_MAX];

    (void)state;
    for (size_t i = 0; i < CERT_CHAIN_MAX; i++)
        many[i] = buf_span(&cert);
    keeper_pack_cert_secret(sink_buf(&q), &place, &id, CERT_FORM_PEM, many, CERT_CHAIN_MAX);
    assert_int_equal(ask(front, KEEPER_CERT_SECRET, &q, NULL), ERR_VALUE_TOO_LARGE);
    buf_clear(&q);
    keeper_pack_cert_secret(sink_buf(&q), &place, &id, CERT_FORM_PEM, many, 16);
    assert_int_equal(ask(front, KEEPER_CERT_SECRET, &q, NULL), ERR_OK);
    buf_release(&cert);
    buf_release(&q);
    made_release(&m);
}

static enum err
ask_import(struct peer *p, struct span text, const char *password, bool in_secret,
           struct secbuf *answer)
{
    struct key_place place = place_at(&vault, "KEY", span_of(NULL, 0));
    struct buf q = question();
    enum err e;

    place.in_secret = in_secret;
    keeper_pack_cert_import(sink_buf(&q), &place, CERT_FORM_ANY, text, span_str(password));
    e = ask(p, KEEPER_CERT_IMPORT, &q, answer);
    buf_release(&q);
    return e;
}

/* A file: the secret of a key of ours. */
static struct secbuf *
some_file(enum key_type type, enum cert_form form)
{
    struct made m = new_cert_key(type, true, false);
    struct key_place place = place_of(&vault, &m);
    struct buf cert = self_signed(&m);
    struct secbuf *text = secret_value(&place, &cert, form);

    buf_release(&cert);
    made_release(&m);
    return text;
}

static void
a_file_becomes_a_key_that_works(void **state)
{
    static const enum key_type types[] = { KEY_RSA, KEY_EC };
    static const enum cert_form forms[] = { CERT_FORM_PFX, CERT_FORM_PEM };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct secbuf *text = some_file(types[i % 2], forms[i / 2]);
        struct secbuf *answer = secbuf_new(QUESTION_ROOM), *again;
        struct cert_import_answer a;
        struct key_place place;
        struct cert *c = NULL;
        struct buf cert;

        assert_int_equal(ask_import(front, secbuf_span(text), "", true, answer), ERR_OK);
        assert_int_equal(cert_import_answer_read(secbuf_span(answer), &a), ERR_OK);
        assert_int_equal(a.count, 1);
        assert_int_equal(cert_new(a.certs[0], &c), ERR_OK);
        assert_true(cert_is_of_key(c, &a.key.public));
        place = place_at(&vault, "KEY", a.key.sealed);
        assert_int_equal(try_sign(front, &place, i % 2 == 0 ? ALG_RS256 : ALG_ES256), ERR_OK);
        assert_int_equal(open_as(front, &place, KIND_SECRET), ERR_INTEGRITY);
        buf_init(&cert, CERT_MAX);
        buf_put(&cert, a.certs[0]);
        again = secret_value(&place, &cert, CERT_FORM_PEM);
        cert_free(c);
        buf_release(&cert);
        secbuf_free(again);
        secbuf_free(answer);
        secbuf_free(text);
    }
}

static void
files_are_taken_of_fronts_alone(void **state)
{
    struct secbuf *text = some_file(KEY_EC, CERT_FORM_PEM);

    (void)state;
    assert_int_equal(ask_import(clerk, secbuf_span(text), "", true, NULL), ERR_DENIED);
    assert_int_equal(ask_import(scribe, secbuf_span(text), "", true, NULL), ERR_DENIED);
    secbuf_free(text);
}

static void
bad_files_have_their_own_answers(void **state)
{
    struct secbuf *pfx = some_file(KEY_EC, CERT_FORM_PFX),
                  *pem = some_file(KEY_EC, CERT_FORM_PEM);
    struct buf big = question();

    (void)state;
    assert_int_equal(ask_import(front, secbuf_span(pfx), "x", true, NULL), ERR_CERT_PASSWORD);
    assert_int_equal(ask_import(front, span_head(secbuf_span(pfx), 400), "", true, NULL),
                     ERR_SYNTAX);
    assert_int_equal(ask_import(front, span_head(secbuf_span(pem), 300), "", true, NULL),
                     ERR_SYNTAX);
    assert_int_equal(ask_import(front, span_tail(secbuf_span(pem), 60), "", true, NULL),
                     ERR_CERT_NO_KEY);
    assert_int_equal(ask_import(front, span_str(""), "", true, NULL), ERR_SYNTAX);
    for (size_t i = 0; i <= CERT_FILE_MAX; i++)
        buf_put_byte(&big, 'A');
    assert_int_equal(
        ask_import(front, span_head(buf_span(&big), CERT_FILE_MAX), "", true, NULL),
        ERR_SYNTAX);
    assert_int_equal(ask_import(front, buf_span(&big), "", true, NULL), ERR_ARG);
    buf_release(&big);
    secbuf_free(pfx);
    secbuf_free(pem);
}

static unsigned busy, answered;

static void
count_answer(void *arg, struct peer *p, const struct ipc_msg *m)
{
    (void)arg;
    (void)p;
    answered++;
    busy += m->status == ERR_BUSY;
    assert_true(m->status == ERR_BUSY || m->status == ERR_OK);
}

/* A file that takes a while, many times at once: most hear that there is no room, and who asks
 * for something else does not wait. */
static void
slow_files_wait_in_a_short_queue(void **state)
{
    struct key_place place = place_at(&vault, "KEY", span_of(NULL, 0));
    struct made m = new_cert_key(KEY_EC, true, false);
    struct key_place other = place_of(&vault, &m);
    struct buf q = question(), pfx = question(), text = question();
    struct peer *second = link_as(ROLE_FRONT, 1);
    enum { MANY = 20 };

    (void)state;
    if (!shell_has("openssl"))
        skip();
    assert_int_equal(
        shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
              "-keyout k -out c -subj /CN=a && openssl pkcs12 -export -iter 50000 "
              "-inkey k -in c -passout pass:x -out p"),
        0);
    assert_true(shell_read("p", &pfx));
    b64_put(sink_buf(&text), buf_span(&pfx));
    keeper_pack_cert_import(sink_buf(&q), &place, CERT_FORM_PFX, buf_span(&text),
                            span_str("x"));
    for (uint64_t i = 0; i < MANY; i++)
        assert_int_equal(peer_post(front, KEEPER_CERT_IMPORT, 1000 + i, ERR_OK, buf_span(&q)),
                         ERR_OK);
    assert_int_equal(peer_flush(front), ERR_OK);
    assert_int_equal(try_sign(second, &other, ALG_ES256), ERR_OK);
    busy = answered = 0;
    while (answered < MANY) {
        wait_readable(front);
        assert_int_equal(peer_drain(front, count_answer, NULL), ERR_OK);
    }
    assert_true(busy >= MANY - 10 && busy < MANY);
    peer_free(second);
    buf_release(&q);
    buf_release(&pfx);
    buf_release(&text);
    made_release(&m);
}

static enum err
ask_copy(struct peer *p, const struct key_place *from, const struct key_place *to,
         struct secbuf *answer)
{
    struct buf q = question();
    enum err e;

    keeper_pack_keypair_copy(sink_buf(&q), from, to);
    e = ask(p, KEEPER_KEYPAIR_COPY, &q, answer);
    buf_release(&q);
    return e;
}

static void
a_copy_is_the_same_key_in_another_version(void **state)
{
    struct made m = new_cert_key(KEY_EC, true, false);
    struct key_place from = place_of(&vault, &m),
                     to = place_at(&vault, "KEY", span_of(NULL, 0));
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct keypair_answer a;

    (void)state;
    to.id.version = span_str(VERSION_2);
    assert_int_equal(ask_copy(clerk, &from, &to, answer), ERR_OK);
    assert_int_equal(keypair_answer_read(secbuf_span(answer), &a), ERR_OK);
    assert_true(span_is_equal(a.public.x, m.a.public.x));
    to.sealed = a.sealed;
    assert_int_equal(try_sign(front, &to, ALG_ES256), ERR_OK);
    to.id.version = span_str(VERSION_1); /* it opens where it lies, and nowhere else */
    assert_int_equal(try_sign(front, &to, ALG_ES256), ERR_INTEGRITY);
    secbuf_free(answer);
    made_release(&m);
}

static void
a_copy_may_do_no_more(void **state)
{
    struct made m = new_cert_key(KEY_EC, false, false);
    struct key_place from = place_of(&vault, &m),
                     to = place_at(&vault, "KEY", span_of(NULL, 0));
    struct object_id id = secret_id(GUID_A, "KEY", VERSION_2);
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct buf cert = self_signed(&m);
    struct keypair_answer a;

    (void)state;
    to.id.version = span_str(VERSION_2);
    to.in_secret = to.exportable = true; /* not read */
    assert_int_equal(ask_copy(front, &from, &to, answer), ERR_OK);
    assert_int_equal(keypair_answer_read(secbuf_span(answer), &a), ERR_OK);
    to.in_secret = to.exportable = false;
    to.sealed = a.sealed;
    assert_int_equal(ask_secret(front, &to, &id, CERT_FORM_PFX, &cert, NULL), ERR_DENIED);
    secbuf_free(answer);
    buf_release(&cert);
    made_release(&m);
}

static void
a_copy_stays_with_its_name(void **state)
{
    struct made m = new_cert_key(KEY_EC, true, true);
    struct key_place from = place_of(&vault, &m),
                     to = place_at(&vault, "OTHER", span_of(NULL, 0));

    (void)state;
    assert_int_equal(ask_copy(front, &from, &to, NULL), ERR_DENIED);
    to = place_at(&vault, "KEY", span_of(NULL, 0));
    to.id.kind = KIND_SECRET;
    assert_int_equal(ask_copy(front, &from, &to, NULL), ERR_DENIED);
    to.id.kind = KIND_KEY;
    assert_int_equal(ask_copy(scribe, &from, &to, NULL), ERR_DENIED);
    from.id.version = span_str(VERSION_2);
    assert_int_equal(ask_copy(front, &from, &to, NULL), ERR_INTEGRITY);
    made_release(&m);
}

static int
group_setup(void **state)
{
    return shell_begin() ? served_group_setup(state) : -1;
}

static int
group_teardown(void **state)
{
    shell_end();
    return served_group_teardown(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_secret_holds_key_and_certificate),
        TEST(a_key_that_was_not_made_for_it_is_in_no_secret),
        TEST(a_key_for_a_secret_is_not_released),
        TEST(the_secret_is_the_keys_own),
        TEST(a_chain_must_be_one_of_the_key),
        TEST(a_secret_has_a_size),
        TEST(a_file_becomes_a_key_that_works),
        TEST(files_are_taken_of_fronts_alone),
        TEST(bad_files_have_their_own_answers),
        TEST(slow_files_wait_in_a_short_queue),
        TEST(a_copy_is_the_same_key_in_another_version),
        TEST(a_copy_may_do_no_more),
        TEST(a_copy_stays_with_its_name),
    };

    return cmocka_run_group_tests_name("keeper/cert", tests, group_setup, group_teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Signing keys, certificates and passwords over real links. */
#include "crypto/scrypt.h"
#include "crypto/verify.h"
#include "crypto/x509.h"
#include "served.h"

struct signing {
    struct buf wrapped, spki, cert;
};

static void
signing_release(struct signing *s)
{
    buf_release(&s->wrapped);
    buf_release(&s->spki);
    buf_release(&s->cert);
}

static struct signing
new_signing(struct peer *clerk, enum key_purpose purpose, const char *id)
{
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct buf q = question();
    struct signing s;

    keeper_pack_signkey_new(sink_buf(&q), purpose, span_str(id));
    assert_int_equal(ask(clerk, KEEPER_SIGNKEY_NEW, &q, answer), ERR_OK);
    s = (struct signing){ field(answer, 0), field(answer, 1), field(answer, 2) };
    buf_release(&q);
    secbuf_free(answer);
    return s;
}

static enum err
sign(struct peer *p, enum key_purpose purpose, const char *id, const struct buf *wrapped,
     enum sign_alg alg, enum sign_digest digest, struct span bytes, struct secbuf *out)
{
    struct wrapped w = wrapped_of(purpose, id, buf_span(wrapped));
    struct buf q = question();
    enum err e;

    keeper_pack_sign(sink_buf(&q), &w, alg, digest, bytes);
    e = ask(p, KEEPER_SIGN, &q, out);
    buf_release(&q);
    return e;
}

static void
token_key_signs_tokens_only(void **state)
{
    struct peer *clerk = link_as(ROLE_CLERK, 0), *front = link_as(ROLE_FRONT, 0),
                *scribe = link_as(ROLE_SCRIBE, 0);
    struct signing s = new_signing(clerk, PURPOSE_TOKEN, "kid");
    struct secbuf *sig = secbuf_new(SIGNATURE_MAX);
    struct verifykey *v = NULL;
    struct cert *c = NULL;
    struct span m = span_str("header.payload"), n, e;

    (void)state;
    assert_int_equal(
        sign(front, PURPOSE_TOKEN, "kid", &s.wrapped, SIGN_RS256, SIGN_DIGEST_NONE, m, sig),
        ERR_OK);
    assert_int_equal(cert_new(buf_span(&s.cert), &c), ERR_OK);
    assert_true(span_is_equal(cert_spki(c), buf_span(&s.spki)));
    assert_true(cert_rsa(c, &n, &e));
    assert_int_equal(verifykey_from_rsa(n, e, &v), ERR_OK);
    assert_int_equal(verifykey_check(v, SIG_RS256, m, secbuf_span(sig)), ERR_OK);
    assert_int_equal(sign(front, PURPOSE_TOKEN, "kid", &s.wrapped, SIGN_RSA_PKCS1, SIGN_SHA256,
                          span_str("0123456789abcdef0123456789abcdef"), NULL),
                     ERR_DENIED);
    assert_int_equal(sign(front, PURPOSE_TLS, "kid", &s.wrapped, SIGN_RSA_PKCS1, SIGN_SHA256,
                          span_str("0123456789abcdef0123456789abcdef"), NULL),
                     ERR_INTEGRITY);
    assert_int_equal(
        sign(scribe, PURPOSE_TOKEN, "kid", &s.wrapped, SIGN_RS256, SIGN_DIGEST_NONE, m, NULL),
        ERR_DENIED);
    verifykey_free(v);
    cert_free(c);
    signing_release(&s);
    secbuf_free(sig);
    peer_free(clerk);
    peer_free(front);
    peer_free(scribe);
}

static void
release_key_signs_releases_and_shows_a_certificate(void **state)
{
    struct peer *clerk = link_as(ROLE_CLERK, 0), *front = link_as(ROLE_FRONT, 0);
    struct signing s = new_signing(clerk, PURPOSE_RELEASE, "kid");
    struct span m = span_str("header.payload");
    struct cert *c = NULL;

    (void)state;
    assert_int_equal(cert_new(buf_span(&s.cert), &c), ERR_OK);
    assert_true(span_is_equal(cert_spki(c), buf_span(&s.spki)));
    assert_string_equal(cert_subject(c), "CN=Keyhold key release");
    assert_int_equal(
        sign(front, PURPOSE_RELEASE, "kid", &s.wrapped, SIGN_RS256, SIGN_DIGEST_NONE, m, NULL),
        ERR_OK);
    /* It neither passes for a token key nor does anything else, nor for anybody else. */
    assert_int_equal(
        sign(front, PURPOSE_TOKEN, "kid", &s.wrapped, SIGN_RS256, SIGN_DIGEST_NONE, m, NULL),
        ERR_INTEGRITY);
    assert_int_equal(sign(front, PURPOSE_RELEASE, "kid", &s.wrapped, SIGN_RSA_PSS, SIGN_SHA256,
                          span_str("0123456789abcdef0123456789abcdef"), NULL),
                     ERR_DENIED);
    assert_int_equal(
        sign(clerk, PURPOSE_RELEASE, "kid", &s.wrapped, SIGN_RS256, SIGN_DIGEST_NONE, m, NULL),
        ERR_DENIED);
    cert_free(c);
    signing_release(&s);
    peer_free(clerk);
    peer_free(front);
}

static void
checkpoints_are_signed_for_the_scribe_not_for_a_front(void **state)
{
    struct peer *clerk = link_as(ROLE_CLERK, 0), *front = link_as(ROLE_FRONT, 0),
                *scribe = link_as(ROLE_SCRIBE, 0);
    struct signing s = new_signing(clerk, PURPOSE_AUDIT, "a1");
    struct secbuf *sig = secbuf_new(SIGNATURE_MAX);
    struct verifykey *v = NULL;

    (void)state;
    assert_int_equal(s.cert.len, 0);
    assert_int_equal(sign(scribe, PURPOSE_AUDIT, "a1", &s.wrapped, SIGN_ED25519,
                          SIGN_DIGEST_NONE, span_str("head"), sig),
                     ERR_OK);
    assert_int_equal(verifykey_from_spki(buf_span(&s.spki), &v), ERR_OK);
    assert_int_equal(verifykey_check(v, SIG_ED25519, span_str("head"), secbuf_span(sig)),
                     ERR_OK);
    assert_int_equal(sign(front, PURPOSE_AUDIT, "a1", &s.wrapped, SIGN_ED25519,
                          SIGN_DIGEST_NONE, span_str("forged"), NULL),
                     ERR_DENIED);
    verifykey_free(v);
    signing_release(&s);
    secbuf_free(sig);
    peer_free(clerk);
    peer_free(front);
    peer_free(scribe);
}

/* The CA's certificate and its wrapped key. */
static struct signing
new_ca(struct peer *clerk)
{
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct buf q = question();
    struct signing s = { 0 };

    keeper_pack_ca_new(sink_buf(&q), span_str("ca1"), span_str("keyhold.localhost"), 1000,
                       2000000000);
    assert_int_equal(ask(clerk, KEEPER_CA_NEW, &q, answer), ERR_OK);
    s.wrapped = field(answer, 0);
    s.cert = field(answer, 1);
    buf_release(&q);
    secbuf_free(answer);
    return s;
}

static enum err
new_leaf(struct peer *clerk, const struct signing *ca, const char *names, struct secbuf *answer)
{
    struct wrapped w = wrapped_of(PURPOSE_CA, "ca1", buf_span(&ca->wrapped));
    struct buf q = question();
    enum err e;

    keeper_pack_leaf_new(sink_buf(&q), &w, buf_span(&ca->cert), span_str("77"), span_str(names),
                         1000, 1900000000);
    e = ask(clerk, KEEPER_LEAF_NEW, &q, answer);
    buf_release(&q);
    return e;
}

static void
leaf_chains_and_its_key_signs_handshakes(void **state)
{
    struct peer *clerk = link_as(ROLE_CLERK, 0), *front = link_as(ROLE_FRONT, 0);
    struct secbuf *answer = secbuf_new(QUESTION_ROOM), *sig = secbuf_new(SIGNATURE_MAX);
    struct signing ca = new_ca(clerk), leaf = { 0 };
    uint8_t hash[SHA256_LEN] = { 7 };

    (void)state;
    assert_int_equal(new_leaf(clerk, &ca, "*.vault.keyhold.localhost,127.0.0.1", answer),
                     ERR_OK);
    leaf.wrapped = field(answer, 0);
    leaf.cert = field(answer, 1);
    assert_int_equal(x509_check_chain(buf_span(&leaf.cert), buf_span(&ca.cert),
                                      "a.vault.keyhold.localhost", 1500),
                     ERR_OK);
    assert_int_equal(sign(front, PURPOSE_TLS, "77", &leaf.wrapped, SIGN_ECDSA, SIGN_SHA256,
                          span_of(hash, sizeof(hash)), sig),
                     ERR_OK);
    assert_int_equal(sign(front, PURPOSE_TLS, "77", &leaf.wrapped, SIGN_ECDSA, SIGN_SHA384,
                          span_of(hash, sizeof(hash)), NULL),
                     ERR_ARG);
    assert_int_equal(sign(front, PURPOSE_TLS, "78", &leaf.wrapped, SIGN_ECDSA, SIGN_SHA256,
                          span_of(hash, sizeof(hash)), NULL),
                     ERR_INTEGRITY);
    assert_int_equal(new_leaf(clerk, &ca, "bad name", NULL), ERR_BAD_NAME);
    assert_int_equal(new_leaf(front, &ca, "localhost", NULL), ERR_DENIED);
    signing_release(&ca);
    signing_release(&leaf);
    secbuf_free(answer);
    secbuf_free(sig);
    peer_free(clerk);
    peer_free(front);
}

static void
operators_key_is_taken_and_junk_is_not(void **state)
{
    struct peer *clerk = link_as(ROLE_CLERK, 0);
    struct buf q = question();

    (void)state;
    keeper_pack_tls_import(sink_buf(&q), span_str("1"), span_str("no PEM"));
    assert_int_equal(ask(clerk, KEEPER_TLS_IMPORT, &q, NULL), ERR_FORMAT);
    buf_clear(&q);
    keeper_pack_tls_import(
        sink_buf(&q), span_str("1"),
        span_str("-----BEGIN PRIVATE KEY-----\n"
                 "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMc\n"
                 "rn9g\n-----END PRIVATE KEY-----\n"));
    assert_int_equal(ask(clerk, KEEPER_TLS_IMPORT, &q, NULL), ERR_OK);
    buf_release(&q);
    peer_free(clerk);
}

static enum err
check_password(struct peer *p, struct span record, const char *password)
{
    struct buf q = question();
    enum err e;

    keeper_pack_password_check(sink_buf(&q), record, span_str(password));
    e = ask(p, KEEPER_PASSWORD_CHECK, &q, NULL);
    buf_release(&q);
    return e;
}

static void
password_is_hashed_and_checked(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct secbuf *record = secbuf_new(SCRYPT_RECORD_MAX);
    struct buf q = question();

    (void)state;
    keeper_pack_password_hash(sink_buf(&q), span_str("correct horse"));
    assert_int_equal(ask(p, KEEPER_PASSWORD_HASH, &q, record), ERR_OK);
    for (int again = 0; again < 2; again++) { /* the second time remembered */
        assert_int_equal(check_password(p, secbuf_span(record), "correct horse"), ERR_OK);
        assert_int_equal(check_password(p, secbuf_span(record), "correct house"),
                         ERR_BAD_SECRET);
    }
    assert_int_equal(check_password(p, span_str("$scrypt$nonsense"), "correct horse"),
                     ERR_FORMAT);
    buf_release(&q);
    secbuf_free(record);
    peer_free(p);
}

struct order {
    uint16_t ops[8];
    unsigned count;
};

static void
note_order(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct order *o = arg;

    (void)p;
    assert_int_equal(m->status, ERR_OK);
    assert_true(o->count < 8);
    o->ops[o->count++] = m->op;
}

static void
slow_question_holds_up_no_quick_one(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct buf hash = question(), none = question();
    struct order o = { 0 };

    (void)state;
    keeper_pack_password_hash(sink_buf(&hash), span_str("a password"));
    assert_int_equal(peer_post(p, KEEPER_PASSWORD_HASH, 1, ERR_OK, buf_span(&hash)), ERR_OK);
    for (uint64_t i = 2; i < 5; i++)
        assert_int_equal(peer_post(p, KEEPER_ROOT_STATE, i, ERR_OK, buf_span(&none)), ERR_OK);
    assert_int_equal(peer_flush(p), ERR_OK);
    while (o.count < 4) {
        wait_readable(p);
        assert_int_equal(peer_drain(p, note_order, &o), ERR_OK);
    }
    assert_int_equal(o.ops[3], KEEPER_PASSWORD_HASH);
    buf_release(&hash);
    peer_free(p);
}

static void
asker_that_leaves_loses_its_slow_answer_only(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 0), *other = link_as(ROLE_FRONT, 0);
    struct buf hash = question(), key;

    (void)state;
    keeper_pack_password_hash(sink_buf(&hash), span_str("a password"));
    assert_int_equal(peer_post(p, KEEPER_PASSWORD_HASH, 1, ERR_OK, buf_span(&hash)), ERR_OK);
    assert_int_equal(peer_flush(p), ERR_OK);
    peer_free(p);
    assert_int_equal(ask(other, KEEPER_PASSWORD_HASH, &hash, NULL), ERR_OK);
    key = new_key(other, PURPOSE_VAULT, GUID_A);
    buf_release(&hash);
    buf_release(&key);
    peer_free(other);
}

#define SERVED(f) cmocka_unit_test_setup_teardown(f, served_start, served_stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(token_key_signs_tokens_only),
        SERVED(release_key_signs_releases_and_shows_a_certificate),
        SERVED(checkpoints_are_signed_for_the_scribe_not_for_a_front),
        SERVED(leaf_chains_and_its_key_signs_handshakes),
        SERVED(operators_key_is_taken_and_junk_is_not),
        SERVED(password_is_hashed_and_checked),
        SERVED(slow_question_holds_up_no_quick_one),
        SERVED(asker_that_leaves_loses_its_slow_answer_only),
    };

    return cmocka_run_group_tests_name("keeper/sign", tests, served_group_setup,
                                       served_group_teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tls.c - handshakes with a key that is elsewhere, tickets, and what is refused.
 *
 * The server's http_tls has only the certificate; `remote_sign` plays the keeper.
 */
#include "bed.h"

#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/clock.h"
#include "http/tls_ticket_int.h"

static struct bed bed;

/* --- the keeper's part ------------------------------------------------------------------ */

static struct remote {
    EVP_PKEY *key;
    unsigned calls;
    enum tls_sig kind;
    enum tls_digest digest;
    enum err fail;
} remote;

static EVP_PKEY *
read_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    assert_non_null(key);
    BIO_free(bio);
    return key;
}

static enum err
remote_sign(void *arg, enum tls_sig kind, enum tls_digest digest, struct span hash,
            uint8_t *sig, size_t cap, size_t *len)
{
    static const EVP_MD *(*const mds[])(void) = { EVP_sha256, EVP_sha384, EVP_sha512 };
    struct remote *r = arg;
    EVP_PKEY_CTX *ctx;
    bool ok;

    r->calls++;
    r->kind = kind;
    r->digest = digest;
    if (r->fail != ERR_OK)
        return r->fail;
    assert_int_equal(hash.len, EVP_MD_get_size(mds[digest]()));
    ctx = EVP_PKEY_CTX_new(r->key, NULL);
    *len = cap;
    ok = EVP_PKEY_sign_init(ctx) == 1 &&
         EVP_PKEY_CTX_set_signature_md(ctx, mds[digest]()) == 1 &&
         (kind != TLS_SIG_RSA_PSS ||
          (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
         EVP_PKEY_sign(ctx, sig, len, hash.ptr, hash.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok ? ERR_OK : ERR_CRYPTO;
}

static void
remote_use(const char *key_pem)
{
    EVP_PKEY_free(remote.key);
    remote = (struct remote){ .key = read_key(key_pem) };
}

static void
open_remote(const char *cert, const char *key)
{
    struct http_tls *tls = NULL;

    remote_use(key);
    assert_int_equal(http_tls_new(span_str(cert), remote_sign, &remote, &tls), ERR_OK);
    bed_open_with(&bed, tls, NULL);
}

static void
close_remote(void)
{
    bed_close(&bed);
    EVP_PKEY_free(remote.key);
    remote.key = NULL;
}

/* --- the client's part ------------------------------------------------------------------ */

static SSL_SESSION *session; /* the last one that a server offered */

static int
on_session(SSL *ssl, SSL_SESSION *s)
{
    (void)ssl;
    SSL_SESSION_free(session);
    session = s;
    return 1;
}

/* A client of that version only, which verifies against `cert`. */
static SSL_CTX *
client_of(int version, const char *cert)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    BIO *bio = BIO_new_mem_buf(cert, -1);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    assert_non_null(ctx);
    assert_non_null(x);
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x), 1);
    X509_free(x);
    BIO_free(bio);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    assert_int_equal(SSL_CTX_set_min_proto_version(ctx, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_session);
    return ctx;
}

/* Takes the context along; false: the handshake failed. */
static bool
shake_hands(struct client *c, SSL_CTX *ctx, bool resume)
{
    uint64_t until = patience();
    int r;

    client_connect(&bed, c);
    c->ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    assert_int_equal(SSL_set_fd(c->ssl, c->fd), 1);
    if (resume)
        assert_int_equal(SSL_set_session(c->ssl, session), 1);
    for (;;) {
        r = SSL_connect(c->ssl);
        bed_pump(&bed);
        assert_false(is_over(until));
        if (r == 1)
            return true;
        r = SSL_get_error(c->ssl, r);
        ERR_clear_error();
        if (r != SSL_ERROR_WANT_READ && r != SSL_ERROR_WANT_WRITE)
            return false;
    }
}

/* One request, by which the ticket of TLS 1.3 arrives too. */
static void
expect_service(struct client *c)
{
    struct answer a;

    client_say(&bed, c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client_take(&bed, c, &a, false);
    assert_int_equal(a.status, 200);
}

static void
expect_handshake(SSL_CTX *ctx, bool resume, bool resumed)
{
    struct client c;

    assert_true(shake_hands(&c, ctx, resume));
    assert_int_equal(SSL_session_reused(c.ssl), resumed);
    expect_service(&c);
    if (SSL_version(c.ssl) == TLS1_2_VERSION) { /* a renewed ticket comes without on_session */
        SSL_SESSION_free(session);
        session = SSL_get1_session(c.ssl);
    }
    (void)SSL_shutdown(c.ssl);
    client_close(&c);
}

/* --- keys that are elsewhere ------------------------------------------------------------ */

static const struct suite {
    const char *name;
    bool rsa;
    int version;
    const char *sigalgs;
    enum tls_sig kind;
    enum tls_digest digest;
} suites[] = {
    /* clang-format off */
    { "TLS 1.3 with P-256",          false, TLS1_3_VERSION, NULL, TLS_SIG_ECDSA, TLS_SHA256 },
    { "TLS 1.2 with P-256",          false, TLS1_2_VERSION, NULL, TLS_SIG_ECDSA, TLS_SHA256 },
    { "TLS 1.2 with P-256, SHA-512", false, TLS1_2_VERSION, "ECDSA+SHA512", TLS_SIG_ECDSA, TLS_SHA512 },
    { "TLS 1.3 with RSA",            true,  TLS1_3_VERSION, NULL, TLS_SIG_RSA_PSS, TLS_SHA256 },
    { "TLS 1.3 with RSA, SHA-384",   true,  TLS1_3_VERSION, "rsa_pss_rsae_sha384", TLS_SIG_RSA_PSS, TLS_SHA384 },
    { "TLS 1.2 with RSA-PSS",        true,  TLS1_2_VERSION, "rsa_pss_rsae_sha256", TLS_SIG_RSA_PSS, TLS_SHA256 },
    { "TLS 1.2 with RSA PKCS #1",    true,  TLS1_2_VERSION, "RSA+SHA256", TLS_SIG_RSA_PKCS1, TLS_SHA256 },
    { "TLS 1.2 with RSA, SHA-512",   true,  TLS1_2_VERSION, "RSA+SHA512", TLS_SIG_RSA_PKCS1, TLS_SHA512 },
    /* clang-format on */
};

static void
run_suite(void **state)
{
    const struct suite *v = *state;
    const char *cert = v->rsa ? rsa_cert() : ec_cert();
    struct http_figures f;

    open_remote(cert, v->rsa ? rsa_key() : ec_key());
    for (unsigned i = 1; i <= 3; i++) {
        SSL_CTX *ctx = client_of(v->version, cert);

        if (v->sigalgs != NULL)
            assert_int_equal(SSL_CTX_set1_sigalgs_list(ctx, v->sigalgs), 1);
        expect_handshake(ctx, false, false);
        assert_int_equal(remote.calls, i);
        assert_int_equal(remote.kind, v->kind);
        assert_int_equal(remote.digest, v->digest);
    }
    http_server_figures(bed.server, &f);
    assert_int_equal(f.handshakes, 3);
    close_remote();
}

static void
a_signer_that_fails_fails_the_handshake_only(void **state)
{
    struct http_figures f;
    struct client c;

    (void)state;
    open_remote(ec_cert(), ec_key());
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        remote.fail = ERR_UNAVAILABLE;
        assert_false(shake_hands(&c, client_of(version, ec_cert()), false));
        client_close(&c);
        remote.fail = ERR_OK;
        expect_handshake(client_of(version, ec_cert()), false, false);
    }
    http_server_figures(bed.server, &f);
    assert_int_equal(f.handshake_failures, 2);
    assert_int_equal(f.handshakes, 2);
    close_remote();
}

static void
a_signature_of_another_key_is_noticed_by_the_client(void **state)
{
    struct client c;

    (void)state;
    open_remote(ec_cert(), ec_key());
    EVP_PKEY_free(remote.key);
    remote.key = EVP_EC_gen("P-256");
    assert_false(shake_hands(&c, client_of(TLS1_3_VERSION, ec_cert()), false));
    client_close(&c);
    close_remote();
}

/* --- tickets ---------------------------------------------------------------------------- */

static void
sessions_are_resumed_with_tickets(void **state)
{
    struct http_figures f;

    (void)state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        open_remote(ec_cert(), ec_key());
        expect_handshake(client_of(version, ec_cert()), false, false);
        assert_non_null(session);
        expect_handshake(client_of(version, ec_cert()), true, true);
        expect_handshake(client_of(version, ec_cert()), true, true);
        http_server_figures(bed.server, &f);
        assert_int_equal(f.resumed, 2);
        assert_int_equal(remote.calls, 1);
        close_remote();
    }
}

static void
tickets_of_the_epoch_before_are_taken_older_ones_not(void **state)
{
    int64_t now = clock_now();

    (void)state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        open_remote(ec_cert(), ec_key());
        expect_handshake(client_of(version, ec_cert()), false, false);
        http_tls_tick(bed.tls, now);
        expect_handshake(client_of(version, ec_cert()), true, true);
        http_tls_tick(bed.tls, now + TICKET_EPOCH);
        expect_handshake(client_of(version, ec_cert()), true, true); /* and renewed */
        http_tls_tick(bed.tls, now + 2 * TICKET_EPOCH);
        expect_handshake(client_of(version, ec_cert()), true, true);
        http_tls_tick(bed.tls, now + 4 * TICKET_EPOCH);
        expect_handshake(client_of(version, ec_cert()), true, false);
        close_remote();
    }
}

static void
loops_share_tickets_now_and_after_rotation(void **state)
{
    int64_t now = clock_now();
    uint8_t secret[TICKET_SECRET], a[TICKET_SECRET], b[TICKET_SECRET];
    struct http_tls *other = NULL;

    (void)state;
    open_remote(ec_cert(), ec_key());
    http_tls_ticket_secret(bed.tls, secret);
    expect_handshake(client_of(TLS1_3_VERSION, ec_cert()), false, false);
    close_remote();
    remote_use(ec_key());
    assert_int_equal(http_tls_new(span_str(ec_cert()), remote_sign, &remote, &other), ERR_OK);
    http_tls_set_ticket_secret(other, secret);
    bed_open_with(&bed, other, NULL);
    expect_handshake(client_of(TLS1_3_VERSION, ec_cert()), true, true);
    assert_int_equal(remote.calls, 0);
    /* two that began alike go on alike, however they count the time */
    assert_int_equal(http_tls_new(span_str(ec_cert()), remote_sign, &remote, &other), ERR_OK);
    http_tls_set_ticket_secret(other, secret);
    http_tls_tick(other, now + 5 * TICKET_EPOCH);
    for (int i = 1; i <= 5; i++)
        http_tls_tick(bed.tls, now + i * TICKET_EPOCH);
    http_tls_ticket_secret(bed.tls, a);
    http_tls_ticket_secret(other, b);
    assert_memory_equal(a, b, TICKET_SECRET);
    assert_memory_not_equal(a, secret, TICKET_SECRET);
    http_tls_tick(other, now); /* a clock set back */
    http_tls_ticket_secret(other, b);
    assert_memory_equal(a, b, TICKET_SECRET);
    http_tls_free(other);
    close_remote();
}

static void
a_forged_ticket_costs_a_full_handshake(void **state)
{
    (void)state;
    open_remote(ec_cert(), ec_key());
    expect_handshake(client_of(TLS1_3_VERSION, ec_cert()), false, false);
    close_remote();
    open_remote(ec_cert(), ec_key()); /* other ticket keys: the ticket is noise to them */
    expect_handshake(client_of(TLS1_3_VERSION, ec_cert()), true, false);
    assert_int_equal(remote.calls, 1);
    close_remote();
}

/* --- what is refused --------------------------------------------------------------------- */

static void
tls_1_1_is_refused(void **state)
{
    struct client c;
    SSL_CTX *ctx;

    (void)state;
    open_remote(rsa_cert(), rsa_key());
    for (int version = TLS1_VERSION; version <= TLS1_1_VERSION; version++) {
        ctx = client_of(version, rsa_cert());
        SSL_CTX_set_security_level(ctx, 0); /* the client would like to */
        assert_false(shake_hands(&c, ctx, false));
        client_close(&c);
    }
    assert_int_equal(remote.calls, 0);
    close_remote();
}

static void
suites_without_aead_or_forward_secrecy_are_refused(void **state)
{
    static const char *const suites_bad[] = { "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA",
                                              "AES256-GCM-SHA384", "AES128-SHA",
                                              "DHE-RSA-AES256-GCM-SHA384" };
    struct client c;

    (void)state;
    open_remote(rsa_cert(), rsa_key());
    for (size_t i = 0; i < sizeof(suites_bad) / sizeof(suites_bad[0]); i++) {
        SSL_CTX *ctx = client_of(TLS1_2_VERSION, rsa_cert());

        assert_int_equal(SSL_CTX_set_cipher_list(ctx, suites_bad[i]), 1);
        assert_false(shake_hands(&c, ctx, false));
        client_close(&c);
    }
    close_remote();
}

static bool
offer(const char *protocols, unsigned len, const char *want)
{
    SSL_CTX *ctx = client_of(TLS1_3_VERSION, ec_cert());
    const unsigned char *got = NULL;
    unsigned got_len = 0;
    struct client c;
    bool ok;

    if (len > 0)
        assert_int_equal(SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)protocols, len),
                         0);
    ok = shake_hands(&c, ctx, false);
    if (ok) {
        SSL_get0_alpn_selected(c.ssl, &got, &got_len);
        assert_true(span_is_str(span_of(got, got_len), want));
        expect_service(&c);
    }
    client_close(&c);
    return ok;
}

static void
http_1_1_is_the_only_protocol(void **state)
{
    (void)state;
    open_remote(ec_cert(), ec_key());
    assert_true(offer("", 0, ""));
    assert_true(offer("\x08http/1.1", 9, "http/1.1"));
    assert_true(offer("\x02h2\x08http/1.1", 12, "http/1.1"));
    assert_false(offer("\x02h2", 3, ""));
    close_remote();
}

static void
renegotiation_is_refused(void **state)
{
    struct client c;

    (void)state;
    open_remote(ec_cert(), ec_key());
    assert_true(shake_hands(&c, client_of(TLS1_2_VERSION, ec_cert()), false));
    expect_service(&c);
    assert_int_equal(SSL_renegotiate(c.ssl), 1);
    for (int i = 0; i < 20; i++) {
        (void)SSL_do_handshake(c.ssl);
        ERR_clear_error();
        bed_pump(&bed);
    }
    assert_int_equal(remote.calls, 1);
    client_close(&c);
    close_remote();
}

static void
plain_http_on_a_tls_port_is_cut(void **state)
{
    struct client c;

    (void)state;
    open_remote(ec_cert(), ec_key());
    client_connect(&bed, &c);
    client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(client_sees_end(&bed, &c));
    assert_int_equal(bed.requests, 0);
    client_close(&c);
    close_remote();
}

/* --- certificates ------------------------------------------------------------------------ */

static void
a_reload_serves_new_connections_and_keeps_old_ones(void **state)
{
    struct client old;

    (void)state;
    open_remote(ec_cert(), ec_key());
    assert_true(shake_hands(&old, client_of(TLS1_3_VERSION, ec_cert()), false));
    remote_use(rsa_key());
    assert_int_equal(http_tls_reload(bed.tls, span_str(rsa_cert()), remote_sign, &remote),
                     ERR_OK);
    expect_handshake(client_of(TLS1_3_VERSION, rsa_cert()), false, false);
    expect_service(&old);
    client_close(&old);
    close_remote();
}

static void
a_reload_that_fails_changes_nothing(void **state)
{
    (void)state;
    open_remote(ec_cert(), ec_key());
    assert_int_equal(http_tls_reload(bed.tls, span_str("nonsense"), remote_sign, &remote),
                     ERR_FORMAT);
    assert_int_equal(http_tls_reload_local(bed.tls, span_str(ec_cert()), span_str(rsa_key())),
                     ERR_WRONG_KEY);
    expect_handshake(client_of(TLS1_3_VERSION, ec_cert()), false, false);
    close_remote();
}

static void
unusable_certificates_are_refused(void **state)
{
    char cut[4096], two[8192];
    struct http_tls *t = NULL;

    (void)state;
    (void)snprintf(cut, sizeof(cut), "%.200s", ec_cert());
    assert_int_equal(http_tls_new(span_str(""), remote_sign, &remote, &t), ERR_FORMAT);
    assert_int_equal(http_tls_new(span_str(cut), remote_sign, &remote, &t), ERR_FORMAT);
    (void)snprintf(two, sizeof(two), "%s%s", ec_cert(), cut);
    assert_int_equal(http_tls_new(span_str(two), remote_sign, &remote, &t), ERR_FORMAT);
    assert_null(t);
    assert_int_equal(http_tls_new_local(span_str(ec_cert()), span_str("no key"), &t),
                     ERR_FORMAT);
    assert_int_equal(http_tls_new_local(span_str(ec_cert()), span_str(rsa_key()), &t),
                     ERR_WRONG_KEY);
    assert_null(t);
    http_tls_free(NULL);
}

static void
the_whole_chain_is_sent(void **state)
{
    char two[8192];
    struct http_tls *t = NULL;
    struct client c;

    (void)state;
    (void)snprintf(two, sizeof(two), "%s%s", ec_cert(), rsa_cert());
    assert_int_equal(http_tls_new_local(span_str(two), span_str(ec_key()), &t), ERR_OK);
    bed_open_with(&bed, t, NULL);
    assert_true(shake_hands(&c, client_of(TLS1_3_VERSION, ec_cert()), false));
    assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(c.ssl)), 2);
    client_close(&c);
    bed_close(&bed);
}

static void
the_version_reaches_the_handler(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        open_remote(ec_cert(), ec_key());
        bed.is_late = true;
        assert_true(shake_hands(&c, client_of(version, ec_cert()), false));
        client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        while (bed.waiting == NULL)
            bed_pump(&bed);
        assert_string_equal(bed.request->tls_version,
                            version == TLS1_2_VERSION ? "TLS1_2" : "TLS1_3");
        assert_true(bed.request->is_tls);
        assert_true(span_is_str(bed.request->client, "127.0.0.1"));
        bed_reply(&bed);
        client_take(&bed, &c, &a, false);
        client_close(&c);
        close_remote();
    }
}

static int
teardown(void **state)
{
    SSL_SESSION_free(session);
    return bed_teardown(state);
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_signer_that_fails_fails_the_handshake_only),
        cmocka_unit_test(a_signature_of_another_key_is_noticed_by_the_client),
        cmocka_unit_test(sessions_are_resumed_with_tickets),
        cmocka_unit_test(tickets_of_the_epoch_before_are_taken_older_ones_not),
        cmocka_unit_test(loops_share_tickets_now_and_after_rotation),
        cmocka_unit_test(a_forged_ticket_costs_a_full_handshake),
        cmocka_unit_test(tls_1_1_is_refused),
        cmocka_unit_test(suites_without_aead_or_forward_secrecy_are_refused),
        cmocka_unit_test(http_1_1_is_the_only_protocol),
        cmocka_unit_test(renegotiation_is_refused),
        cmocka_unit_test(plain_http_on_a_tls_port_is_cut),
        cmocka_unit_test(a_reload_serves_new_connections_and_keeps_old_ones),
        cmocka_unit_test(a_reload_that_fails_changes_nothing),
        cmocka_unit_test(unusable_certificates_are_refused),
        cmocka_unit_test(the_whole_chain_is_sent),
        cmocka_unit_test(the_version_reaches_the_handler),
    };
    enum {
        NOTHERS = sizeof(others) / sizeof(others[0]),
        NSUITES = sizeof(suites) / sizeof(suites[0])
    };
    struct CMUnitTest tests[NOTHERS + NSUITES];

    for (size_t i = 0; i < NSUITES; i++)
        tests[i] = (struct CMUnitTest){ suites[i].name, run_suite, NULL, NULL,
                                        (void *)(uintptr_t)&suites[i] };
    for (size_t i = 0; i < NOTHERS; i++)
        tests[NSUITES + i] = others[i];
    return cmocka_run_group_tests(tests, bed_setup, teardown);
}

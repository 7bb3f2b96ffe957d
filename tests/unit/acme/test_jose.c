/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_jose.c - what we say to ACME servers, read back by the reader of our own ACME server,
 * and held against values that stand in the RFCs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "acme/jose.h"
#include "auth/jwk.h"
#include "auth/jws.h"
#include "codec/b64.h"
#include "crypto/setup.h"

#define URL     "https://ca.example/new-order"
#define MAC_KEY "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"

static struct key *account;

static int
set_up(void **state)
{
    const struct key_spec spec = { KEY_EC, CURVE_P256, 0, 0 };

    (void)state;
    jsn_setup();
    if (secmem_init(1024 * 1024) != ERR_OK)
        return -1;
    return key_new(&spec, &account) == ERR_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    key_free(account);
    secmem_release();
    return 0;
}

/* As the keeper does it. */
static void
signed_body(const struct acmec_jws *j, struct buf *body)
{
    struct key_use use = { .op = KEY_SIGN, .alg = ALG_ES256 };
    uint8_t digest[SHA256_LEN];
    struct key_result result;
    struct secbuf sig;
    struct buf input;

    buf_init(&input, ACME_JWS_MAX);
    secbuf_init(&sig, 1024);
    assert_int_equal(acmec_jws_begin(j, &input, digest), ERR_OK);
    use.bytes = span_of(digest, sizeof(digest));
    assert_int_equal(key_use(account, &use, &sig, &result), ERR_OK);
    assert_int_equal(acmec_jws_end(buf_span(&input), secbuf_span(&sig), body), ERR_OK);
    assert_int_equal(acmec_jws_end(buf_span(&input), span_str("short"), body), ERR_ARG);
    secbuf_release(&sig);
    buf_release(&input);
}

static void
parsed(struct span body, struct jws *out)
{
    struct jsn *root = NULL;

    assert_int_equal(jsn_parse(body, &root), ERR_OK);
    assert_int_equal(jws_parse(root, out), ERR_OK);
    jsn_free(root);
}

static void
header_is(const struct jws *j, const char *name, const char *want)
{
    struct span got;

    assert_int_equal(jsn_get_str(j->header, name, &got), want == NULL ? JSN_ABSENT : JSN_OK);
    if (want != NULL)
        assert_true(span_is_str(got, want));
}

static void
request_with_a_key_verifies_under_it(void **state)
{
    struct acmec_jws ask = { .key = key_public(account),
                             .nonce = span_str("n0nce"),
                             .url = span_str(URL),
                             .has_payload = true,
                             .payload = span_str("{\"a\":1}") };
    const struct jsn *obj;
    struct jwk jwk;
    struct jws j;
    struct buf body;

    (void)state;
    buf_init(&body, ACME_JWS_MAX);
    signed_body(&ask, &body);
    parsed(buf_span(&body), &j);
    header_is(&j, "alg", "ES256");
    header_is(&j, "url", URL);
    header_is(&j, "nonce", "n0nce");
    header_is(&j, "kid", NULL);
    assert_true(span_is_str(secbuf_span(&j.payload), "{\"a\":1}"));
    assert_int_equal(jsn_get_object(j.header, "jwk", &obj), JSN_OK);
    assert_int_equal(jwk_read(obj, &jwk), ERR_OK);
    assert_true(key_public_is_same(&jwk.public, key_public(account)));
    assert_int_equal(jws_check(&j, key_public(account)), ERR_OK);
    j.sig[9] ^= 1;
    assert_int_equal(jws_check(&j, key_public(account)), ERR_INTEGRITY);
    jws_release(&j);
    buf_release(&body);
}

static void
post_as_get_names_its_account(void **state)
{
    struct acmec_jws ask = { .key = key_public(account),
                             .kid = span_str("https://ca.example/acct/1"),
                             .nonce = span_str("n0nce"),
                             .url = span_str(URL) };
    const struct jsn *obj;
    struct jws j;
    struct buf body;

    (void)state;
    buf_init(&body, ACME_JWS_MAX);
    signed_body(&ask, &body);
    parsed(buf_span(&body), &j);
    header_is(&j, "kid", "https://ca.example/acct/1");
    assert_int_equal(jsn_get_object(j.header, "jwk", &obj), JSN_ABSENT);
    assert_int_equal(j.payload.len, 0);
    assert_int_equal(jws_check(&j, key_public(account)), ERR_OK);
    jws_release(&j);
    buf_release(&body);
}

/* The payload of the binding is the key, its MAC is under the HMAC key that was given. */
static void
binding_is_of_this_key(void **state)
{
    struct span got = { 0 };
    const struct jsn *eab;
    struct jsn *root = NULL;
    struct secbuf mac;
    struct buf out;
    struct jws j;

    (void)state;
    buf_init(&out, ACME_JWS_MAX);
    secbuf_init(&mac, 256);
    assert_int_equal(acmec_account_payload(key_public(account), span_str(URL),
                                           span_str("a@b.example"), span_str("kid-1:" MAC_KEY),
                                           &out),
                     ERR_OK);
    assert_int_equal(jsn_parse(buf_span(&out), &root), ERR_OK);
    assert_int_equal(jsn_get_object(root, "externalAccountBinding", &eab), JSN_OK);
    assert_int_equal(jws_parse(eab, &j), ERR_OK);
    assert_int_equal(jsn_get_str(j.header, "kid", &got), JSN_OK);
    assert_true(span_is_str(got, "kid-1"));
    assert_int_equal(jsn_get_str(j.header, "nonce", &got), JSN_ABSENT);
    assert_int_equal(b64url_get(span_str(MAC_KEY), sink_sec(&mac)), ERR_OK);
    assert_int_equal(jws_check_mac(&j, secbuf_span(&mac)), ERR_OK);
    mac.ptr[0] ^= 1;
    assert_int_equal(jws_check_mac(&j, secbuf_span(&mac)), ERR_INTEGRITY);
    /* The secret itself is nowhere in it. */
    assert_null(memmem(out.ptr, out.len, MAC_KEY, 20));
    jws_release(&j);
    jsn_free(root);
    secbuf_release(&mac);
    buf_release(&out);
}

static void
binding_of_another_form_is_refused(void **state)
{
    static const char *const bad[] = { "kid", ":AAAAAAAAAAAAAAAAAAAAAA", "kid:", "kid:***",
                                       "kid:a b" };
    struct buf out;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        buf_init(&out, ACME_JWS_MAX);
        assert_int_equal(acmec_account_payload(key_public(account), span_str(URL),
                                               (struct span){ 0 }, span_str(bad[i]), &out),
                         ERR_SYNTAX);
        buf_release(&out);
    }
}

static void
other_keys_are_refused(void **state)
{
    struct key_public rsa = *key_public(account);
    struct acmec_jws ask = { .key = &rsa, .url = span_str(URL) };
    uint8_t digest[SHA256_LEN];
    struct buf input;

    (void)state;
    rsa.curve = CURVE_P384;
    buf_init(&input, ACME_JWS_MAX);
    assert_int_equal(acmec_jws_begin(&ask, &input, digest), ERR_ARG);
    buf_release(&input);
}

static void
thumbprint_is_the_one_servers_compute(void **state)
{
    char text[ACME_THUMBPRINT_LEN + 1];
    uint8_t hash[SHA256_LEN];
    struct buf want;

    (void)state;
    buf_init(&want, 128);
    assert_int_equal(acmec_thumbprint(key_public(account), text), ERR_OK);
    assert_int_equal(jwk_thumbprint(key_public(account), hash), ERR_OK);
    b64url_put(sink_buf(&want), span_of(hash, sizeof(hash)));
    assert_string_equal(text, buf_str(&want));
    buf_release(&want);
}

/* RFC 8555 8.1 and 8.4: token "." thumbprint, and SHA-256 of that. */
static void
proofs_are_made_of_token_and_thumbprint(void **state)
{
    struct buf authorization, value;

    (void)state;
    buf_init(&authorization, 512);
    buf_init(&value, 512);
    acmec_key_authorization_put(span_str("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"),
                                "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI", &authorization);
    assert_string_equal(buf_str(&authorization), "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA."
                                                 "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI");
    assert_int_equal(acmec_dns_value_put(buf_span(&authorization), &value), ERR_OK);
    assert_int_equal(value.len, 43);
    buf_release(&authorization);
    buf_release(&value);
}

/* RFC 9773 4.1, its example. */
static void
renewal_id_is_that_of_the_rfc(void **state)
{
    static const uint8_t key_id[] = { 0x69, 0x88, 0x5b, 0x6b, 0x87, 0x46, 0x40,
                                      0x41, 0xe1, 0xb3, 0x7b, 0x84, 0x7b, 0xa0,
                                      0xae, 0x2c, 0xde, 0x01, 0xc8, 0xd4 };
    struct buf out;

    (void)state;
    buf_init(&out, 512);
    assert_int_equal(acmec_renewal_id(span_of(key_id, sizeof(key_id)), "87654321", &out),
                     ERR_OK);
    assert_string_equal(buf_str(&out), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    buf_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_with_a_key_verifies_under_it),
        cmocka_unit_test(post_as_get_names_its_account),
        cmocka_unit_test(binding_is_of_this_key),
        cmocka_unit_test(binding_of_another_form_is_refused),
        cmocka_unit_test(other_keys_are_refused),
        cmocka_unit_test(thumbprint_is_the_one_servers_compute),
        cmocka_unit_test(proofs_are_made_of_token_and_thumbprint),
        cmocka_unit_test(renewal_id_is_that_of_the_rfc),
    };

    return cmocka_run_group_tests_name("acme/jose", tests, set_up, tear_down);
}

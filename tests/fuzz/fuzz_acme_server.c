/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_acme_server.c - whole requests to the ACME server of an authority (bench.h).
 *
 * The first byte says what is asked and how the rest is used: as the body itself, which
 * nobody signed; or as the payload of a JWS that the account of the installation has signed, or
 * its bare key, or a stranger's. So handlers see any payload, and doors any body.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/acme/nonce.h"
#include "auth/jws.h"
#include "bench_int.h"
#include "codec/b64.h"
#include "codec/jsw.h"
#include "crypto/x509.h"
#include "pki/acme.h"
#include "pki/ca.h"

#define AUTHORITY "77777777-7777-4777-8777-777777777777"
#define ACCOUNT   "00000000000000000000000000000001"
#define KID       "00000000000000000000000000000002"
#define ORDER     "00000000000000000000000000000003"
#define HOST      "pki." BENCH_DOMAIN
#define NOW_MORE  (100000000 + 1000000000LL * 3)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct key *own, *strange;

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static struct key *
key_make(void)
{
    struct key_spec spec = { .type = KEY_OKP, .curve = CURVE_ED25519 };
    struct key *k = NULL;

    must(key_new(&spec, &k) == ERR_OK);
    return k;
}

static struct guid
guid_of(const char *text)
{
    struct guid g;

    must(guid_parse(span_str(text), &g));
    return g;
}

static struct hex32
hex_of(const char *text)
{
    struct hex32 h;

    must(hex32_parse(span_str(text), &h));
    return h;
}

/* An authority whose vault is gone: it accepts orders, and signs nothing. */
static void
fill_authority(const struct rows *rows, struct store_write *w)
{
    static struct ca ca;
    struct signkey *key = NULL;
    struct buf der;

    buf_init(&der, CERT_MAX);
    must(signkey_new(SIGNKEY_EC, &key) == ERR_OK);
    must(x509_make_self(key, "ca", 1000000000, NOW_MORE, &der) == ERR_OK);
    ca = (struct ca){ .id = guid_of(AUTHORITY),
                      .tenant = guid_of(BENCH_TENANT),
                      .state = CA_ACTIVE,
                      .enabled = true,
                      .resource = span_str("/subscriptions/" BENCH_SUB
                                           "/resourceGroups/rg/providers/" CA_TYPE "/one"),
                      .vault = guid_of(AUTHORITY),
                      .vault_name = span_str("gone"),
                      .key_version = hex_of(KID),
                      .subject = span_str("CN=ca"),
                      .nchain = 1,
                      .chain = { buf_span(&der) },
                      .months = 12,
                      .path_length = 0,
                      .crl_hours = 24 };
    must(object_name_parse(span_str("one"), &ca.key));
    ca_put(rows, w, &ca);
    buf_release(&der);
    signkey_free(key);
}

static void
fill(const struct rows *rows, struct store_write *w)
{
    static struct acme_order o;
    struct guid ca = guid_of(AUTHORITY);
    struct acme_credential c = { .kid = hex_of(KID),
                                 .principal = guid_of(BENCH_ADMIN),
                                 .maker = guid_of(BENCH_ADMIN),
                                 .wildcards = true,
                                 .sealed = span_str("sealed"),
                                 .nrules = 2,
                                 .rule = { span_str(".corp.test"), span_str("10.0.0.0/8") } };
    struct acme_account a = { .id = hex_of(ACCOUNT),
                              .kid = c.kid,
                              .state = ACME_ACCOUNT_VALID,
                              .key = *key_public(own) };

    o = (struct acme_order){ .id = hex_of(ORDER),
                             .state = ACME_ORDER_READY,
                             .expires = INT64_MAX,
                             .nnames = 1,
                             .name = { { ALT_DNS, span_str("a.corp.test") } } };
    fill_authority(rows, w);
    acme_credential_put(rows, w, &ca, &c);
    acme_account_put(rows, w, &ca, &a);
    must(acme_account_index(rows, w, &ca, &a) == ERR_OK);
    acme_order_put(rows, w, &ca, &a.id, &o);
}

static void
setup_once(void)
{
    if (own != NULL)
        return;
    bench_setup();
    own = key_make();
    strange = key_make();
    must(acme_nonces_new(&bench.site.nonces) == ERR_OK);
    bench_found(fill);
}

static const char *const targets[] = {
    "newAccount",
    "account/" ACCOUNT,
    "account/" ACCOUNT "/orders",
    "keyChange",
    "newOrder",
    "order/" ORDER,
    "order/" ORDER "/finalize",
    "authorization/" ORDER "/0",
    "challenge/" ORDER "/0/dns-01",
    "certificate/ABCD",
    "revokeCert",
};

enum how { AS_BODY, BY_ACCOUNT, BY_KEY, BY_STRANGER, HOW__MAX };

static void
put_header(struct buf *out, enum how how, const char *target)
{
    const struct key *key = how == BY_STRANGER ? strange : own;
    char nonce[NONCE_TEXT_LEN + 1];
    struct jsw w = jsw_of(sink_buf(out));

    must(acme_nonce_make(bench.site.nonces, nonce) == ERR_OK);
    jsw_object(&w, NULL);
    jsw_str(&w, "alg", "EdDSA");
    jsw_str(&w, "nonce", nonce);
    jsw_str(&w, "url", target);
    if (how == BY_ACCOUNT) {
        jsw_str(&w, "kid", "https://" HOST ":8443/acme/" AUTHORITY "/account/" ACCOUNT);
    } else {
        jsw_object(&w, "jwk");
        jsw_str(&w, "kty", "OKP");
        jsw_str(&w, "crv", "Ed25519");
        jsw_b64url(&w, "x", key_public(key)->x);
        jsw_end(&w);
    }
    jsw_end(&w);
}

static void
put_signed(struct buf *out, enum how how, const char *target, struct span payload)
{
    struct key_use u = { .op = KEY_SIGN, .alg = ALG_EDDSA };
    struct key_result result;
    struct secbuf sig;
    struct buf header, input;

    buf_init(&header, 4096);
    buf_init(&input, 4 * 1024 * 1024);
    secbuf_init(&sig, 1024);
    put_header(&header, how, target);
    jwt_put_signing_input(&input, buf_span(&header), payload);
    u.bytes = buf_span(&input);
    must(key_use(how == BY_STRANGER ? strange : own, &u, &sig, &result) == ERR_OK);
    buf_put_str(out, "{\"protected\":\"");
    b64url_put(sink_buf(out), buf_span(&header));
    buf_put_str(out, "\",\"payload\":\"");
    b64url_put(sink_buf(out), payload);
    buf_put_str(out, "\",\"signature\":\"");
    b64url_put(sink_buf(out), secbuf_span(&sig));
    buf_put_str(out, "\"}");
    secbuf_release(&sig);
    buf_release(&input);
    buf_release(&header);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };
    struct span rest = span_tail(span_of(data, len), 1);
    char target[256];
    struct buf text;
    unsigned status;
    enum how how;

    if (len == 0 || len > JWS_PAYLOAD_MAX)
        return 0;
    setup_once();
    how = (enum how)(data[0] / TARGETS % HOW__MAX);
    (void)snprintf(target, sizeof(target), "https://" HOST ":8443/acme/" AUTHORITY "/%s",
                   targets[data[0] % TARGETS]);
    buf_init(&text, 1024 * 1024);
    buf_put_fmt(&text, "POST %s\nContent-Type: application/jose+json\n\n",
                target + sizeof("https://" HOST ":8443") - 1);
    if (how == AS_BODY)
        buf_put(&text, rest);
    else
        put_signed(&text, how, target, rest);
    buf_put_byte(&text, '\n');
    status = bench_run(HOST, buf_span(&text));
    /* Nobody comes in unsigned, and a stranger has no account. */
    must(how != AS_BODY || status >= 400 || status == 0);
    must(how != BY_STRANGER || status >= 400);
    buf_release(&text);
    return 0;
}

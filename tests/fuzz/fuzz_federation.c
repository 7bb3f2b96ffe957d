/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_federation.c - assertions of a trusted issuer at the token endpoint. The first line of
 * the input is the header, the rest the claims; they are signed with the issuer's own key, so
 * that nothing but what they say decides. A token comes out only for the issuer, the subject
 * and the audience that the application's credential names, byte by byte.
 */
#include <stdlib.h>

#include "auth/application.h"
#include "auth/jwt.h"
#include "bench.h"
#include "codec/b64.h"
#include "codec/jsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ISSUER   "https://issuer.example"
#define SUBJECT  "repo:a/b:ref:main"
#define AUDIENCE "api://AzureADTokenExchange"

enum { INPUT_MAX = 256 * 1024, SPKI_POINT = 64 };

static const char request[] =
    "POST /" BENCH_TENANT "/oauth2/v2.0/token\n"
    "Content-Type: application/x-www-form-urlencoded\n\n"
    "grant_type=client_credentials&client_id=" BENCH_APP
    "&scope=https%3A%2F%2Fvault." BENCH_DOMAIN "%3A8443%2F.default"
    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
    "&client_assertion=";

static struct signkey *key;

static void
put_credential(struct buf *out)
{
    struct guid app = { BENCH_APP }, object = application_object_id(&app);

    buf_put_fmt(out,
                "POST /v1.0/applications/%s/federatedIdentityCredentials\n"
                "Host: graph." BENCH_DOMAIN "\n\n"
                "{\"name\":\"main\",\"issuer\":\"" ISSUER "\",\"subject\":\"" SUBJECT "\","
                "\"audiences\":[\"" AUDIENCE "\"]}\n.\n",
                object.text);
}

/* The coordinates are the end of a P-256 key's SPKI. */
static void
make_issuer(void)
{
    struct buf spki, file;

    buf_init(&spki, 4096);
    buf_init(&file, 4096);
    bench_trust(span_str("{}"));
    if (signkey_new(SIGNKEY_EC, &key) != ERR_OK || signkey_put_spki(key, &spki) != ERR_OK ||
        spki.len < SPKI_POINT)
        abort();
    buf_put_str(&file,
                "{\"" ISSUER
                "\":{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\",\"x\":\"");
    b64url_put(sink_buf(&file), span_of(spki.ptr + spki.len - SPKI_POINT, SPKI_POINT / 2));
    buf_put_str(&file, "\",\"y\":\"");
    b64url_put(sink_buf(&file), span_of(spki.ptr + spki.len - SPKI_POINT / 2, SPKI_POINT / 2));
    buf_put_str(&file, "\"}]}}");
    bench_trust(buf_span(&file));
    buf_release(&spki);
    buf_release(&file);
}

/* An independent look at what was signed. */
static bool
says(const struct jsn *claims, const char *name, const char *want)
{
    const struct jsn *list;
    struct span s;

    if (jsn_get_str(claims, name, &s) == JSN_OK)
        return span_is_str(s, want);
    return strcmp(name, "aud") == 0 && jsn_get_array(claims, name, &list) == JSN_OK &&
           jsn_len(list) == 1 && span_is_str(jsn_str(jsn_at(list, 0)), want);
}

static void
judge(struct span header, struct span text)
{
    struct jsn *claims = NULL, *head = NULL;

    if (jsn_parse(text, &claims) != ERR_OK || jsn_parse(header, &head) != ERR_OK ||
        !says(head, "alg", "ES256") || !says(head, "kid", "1") ||
        !says(claims, "iss", ISSUER) || !says(claims, "sub", SUBJECT) ||
        !says(claims, "aud", AUDIENCE)) {
        fprintf(stderr, "a token for '%.*s'\n", (int)text.len, (const char *)text.ptr);
        abort();
    }
    jsn_free(claims);
    jsn_free(head);
}

static unsigned
ask_token(struct span header, struct span claims)
{
    uint8_t sig[SIG_MAX];
    struct buf input, all;
    unsigned status = 0;
    size_t len;

    buf_init(&input, INPUT_MAX);
    buf_init(&all, INPUT_MAX);
    jwt_put_signing_input(&input, header, claims);
    put_credential(&all);
    buf_put_str(&all, request);
    if (signkey_sign(key, SIG_ES256, DIGEST_SHA256, buf_span(&input), sig, sizeof(sig), &len) !=
        ERR_OK)
        abort();
    jwt_put(sink_buf(&all), buf_span(&input), span_of(sig, len));
    if (input.err == ERR_OK && all.err == ERR_OK)
        status = bench_run("login." BENCH_DOMAIN, buf_span(&all));
    buf_release(&input);
    buf_release(&all);
    return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span all = span_of(data, len), header = span_head(all, span_find(all, '\n'));
    struct span claims = span_tail(all, header.len + 1);

    if (key == NULL)
        make_issuer();
    if (ask_token(header, claims) == 200)
        judge(header, claims);
    return 0;
}

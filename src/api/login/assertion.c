/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assertion.c - client assertions: which certificate, whose signature, for us,
 * now.
 *
 * The key is always a registered one; what the assertion brings along (x5c)
 * may at most say which. There is no replay cache: MSAL keeps an assertion and
 * sends it again for every token until it expires, so one use each would break
 * the clients; TLS and a short life guard it instead.
 */
#include "api/login/assertion.h"

#include "auth/jwt.h"
#include "base/wipe.h"
#include "codec/b64.h"
#include "codec/isotime.h"
#include "crypto/verify.h"
#include "crypto/x509.h"

struct span
assertion_trim(struct span s)
{
    while (s.len > 0 && s.ptr[0] <= ' ')
        s = span_tail(s, 1);
    while (s.len > 0 && s.ptr[s.len - 1] <= ' ')
        s = span_head(s, s.len - 1);
    return s;
}

/* A thumbprint in base64url, padded or not, or in hex (as .NET spells kid); its length if it
 * is one, else 0. */
static size_t
read_thumbprint(struct span text, uint8_t out[static SHA256_LEN])
{
    struct buf b;
    size_t len = 0;

    buf_init(&b, SHA256_LEN);
    if ((text.len == 2 * SHA1_LEN ? hex_get(text, sink_buf(&b))
                                  : b64url_get(text, sink_buf(&b))) == ERR_OK &&
        (b.len == SHA1_LEN || b.len == SHA256_LEN)) {
        len = b.len;
        memcpy(out, b.ptr, len);
    }
    buf_release(&b);
    return len;
}

static const struct app_certificate *
by_thumbprint(const struct application *app, const uint8_t *print, size_t len)
{
    for (unsigned i = 0; i < app->ncertificates; i++) {
        const struct app_certificate *c = &app->certificates[i];
        const uint8_t *mine = len == SHA1_LEN ? c->x5t : c->x5t256;

        if (ct_equal(span_of(mine, len), span_of(print, len)))
            return c;
    }
    return NULL;
}

/* The first certificate of x5c, whose strings may be broken into lines (older MSAL Python). */
static size_t
read_x5c(const struct jsn *header, uint8_t out[static SHA256_LEN])
{
    const struct jsn *chain;
    struct buf clean, der;
    struct span s;
    size_t len = 0;

    if (jsn_get_array(header, "x5c", &chain) != JSN_OK || jsn_len(chain) == 0)
        return 0;
    s = jsn_str(jsn_at(chain, 0));
    buf_init(&clean, MAX_TOKEN);
    buf_init(&der, CERT_MAX);
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] > ' ')
            buf_put_byte(&clean, s.ptr[i]);
    if (clean.err == ERR_OK && b64_get(buf_span(&clean), sink_buf(&der)) == ERR_OK &&
        digest_sha256(buf_span(&der), out) == ERR_OK)
        len = SHA256_LEN;
    buf_release(&der);
    buf_release(&clean);
    return len;
}

/*
 * The certificate the header points at. x5t#S256 and x5t are what they say; kid is looked at
 * when neither is there (Terraform), x5c only when nothing else is.
 */
static const struct app_certificate *
find_certificate(const struct application *app, const struct jsn *header)
{
    static const char *const hints[] = { "x5t#S256", "x5t", "kid" };
    uint8_t print[SHA256_LEN];
    struct span text;
    size_t len;

    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        switch (jsn_get_str(header, hints[i], &text)) {
        case JSN_ABSENT:
            break;
        case JSN_WRONG_TYPE:
            return NULL;
        case JSN_OK:
            len = read_thumbprint(text, print);
            return len == 0 ? NULL : by_thumbprint(app, print, len);
        }
    }
    len = read_x5c(header, print);
    return len == 0 ? NULL : by_thumbprint(app, print, len);
}

/* One INTEGER of a DER signature, right-aligned into 32 bytes; false if it is not one. */
static bool
read_der_integer(struct span *s, uint8_t out[static 32])
{
    size_t len;
    struct span v;

    if (s->len < 2 || s->ptr[0] != 0x02 || s->ptr[1] > 33 || s->len < 2u + s->ptr[1])
        return false;
    len = s->ptr[1];
    v = span_head(span_tail(*s, 2), len);
    *s = span_tail(*s, 2 + len);
    if (v.len > 1 && v.ptr[0] == 0)
        v = span_tail(v, 1);
    else if (v.len > 0 && v.ptr[0] >= 0x80)
        return false; /* negative */
    if (v.len == 0 || v.len > 32)
        return false;
    memset(out, 0, 32);
    memcpy(out + 32 - v.len, v.ptr, v.len);
    return true;
}

/* WIRE: Terraform signs ES256 in DER, everybody else as r || s. */
static bool
raw_from_der(struct span der, uint8_t out[static 64])
{
    if (der.len < 2 || der.ptr[0] != 0x30 || der.ptr[1] != der.len - 2)
        return false;
    der = span_tail(der, 2);
    return read_der_integer(&der, out) && read_der_integer(&der, out + 32) && der.len == 0;
}

/* 0 when it is none that we take from this kind of key. */
static enum sig_alg
alg_of(struct span alg, enum signkey_kind kind)
{
    switch (kind) {
    case SIGNKEY_RSA:
        return span_is_str(alg, "RS256")   ? SIG_RS256
               : span_is_str(alg, "PS256") ? SIG_PS256
                                           : 0;
    case SIGNKEY_EC:
        return span_is_str(alg, "ES256") ? SIG_ES256 : 0;
    case SIGNKEY_ED25519:
        return 0;
    }
    return 0;
}

/* ERR_INTEGRITY: the signature is not that certificate's. */
static enum err
check_signature(const struct jwt *j, const struct app_certificate *c)
{
    struct span sig = span_of(j->sig, j->sig_len);
    struct verifykey *key = NULL;
    enum sig_alg alg;
    uint8_t raw[64];
    enum err e;

    e = verifykey_from_spki(span_of(c->spki, c->spki_len), &key);
    if (e != ERR_OK)
        return e;
    alg = alg_of(j->alg, verifykey_kind(key));
    if (alg == SIG_ES256 && sig.len != sizeof(raw)) {
        if (raw_from_der(sig, raw))
            sig = span_of(raw, sizeof(raw));
        else
            alg = 0;
    }
    e = alg == 0 ? ERR_INTEGRITY : verifykey_check(key, alg, j->signing_input, sig);
    verifykey_free(key);
    return e;
}

/* aud is a string, or an array that holds it (RFC 7519 4.1.3). */
static bool
is_for_us(const struct site *site, const struct authority *a, const struct jsn *claims)
{
    const struct jsn *list;
    struct span aud;

    if (jsn_get_str(claims, "aud", &aud) == JSN_OK)
        return authority_is_audience(site, a, aud);
    if (jsn_get_array(claims, "aud", &list) != JSN_OK)
        return false;
    for (size_t i = 0; i < jsn_len(list); i++)
        if (jsn_is_str(jsn_at(list, i)) &&
            authority_is_audience(site, a, jsn_str(jsn_at(list, i))))
            return true;
    return false;
}

static bool
claim_is(const struct jsn *claims, const char *name, const struct guid *want)
{
    struct guid got;
    struct span s;

    return jsn_get_str(claims, name, &s) == JSN_OK && guid_parse(s, &got) &&
           guid_is_equal(&got, want);
}

enum sts
assertion_times(const struct jwt *j, int64_t now, bool whole, struct buf *detail)
{
    int64_t exp, nbf = 0, iat = 0, begin = now;
    char at[3][ISOTIME_MAX];

    if (jwt_get_time(j, "exp", &exp) != JSN_OK ||
        jwt_get_time(j, "nbf", &nbf) == JSN_WRONG_TYPE ||
        jwt_get_time(j, "iat", &iat) == JSN_WRONG_TYPE)
        return STS_ASSERTION;
    if (whole && (iat > 0 || nbf > 0))
        begin = iat > 0 ? iat : nbf;
    if (now < exp + ASSERTION_SKEW && now + ASSERTION_SKEW >= nbf &&
        now + ASSERTION_SKEW >= iat && exp <= begin + ASSERTION_LIFETIME_MAX + ASSERTION_SKEW)
        return STS_OK;
    isotime_put(now, at[0]);
    isotime_put(nbf, at[1]);
    isotime_put(exp, at[2]);
    buf_put_fmt(detail,
                "Current time: %s, assertion valid from %s, expiry time of assertion %s.",
                at[0], at[1], at[2]);
    return STS_ASSERTION_TIME;
}

static enum sts
check_claims(const struct site *site, const struct authority *a, const struct application *app,
             const struct jwt *j, int64_t now, struct buf *detail)
{
    if (!claim_is(j->claims, "iss", &app->appid) || !claim_is(j->claims, "sub", &app->appid))
        return STS_ASSERTION_CLIENT;
    if (!is_for_us(site, a, j->claims))
        return STS_ASSERTION_AUDIENCE;
    return assertion_times(j, now, false, detail);
}

enum err
assertion_check(const struct site *site, const struct authority *authority,
                const struct application *app, struct span text, int64_t now, enum sts *why,
                struct buf *detail)
{
    const struct app_certificate *c;
    struct jwt j;
    enum err e;

    *why = STS_ASSERTION;
    e = jwt_parse(assertion_trim(text), &j);
    if (e != ERR_OK)
        goto out;
    *why = STS_ASSERTION_KEY;
    c = find_certificate(app, j.header);
    if (c == NULL) {
        buf_put_str(detail, "The key was not found.");
        goto out;
    }
    e = check_signature(&j, c);
    if (e == ERR_INTEGRITY) {
        buf_put_str(detail, "The provided signature value did not match the expected signature "
                            "value.");
        e = ERR_OK;
        goto out;
    }
    if (e != ERR_OK)
        goto out;
    if (now > c->not_after || now + ASSERTION_SKEW < c->not_before) {
        buf_put_str(detail, "The key used is expired or not yet valid.");
        goto out;
    }
    *why = check_claims(site, authority, app, &j, now, detail);
out:
    jwt_release(&j);
    return e == ERR_TOKEN_FORMAT ? ERR_OK : e;
}

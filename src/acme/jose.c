/* SPDX-License-Identifier: Apache-2.0 */
/* jose.c - see jose.h. Members stand in the order of RFC 7638 where a thumbprint is made of
 * them, and in no other anywhere. */
#include "acme/jose.h"

#include "acme/message.h"
#include "codec/b64.h"
#include "codec/jsw.h"
#include "crypto/mac.h"

enum { HEADER_MAX = 4096, SIGNATURE_LEN = 64, HMAC_KEY_MAX = 1024, SERIAL_MAX = 64 };

static void
jwk_put(struct jsw *w, const char *name, const struct key_public *key)
{
    jsw_object(w, name);
    jsw_str(w, "crv", "P-256");
    jsw_str(w, "kty", "EC");
    jsw_b64url(w, "x", key->x);
    jsw_b64url(w, "y", key->y);
    jsw_end(w);
}

static bool
is_p256(const struct key_public *key)
{
    return key->type == KEY_EC && key->curve == CURVE_P256;
}

static void
header_put(const struct acmec_jws *j, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));

    jsw_object(&w, NULL);
    jsw_str(&w, "alg", "ES256");
    if (j->kid.len > 0)
        jsw_span(&w, "kid", j->kid);
    else
        jwk_put(&w, "jwk", j->key);
    jsw_span(&w, "nonce", j->nonce);
    jsw_span(&w, "url", j->url);
    jsw_end(&w);
}

enum err
acmec_jws_begin(const struct acmec_jws *j, struct buf *input, uint8_t digest[static SHA256_LEN])
{
    struct buf header;
    enum err e;

    if (!is_p256(j->key))
        return ERR_ARG;
    buf_init(&header, HEADER_MAX);
    header_put(j, &header);
    b64url_put(sink_buf(input), buf_span(&header));
    buf_put_byte(input, '.');
    if (j->has_payload)
        b64url_put(sink_buf(input), j->payload);
    e = header.err != ERR_OK ? header.err : input->err;
    if (e == ERR_OK)
        e = digest_sha256(buf_span(input), digest);
    buf_release(&header);
    return e;
}

/* {"protected":..., "payload":..., "signature":...} of "protected.payload" */
static void
flat_put(struct span input, struct span signature, struct buf *out)
{
    size_t dot = span_find(input, '.');
    struct jsw w = jsw_of(sink_buf(out));

    jsw_object(&w, NULL);
    jsw_span(&w, "protected", span_head(input, dot));
    jsw_span(&w, "payload", span_tail(input, dot + 1));
    jsw_b64url(&w, "signature", signature);
    jsw_end(&w);
}

enum err
acmec_jws_end(struct span input, struct span signature, struct buf *body)
{
    if (signature.len != SIGNATURE_LEN)
        return ERR_ARG;
    flat_put(input, signature, body);
    return body->err;
}

enum err
acmec_thumbprint(const struct key_public *key, char out[static ACME_THUMBPRINT_LEN + 1])
{
    uint8_t digest[SHA256_LEN];
    struct buf b, text;
    struct jsw w;
    enum err e;

    out[0] = '\0';
    if (!is_p256(key))
        return ERR_ARG;
    buf_init(&b, HEADER_MAX);
    buf_init(&text, ACME_THUMBPRINT_LEN + 1);
    w = jsw_of(sink_buf(&b));
    jwk_put(&w, NULL, key);
    e = b.err != ERR_OK ? b.err : digest_sha256(buf_span(&b), digest);
    if (e == ERR_OK) {
        b64url_put(sink_buf(&text), span_of(digest, sizeof(digest)));
        e = text.err;
    }
    if (e == ERR_OK)
        bug_on(!span_copy_str(buf_span(&text), out, ACME_THUMBPRINT_LEN + 1));
    buf_release(&text);
    buf_release(&b);
    return e;
}

void
acmec_key_authorization_put(struct span token, const char *thumbprint, struct buf *out)
{
    buf_put(out, token);
    buf_put_byte(out, '.');
    buf_put_str(out, thumbprint);
}

enum err
acmec_dns_value_put(struct span key_authorization, struct buf *out)
{
    uint8_t digest[SHA256_LEN];
    enum err e = digest_sha256(key_authorization, digest);

    if (e == ERR_OK) {
        b64url_put(sink_buf(out), span_of(digest, sizeof(digest)));
        e = out->err;
    }
    return e;
}

/* ------------------------------------------------------------------------- accounts */

static void
eab_input_put(const struct key_public *key, struct span kid, struct span url, struct buf *out)
{
    struct buf header, payload;
    struct jsw w;

    buf_init(&header, HEADER_MAX);
    buf_init(&payload, HEADER_MAX);
    w = jsw_of(sink_buf(&header));
    jsw_object(&w, NULL);
    jsw_str(&w, "alg", "HS256");
    jsw_span(&w, "kid", kid);
    jsw_span(&w, "url", url);
    jsw_end(&w);
    w = jsw_of(sink_buf(&payload));
    jwk_put(&w, NULL, key);
    b64url_put(sink_buf(out), buf_span(&header));
    buf_put_byte(out, '.');
    b64url_put(sink_buf(out), buf_span(&payload));
    if (header.err != ERR_OK || payload.err != ERR_OK)
        out->err = ERR_NOMEM;
    buf_release(&payload);
    buf_release(&header);
}

static enum err
eab_put(const struct key_public *key, struct span url, struct span eab, struct buf *out)
{
    size_t colon = span_find(eab, ':');
    uint8_t mac[MAC_LEN];
    struct secbuf secret;
    struct buf input;
    enum err e;

    if (colon == 0 || colon + 1 >= eab.len || colon > ACME_KID_MAX)
        return ERR_SYNTAX;
    secbuf_init(&secret, HMAC_KEY_MAX);
    buf_init(&input, 3 * HEADER_MAX);
    e = b64url_get(span_tail(eab, colon + 1), sink_sec(&secret));
    if (e == ERR_OK && secret.len == 0)
        e = ERR_SYNTAX;
    eab_input_put(key, span_head(eab, colon), url, &input);
    if (e == ERR_OK)
        e = input.err;
    if (e == ERR_OK)
        e = hmac_sha256(secbuf_span(&secret), buf_span(&input), mac);
    if (e == ERR_OK) {
        flat_put(buf_span(&input), span_of(mac, sizeof(mac)), out);
        e = out->err;
    }
    secbuf_release(&secret);
    buf_release(&input);
    return e == ERR_TOO_LARGE ? ERR_SYNTAX : e;
}

static void
contact_put(struct jsw *w, struct span contact)
{
    struct buf mail;

    if (contact.len == 0)
        return;
    buf_init(&mail, HEADER_MAX);
    buf_put_str(&mail, "mailto:");
    buf_put(&mail, contact);
    jsw_array(w, "contact");
    jsw_span(w, NULL, buf_span(&mail));
    jsw_end(w);
    buf_release(&mail);
}

enum err
acmec_account_payload(const struct key_public *key, struct span url, struct span contact,
                      struct span eab, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));
    struct buf binding;
    enum err e = ERR_OK;

    if (!is_p256(key))
        return ERR_ARG;
    buf_init(&binding, 4 * HEADER_MAX);
    if (eab.len > 0)
        e = eab_put(key, url, eab, &binding);
    jsw_object(&w, NULL);
    jsw_bool(&w, "termsOfServiceAgreed", true);
    contact_put(&w, contact);
    if (binding.len > 0)
        jsw_raw(&w, "externalAccountBinding", buf_span(&binding));
    jsw_end(&w);
    buf_release(&binding);
    return e == ERR_OK ? out->err : e;
}

enum err
acmec_renewal_id(struct span key_id, const char *serial_hex, struct buf *out)
{
    struct buf serial;
    enum err e;

    buf_init(&serial, SERIAL_MAX);
    /* The DER of a positive INTEGER: a leading zero where the first bit is set. */
    if (strlen(serial_hex) % 2 == 0 && serial_hex[0] >= '8')
        buf_put_byte(&serial, 0);
    e = hex_get(span_str(serial_hex), sink_buf(&serial));
    if (e == ERR_OK && (serial.len == 0 || key_id.len == 0))
        e = ERR_ARG;
    if (e == ERR_OK) {
        b64url_put(sink_buf(out), key_id);
        buf_put_byte(out, '.');
        b64url_put(sink_buf(out), buf_span(&serial));
        e = out->err;
    }
    buf_release(&serial);
    return e;
}

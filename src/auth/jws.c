/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jws.c - flattened JWS. The key decides which algorithms may be: a header
 * only says which of those it was, so none, and no MAC under a public key,
 * can be talked into us.
 */
#include "auth/jws.h"

#include "base/secbuf.h"
#include "base/wipe.h"
#include "codec/b64.h"
#include "crypto/digest.h"
#include "crypto/mac.h"

enum { SECRET_MIN = 16, INPUT_MAX = MAX_TOKEN + 1 + JWS_PAYLOAD_MAX / 3 * 4 + 4 };

static bool
see_strange(void *arg, struct span name, const struct jsn *value)
{
    bool *strange = arg;

    (void)value;
    *strange = *strange || !(span_is_str(name, "protected") || span_is_str(name, "payload") ||
                             span_is_str(name, "signature"));
    return !*strange;
}

static enum err
read_payload(struct span text, struct secbuf *out)
{
    enum err e;

    if (span_find(text, '=') != text.len)
        return ERR_SYNTAX;
    e = b64url_get(text, sink_sec(out));
    return out->err != ERR_OK ? out->err : e;
}

enum err
jws_parse(const struct jsn *flat, struct jws *out)
{
    struct span header, payload, sig;
    bool strange = false;
    enum err e;

    *out = (struct jws){ 0 };
    buf_init(&out->signing_input, INPUT_MAX);
    secbuf_init(&out->payload, JWS_PAYLOAD_MAX);
    if (!jsn_is_object(flat))
        return ERR_SYNTAX;
    jsn_each(flat, see_strange, &strange);
    if (strange || jsn_get_str(flat, "protected", &header) != JSN_OK ||
        jsn_get_str(flat, "payload", &payload) != JSN_OK ||
        jsn_get_str(flat, "signature", &sig) != JSN_OK)
        return ERR_SYNTAX;
    if (header.len > MAX_TOKEN)
        return ERR_TOO_LARGE;
    e = jwt_read_header(header, &out->header, &out->alg);
    if (e == ERR_OK)
        e = jwt_read_sig(sig, out->sig, &out->sig_len);
    if (e == ERR_OK)
        e = read_payload(payload, &out->payload);
    if (e != ERR_OK)
        return e == ERR_TOKEN_FORMAT ? ERR_SYNTAX : e;
    buf_put(&out->signing_input, header);
    buf_put_byte(&out->signing_input, '.');
    buf_put(&out->signing_input, payload);
    return out->signing_input.err;
}

void
jws_release(struct jws *j)
{
    jsn_free(j->header);
    buf_release(&j->signing_input);
    secbuf_release(&j->payload);
    j->header = NULL;
}

static enum key_alg
alg_find(struct span name)
{
    static const enum key_alg known[] = { ALG_ES256, ALG_ES384, ALG_ES512, ALG_RS256,
                                          ALG_EDDSA };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (span_is_str(name, key_alg_info(known[i])->name))
            return known[i];
    return ALG_NONE;
}

bool
jws_alg_is_ok(struct span alg)
{
    return alg_find(alg) != ALG_NONE;
}

static enum err
use(const struct jws *j, enum key_alg alg, struct key *key)
{
    uint8_t digest[DIGEST_MAX_LEN];
    struct key_result result;
    struct key_use u = { .op = KEY_VERIFY,
                         .alg = alg,
                         .bytes = buf_span(&j->signing_input),
                         .signature = span_of(j->sig, j->sig_len) };
    struct secbuf nothing;
    enum err e = ERR_OK;

    if (alg != ALG_EDDSA) {
        enum digest_alg hash = key_alg_info(alg)->digest;

        e = digest_make(hash, u.bytes, digest);
        u.bytes = span_of(digest, digest_len(hash));
    }
    if (e != ERR_OK)
        return e;
    secbuf_init(&nothing, 1);
    e = key_use(key, &u, &nothing, &result);
    secbuf_release(&nothing);
    /* A signature of the wrong length is as bad as any other. */
    return e == ERR_DENIED || e == ERR_ARG || e == ERR_SYNTAX ? ERR_INTEGRITY : e;
}

enum err
jws_check(const struct jws *j, const struct key_public *key)
{
    enum key_alg alg = alg_find(j->alg);
    struct key *k = NULL;
    enum err e;

    if (alg == ALG_NONE || !key_alg_fits(alg, KEY_VERIFY, key->type, key->curve, key->bits))
        return ERR_UNSUPPORTED;
    e = key_from_public(key, &k);
    if (e == ERR_OK)
        e = use(j, alg, k);
    key_free(k);
    return e == ERR_ARG ? ERR_UNSUPPORTED : e;
}

enum err
jws_check_mac(const struct jws *j, struct span key)
{
    WIPED32 uint8_t mac[MAC_LEN];
    enum err e;

    if (!span_is_str(j->alg, "HS256") || key.len < SECRET_MIN)
        return ERR_UNSUPPORTED;
    e = hmac_sha256(key, buf_span(&j->signing_input), mac);
    if (e != ERR_OK)
        return e;
    return ct_equal(span_of(j->sig, j->sig_len), span_of(mac, MAC_LEN)) ? ERR_OK
                                                                        : ERR_INTEGRITY;
}

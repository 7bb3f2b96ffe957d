/* SPDX-License-Identifier: Apache-2.0 */
/* mint.c - the current signing key's header, the claims, and a question to the keeper. */
#include "auth/mint.h"

#include "auth/jwt.h"
#include "auth/signing_key.h"
#include "codec/jsw.h"
#include "crypto/digest.h"
#include "keeper/ask.h"

static enum err
put_header(struct buf *out, const struct signing_key *k)
{
    struct jsw w = jsw_of(sink_buf(out));
    uint8_t x5t[SHA1_LEN];
    enum err e;

    e = digest_sha1(k->der, x5t);
    if (e != ERR_OK)
        return e;
    jsw_object(&w, NULL);
    jsw_str(&w, "typ", "JWT");
    jsw_str(&w, "alg", "RS256");
    jsw_b64url(&w, "x5t", span_of(x5t, sizeof(x5t)));
    jsw_str(&w, "kid", k->kid);
    jsw_end(&w);
    return ERR_OK;
}

enum err
mint_begin(const struct rows *rows, struct store_view *view, const struct claims *c,
           struct buf *text, struct secbuf *ask)
{
    const struct signing_key *current;
    struct signing_keys keys;
    struct buf header, claims;
    struct wrapped key;
    enum err e;

    e = signing_keys_load(rows, view, &keys);
    if (e != ERR_OK)
        return e;
    current = signing_keys_current(&keys, c->now);
    if (current == NULL)
        return ERR_NOT_FOUND;
    buf_init(&header, 1024);
    buf_init(&claims, MAX_TOKEN / 2);
    e = put_header(&header, current);
    claims_put(sink_buf(&claims), c);
    jwt_put_signing_input(text, buf_span(&header), buf_span(&claims));
    if (e == ERR_OK)
        e = header.err != ERR_OK ? header.err : claims.err != ERR_OK ? claims.err : text->err;
    if (e == ERR_OK) {
        key = signing_key_wrapped(current);
        keeper_pack_sign(sink_sec(ask), &key, SIGN_RS256, SIGN_DIGEST_NONE, buf_span(text));
        e = ask->err;
    }
    buf_release(&claims);
    buf_release(&header);
    return e;
}

enum err
mint_end(struct span text, struct span signature, struct secbuf *token)
{
    if (signature.len == 0 || signature.len > SIGNATURE_MAX)
        return ERR_PROTOCOL;
    jwt_put(sink_sec(token), text, signature);
    return token->err;
}

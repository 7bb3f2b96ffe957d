/* SPDX-License-Identifier: Apache-2.0 */
/* jwt.c - three parts of base64url, two of them JSON; every size bounded by MAX_TOKEN. */
#include "auth/jwt.h"

#include <math.h>

#include "codec/b64.h"

/* RFC 7515 2: base64url without '='; the codec alone would take padding. */
static enum err
decode(struct span part, struct sink to)
{
    enum err e;

    if (span_find(part, '=') != part.len)
        return ERR_TOKEN_FORMAT;
    e = b64url_get(part, to);
    if (sink_err(to) == ERR_NOMEM)
        return ERR_NOMEM;
    return e == ERR_OK ? ERR_OK : ERR_TOKEN_FORMAT;
}

static enum err
decode_object(struct span part, struct jsn **out)
{
    struct secbuf text;
    enum err e;

    secbuf_init(&text, MAX_TOKEN);
    e = decode(part, sink_sec(&text));
    if (e == ERR_OK) {
        e = jsn_parse(secbuf_span(&text), out);
        if (e != ERR_OK && e != ERR_NOMEM)
            e = ERR_TOKEN_FORMAT;
    }
    if (e == ERR_OK && !jsn_is_object(*out))
        e = ERR_TOKEN_FORMAT;
    secbuf_release(&text);
    return e;
}

enum err
jwt_read_sig(struct span encoded, uint8_t sig[static SIG_MAX], size_t *len)
{
    struct buf bytes;
    enum err e;

    *len = 0;
    buf_init(&bytes, SIG_MAX);
    e = decode(encoded, sink_buf(&bytes));
    if (e == ERR_OK && bytes.len > 0) {
        memcpy(sig, bytes.ptr, bytes.len);
        *len = bytes.len;
    }
    buf_release(&bytes);
    return e;
}

struct crit {
    bool found;
};

/* A member that is null counts as absent elsewhere; here its name alone is enough. */
static bool
find_crit(void *arg, struct span name, const struct jsn *value)
{
    struct crit *c = arg;

    (void)value;
    c->found = c->found || span_is_str(name, "crit");
    return !c->found;
}

enum err
jwt_read_header(struct span encoded, struct jsn **header, struct span *alg)
{
    struct crit c = { false };
    enum err e;

    *header = NULL;
    *alg = (struct span){ 0 };
    e = decode_object(encoded, header);
    if (e != ERR_OK)
        return e;
    jsn_each(*header, find_crit, &c);
    if (c.found || jsn_get_str(*header, "alg", alg) != JSN_OK)
        return ERR_TOKEN_FORMAT;
    return ERR_OK;
}

enum err
jwt_parse(struct span text, struct jwt *out)
{
    struct span rest;
    size_t header_len, claims_len;
    enum err e;

    *out = (struct jwt){ 0 };
    if (text.len > MAX_TOKEN)
        return ERR_TOKEN_FORMAT;
    header_len = span_find(text, '.');
    rest = span_tail(text, header_len + 1);
    claims_len = span_find(rest, '.');
    if (header_len == 0 || claims_len == 0 || claims_len >= rest.len)
        return ERR_TOKEN_FORMAT;
    out->header_text = span_head(text, header_len);
    out->signing_input = span_head(text, header_len + 1 + claims_len);

    e = jwt_read_header(out->header_text, &out->header, &out->alg);
    if (e == ERR_OK)
        e = decode_object(span_head(rest, claims_len), &out->claims);
    if (e == ERR_OK)
        e = jwt_read_sig(span_tail(rest, claims_len + 1), out->sig, &out->sig_len);
    return e;
}

void
jwt_release(struct jwt *j)
{
    jsn_free(j->header);
    jsn_free(j->claims);
    *j = (struct jwt){ 0 };
}

enum jsn_got
jwt_get_time(const struct jwt *j, const char *name, int64_t *out)
{
    static const double most = 1e12;
    double v = 0;
    enum jsn_got got = jsn_get_num(j->claims, name, &v);

    *out = 0;
    if (got != JSN_OK)
        return got;
    if (!isfinite(v) || v < 0 || v > most)
        return JSN_WRONG_TYPE;
    *out = (int64_t)v;
    return JSN_OK;
}

void
jwt_put_signing_input(struct buf *out, struct span header, struct span claims)
{
    b64url_put(sink_buf(out), header);
    buf_put_byte(out, '.');
    b64url_put(sink_buf(out), claims);
}

void
jwt_put(struct sink out, struct span signing_input, struct span sig)
{
    sink_put(out, signing_input);
    sink_put_byte(out, '.');
    b64url_put(out, sig);
}

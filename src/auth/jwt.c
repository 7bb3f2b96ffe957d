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

static enum err
decode_sig(struct span part, struct jwt *j)
{
    struct buf sig;
    enum err e;

    buf_init(&sig, sizeof(j->sig));
    e = decode(part, sink_buf(&sig));
    if (e == ERR_OK && sig.len > 0) {
        memcpy(j->sig, sig.ptr, sig.len);
        j->sig_len = sig.len;
    }
    buf_release(&sig);
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

static enum err
check_header(struct jwt *j)
{
    struct crit c = { false };

    jsn_each(j->header, find_crit, &c);
    if (c.found || jsn_get_str(j->header, "alg", &j->alg) != JSN_OK)
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

    e = decode_object(out->header_text, &out->header);
    if (e == ERR_OK)
        e = check_header(out);
    if (e == ERR_OK)
        e = decode_object(span_head(rest, claims_len), &out->claims);
    if (e == ERR_OK)
        e = decode_sig(span_tail(rest, claims_len + 1), out);
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

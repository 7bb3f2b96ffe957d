/* SPDX-License-Identifier: Apache-2.0 */
/* renewal.c - when to renew (RFC 9773): in the last third of a certificate's life, or now. */
#include <stdlib.h>

#include "api/acme/acme.h"
#include "api/acme/order.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "codec/isotime.h"

enum { BYTES_MAX = 64 };

static bool
decode(struct span text, struct buf *out)
{
    return text.len > 0 && span_find(text, '=') == text.len &&
           b64url_get(text, sink_buf(out)) == ERR_OK && out->len > 0;
}

static bool
is_authoritys(const struct ca *ca, struct span key_id)
{
    struct cert *cert = NULL;
    bool is;

    if (ca->nchain == 0 || cert_new(ca->chain[0], &cert) != ERR_OK)
        return false;
    is = span_is_equal(cert_key_id(cert), key_id);
    cert_free(cert);
    return is;
}

bool
renewal_id_read(const struct ca *ca, struct span id, char serial[static ACME_SERIAL_MAX + 1])
{
    size_t dot = span_find(id, '.');
    struct buf key_id, number, hex;
    bool ok;

    buf_init(&key_id, BYTES_MAX);
    buf_init(&number, ACME_SERIAL_MAX / 2 + 1);
    buf_init(&hex, ACME_SERIAL_MAX + 3);
    ok = dot < id.len && decode(span_head(id, dot), &key_id) &&
         decode(span_tail(id, dot + 1), &number) && is_authoritys(ca, buf_span(&key_id));
    if (ok) {
        struct span n = buf_span(&number);

        hex_put(sink_buf(&hex), n.len > 1 && n.ptr[0] == 0 ? span_tail(n, 1) : n);
        for (size_t i = 0; i < hex.len; i++)
            if (hex.ptr[i] >= 'a')
                hex.ptr[i] = (uint8_t)(hex.ptr[i] - 32);
        ok = hex.err == ERR_OK && span_copy_str(buf_span(&hex), serial, ACME_SERIAL_MAX + 1);
    }
    buf_release(&hex);
    buf_release(&number);
    buf_release(&key_id);
    return ok;
}

static void
put_time(struct jsw *w, const char *name, int64_t at)
{
    char text[ISOTIME_MAX];

    isotime_put(at, text);
    jsw_str(w, name, text);
}

static enum next
show(struct exchange *x, int64_t begin, int64_t end)
{
    struct jsw w = acme_begin(x, 200);

    http_response_header(&x->resp, "Retry-After", "21600");
    jsw_object(&w, "suggestedWindow");
    put_time(&w, "start", begin);
    put_time(&w, "end", end);
    jsw_end(&w);
    return acme_end(x, &w);
}

static enum next
tell(struct exchange *x, const struct ca *ca)
{
    char serial[ACME_SERIAL_MAX + 1];
    struct revoked revoked;
    struct issued issued;
    int64_t now = clock_now(), begin, life;
    enum err e = ERR_NOT_FOUND;

    if (renewal_id_read(ca, x->bind[1], serial))
        e = issued_get(x->rows, x->view, &ca->id, serial, &issued);
    if (e == ERR_NOT_FOUND)
        return acme_fail(x, PROBLEM_NOT_FOUND, "There is no such certificate.");
    if (e == ERR_OK)
        e = revoked_get(x->rows, x->view, &ca->id, serial, &revoked);
    if (e == ERR_OK)
        return show(x, now - 3600, now);
    if (e != ERR_NOT_FOUND)
        return acme_trouble(x, e);
    life = issued.not_after - issued.issued;
    begin = issued.not_after - life / 3;
    return show(x, begin, begin + life / 12 + 1);
}

enum next
api_acme_renewal_info(struct exchange *x)
{
    struct ca *ca = calloc(1, sizeof(*ca));
    enum next next;

    if (ca == NULL)
        return acme_trouble(x, ERR_NOMEM);
    if (call_authority(x, ca, &next))
        next = tell(x, ca);
    free(ca);
    return next;
}

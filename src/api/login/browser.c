/* SPDX-License-Identifier: Apache-2.0 */
/*
 * browser.c - cookies.
 *
 * The guard's field is a keyed hash of its cookie, so a page elsewhere, which
 * can neither read nor set the cookie, cannot make a browser send a form of
 * ours, not even one that signs it in as somebody else (RFC 9700 4.7).
 */
#include "api/login/browser.h"

#include "api/login/html.h"
#include "base/clock.h"
#include "base/wipe.h"
#include "codec/b64.h"

#define COOKIE_SESSION "__Host-keyhold-session"
#define COOKIE_GUARD   "__Host-keyhold-guard"
#define ATTRIBUTES     "; Path=/; Secure; HttpOnly; SameSite=Lax"

/* The value of a cookie; empty if it is not there. */
static struct span
find_cookie(const struct exchange *x, const char *name)
{
    struct span all = http_request_header(x->req, "Cookie");

    while (all.len > 0) {
        struct span one = span_head(all, span_find(all, ';'));
        size_t eq;

        all = span_tail(all, one.len + 1);
        while (one.len > 0 && one.ptr[0] == ' ')
            one = span_tail(one, 1);
        eq = span_find(one, '=');
        if (eq < one.len && span_is_str(span_head(one, eq), name))
            return span_tail(one, eq + 1);
    }
    return (struct span){ 0 };
}

static void
set_cookie(struct exchange *x, const char *name, struct span value, bool gone)
{
    char line[256];

    (void)snprintf(line, sizeof(line), "%s=%.*s" ATTRIBUTES "%s", name, (int)value.len,
                   (const char *)value.ptr, gone ? "; Max-Age=0" : "");
    http_response_header(&x->resp, "Set-Cookie", line);
    wipe(line, sizeof(line));
}

/* ---------------------------------------------------------------------- session */

enum err
browser_read(struct exchange *x, struct browser *b)
{
    struct span text = find_cookie(x, COOKIE_SESSION);
    struct credential held;
    enum err e;

    memset(b, 0, sizeof(*b));
    if (text.len == 0)
        return ERR_OK;
    e = sso_load(x->rows, x->view, text, clock_now(), &b->session);
    if (e == ERR_OK)
        e = principal_load(x->rows, x->view, &b->session.tid, &b->session.oid, &b->user);
    if (e == ERR_OK)
        e = credential_load(x->rows, x->view, &b->session.tid, &b->session.oid, &held);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    b->known = b->user.enabled && b->user.kind == PRINCIPAL_USER &&
               b->session.auth_time >= held.valid_from;
    return ERR_OK;
}

enum err
browser_begin(struct exchange *x, struct browser *b, const struct principal *user,
              int64_t auth_time)
{
    struct secbuf text;
    enum err e;

    if (b->session.id.text[0] != '\0')
        sso_end(&x->write, &b->session);
    b->session = (struct sso){ .tid = user->tid, .oid = user->oid, .auth_time = auth_time };
    b->user = *user;
    secbuf_init(&text, 64);
    e = sso_new(x->rows, &x->write, &b->session, clock_now(), &text);
    b->known = e == ERR_OK;
    if (e == ERR_OK)
        set_cookie(x, COOKIE_SESSION, secbuf_span(&text), false);
    secbuf_release(&text);
    return e;
}

void
browser_end(struct exchange *x, struct browser *b)
{
    if (b->session.revision != 0)
        sso_end(&x->write, &b->session);
    set_cookie(x, COOKIE_SESSION, span_str(""), true);
    b->known = false;
}

/* ------------------------------------------------------------------------ guard */

static enum err
put_mac(struct exchange *x, struct span cookie, struct buf *out)
{
    uint8_t mac[ROW_TAG_LEN];
    enum err e = rows_mac(x->rows, "form guard", &cookie, 1, mac);

    if (e == ERR_OK)
        hex_put(sink_buf(out), span_of(mac, sizeof(mac)));
    return e == ERR_OK ? out->err : e;
}

enum err
browser_put_guard(struct exchange *x)
{
    struct span cookie = find_cookie(x, COOKIE_GUARD);
    struct ticket_id unused;
    struct secbuf text;
    struct buf field;
    enum err e = ERR_OK;

    secbuf_init(&text, 64);
    buf_init(&field, 64);
    if (cookie.len != TICKET_LEN) {
        e = ticket_new(&text, &unused);
        cookie = secbuf_span(&text);
        if (e == ERR_OK)
            set_cookie(x, COOKIE_GUARD, cookie, false);
    }
    if (e == ERR_OK)
        e = put_mac(x, cookie, &field);
    if (e == ERR_OK)
        html_hidden(x, "guard", buf_span(&field));
    buf_release(&field);
    secbuf_release(&text);
    return e;
}

enum err
browser_check_guard(struct exchange *x, struct span field, bool *ok)
{
    struct span cookie = find_cookie(x, COOKIE_GUARD);
    struct buf want;
    enum err e;

    *ok = false;
    if (cookie.len != TICKET_LEN)
        return ERR_OK;
    buf_init(&want, 64);
    e = put_mac(x, cookie, &want);
    *ok = e == ERR_OK && ct_equal(buf_span(&want), field);
    buf_release(&want);
    return e;
}

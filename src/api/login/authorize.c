/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authorize.c - the sign-in page, and the code that comes of it.
 *
 *   request wrong, client or redirect unknown -> a page that says so
 *   request wrong otherwise                   -> redirect with the error
 *   session, and nothing else asked for       -> redirect with a code
 *   session, select_account                   -> page: continue as, or another
 *   no session                                -> page: name and password -> KEEPER -> code
 *
 * The forms carry no address: they go to the URL of the page itself, so every
 * step judges the whole request again.
 */
#include "api/login/authorize_request.h"
#include "api/login/browser.h"
#include "api/login/form.h"
#include "api/login/html.h"
#include "api/login/login.h"
#include "api/login/signin.h"
#include "base/clock.h"

static const struct span none;

struct visit {
    struct authorize_request asked;
    struct form form;
    struct browser browser;
    struct signin signin;
};

static void
visit_free(void *state)
{
    struct visit *v = state;

    if (v == NULL)
        return;
    authorize_request_release(&v->asked);
    form_release(&v->form);
    free(v);
}

/* -------------------------------------------------------------------- answers back */

static void
put_encoded(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~')
            buf_put_byte(out, c);
        else
            buf_put_fmt(out, "%%%02X", c);
    }
}

struct answer_field {
    const char *name;
    struct span value;
};

/* By the address: its fields behind '?' or '#'. */
static enum next
redirect(struct exchange *x, const struct visit *v, const struct answer_field *f, size_t n)
{
    const struct authorize_request *r = &v->asked;
    bool first = r->mode == MODE_FRAGMENT || span_find(r->redirect, '?') == r->redirect.len;
    struct buf to;
    enum err e;

    buf_init(&to, 3 * MAX_STATE + 8192);
    buf_put(&to, r->redirect);
    for (size_t i = 0; i < n; i++) {
        if (f[i].value.len == 0)
            continue;
        buf_put_byte(&to, !first ? '&' : r->mode == MODE_FRAGMENT ? '#' : '?');
        first = false;
        buf_put_fmt(&to, "%s=", f[i].name);
        put_encoded(&to, f[i].value);
    }
    e = to.err;
    if (e == ERR_OK) {
        /* 303: the form's password is not posted on. */
        x->resp.status = x->req->method == HTTP_POST ? 303 : 302;
        http_response_header(&x->resp, "Location", buf_str(&to));
        http_response_header(&x->resp, "Cache-Control", "no-store");
        http_response_header(&x->resp, "Referrer-Policy", "no-referrer");
    }
    buf_release(&to);
    if (e != ERR_OK)
        return exchange_fail(x, e, none);
    return store_write_is_empty(&x->write) ? NEXT_REPLY : NEXT_COMMIT;
}

/* By a form of the client's, which wants the answer in a body. */
static enum next
post_back(struct exchange *x, const struct visit *v, const struct answer_field *f, size_t n)
{
    char source[MAX_REDIRECT_URI + 1];

    html_source_of(v->asked.redirect, source, sizeof(source));
    html_begin_posting(x, "Signed in", span_str(source));
    html_put(x, "<form method=\"post\" action=\"");
    html_text(x, v->asked.redirect);
    html_put(x, "\">\n");
    for (size_t i = 0; i < n; i++)
        if (f[i].value.len > 0)
            html_hidden(x, f[i].name, f[i].value);
    html_button(x, "", "Continue", false);
    html_put(x, "</form>\n");
    return html_end_posting(x);
}

static enum next
send_back(struct exchange *x, const struct visit *v, const struct answer_field *f, size_t n)
{
    return v->asked.mode == MODE_FORM ? post_back(x, v, f, n) : redirect(x, v, f, n);
}

static enum next
send_error(struct exchange *x, const struct visit *v, enum sts why, struct span detail)
{
    struct answer_field f[3];
    struct buf text;
    enum next next;

    buf_init(&text, 2048);
    f[0].value = span_str(sts_text(x, why, detail, v->asked.client_id, &text));
    f[0].name = "error";
    f[1] = (struct answer_field){ "error_description", buf_span(&text) };
    f[2] = (struct answer_field){ "state", v->asked.state };
    next = send_back(x, v, f, 3);
    buf_release(&text);
    return next;
}

static enum next
error_page(struct exchange *x, enum sts why, struct span detail, struct span more)
{
    struct buf text;
    enum next next;

    buf_init(&text, 2048);
    (void)sts_text(x, why, detail, more, &text);
    html_begin(x, 400, "Sign-in is not possible", none);
    html_put(x, "<p role=\"alert\">");
    html_text(x, buf_span(&text));
    html_put(x, "</p>\n");
    html_paragraph(x, "The program that sent you here asked for something that it may not "
                      "have. Nothing was sent to it.");
    next = html_end(x);
    buf_release(&text);
    return next;
}

static enum next
trouble(struct exchange *x, enum err e)
{
    return exchange_fail(x, e, none);
}

/* The person of the session is known to the client from here on. */
static enum next
send_code(struct exchange *x, struct visit *v)
{
    const struct authorize_request *r = &v->asked;
    int64_t now = clock_now();
    struct code c = { .appid = r->client.appid,
                      .tid = v->browser.user.tid,
                      .oid = v->browser.user.oid,
                      .auth_time = v->browser.session.auth_time };
    struct answer_field f[2];
    struct secbuf text;
    enum next next;
    enum err e = ERR_OK;

    c.issued = now > c.auth_time ? now : c.auth_time;
    if (!span_copy_str(r->redirect, c.redirect, sizeof(c.redirect)) ||
        !span_copy_str(r->challenge, c.challenge, sizeof(c.challenge)) ||
        !span_copy_str(span_str(r->wanted.text), c.scope, sizeof(c.scope)) ||
        !span_copy_str(r->nonce, c.nonce, sizeof(c.nonce)))
        e = ERR_SYNTAX;
    secbuf_init(&text, 64);
    if (e == ERR_OK)
        e = code_new(x->rows, &x->write, &c, now, &text);
    f[0] = (struct answer_field){ "code", secbuf_span(&text) };
    f[1] = (struct answer_field){ "state", r->state };
    x->caller = (struct caller){ .known = true, .tid = c.tid, .oid = c.oid, .appid = c.appid };
    (void)snprintf(x->caller.idtyp, sizeof(x->caller.idtyp), "user");
    (void)snprintf(x->caller.upn, sizeof(x->caller.upn), "%s", v->browser.user.upn);
    next = e == ERR_OK ? send_back(x, v, f, 2) : trouble(x, e);
    secbuf_release(&text);
    return next;
}

/* ----------------------------------------------------------------------- pages */

static void
begin_form(struct exchange *x, const struct visit *v, unsigned status, const char *title)
{
    char source[MAX_REDIRECT_URI + 1];

    /* Browsers hold a form to its policy through the redirect that answers it. */
    html_source_of(v->asked.redirect, source, sizeof(source));
    html_begin(x, status, title, span_str(source));
}

static enum next
sign_in_page(struct exchange *x, const struct visit *v, const char *error, struct span name)
{
    bool again = error[0] != '\0';
    enum err e;

    begin_form(x, v, again ? 400 : 200, "Sign in");
    html_put(x, "<p>to continue to <strong>");
    html_text(x, span_str(client_name(&v->asked.client)));
    html_put(x, "</strong></p>\n");
    html_alert(x, error);
    html_put(x, "<form method=\"post\">\n");
    e = browser_put_guard(x);
    if (e != ERR_OK)
        return trouble(x, e);
    html_field(x, "username", "User name", "text", "username", name,
               name.len == 0 ? "autofocus placeholder=\"alice@example.com\"" : "");
    html_field(x, "password", "Password", "password", "current-password", none,
               again          ? "autofocus aria-invalid=\"true\" aria-describedby=\"error\""
               : name.len > 0 ? "autofocus"
                              : "");
    html_button(x, "", "Sign in", false);
    html_button(x, "cancel", "Cancel", true);
    html_put(x, "</form>\n");
    return html_end(x);
}

static enum next
choice_page(struct exchange *x, const struct visit *v)
{
    enum err e;

    begin_form(x, v, 200, "Choose an account");
    html_put(x, "<p>to continue to <strong>");
    html_text(x, span_str(client_name(&v->asked.client)));
    html_put(x, "</strong></p>\n<form method=\"post\">\n");
    e = browser_put_guard(x);
    if (e != ERR_OK)
        return trouble(x, e);
    html_put(x, "<p>You are signed in as <strong>");
    html_text(x, span_str(v->browser.user.upn));
    html_put(x, "</strong>.</p>\n");
    html_button(x, "continue", "Continue", false);
    html_button(x, "other", "Use another account", true);
    html_put(x, "</form>\n");
    return html_end(x);
}

/* ----------------------------------------------------------------------- steps */

/* Is the session one that this request may use? */
static bool
session_fits(const struct visit *v)
{
    const struct browser *b = &v->browser;
    const struct authorize_request *r = &v->asked;

    return b->known &&
           (r->authority.alias || guid_is_equal(&b->user.tid, &r->authority.tenant.tid)) &&
           (!r->has_max_age || clock_now() <= b->session.auth_time + r->max_age);
}

static enum next
on_get(struct exchange *x, struct visit *v)
{
    const struct authorize_request *r = &v->asked;
    bool fits = session_fits(v);
    bool hinted = r->login_hint.len > 0;
    bool is_hinted =
        hinted && span_is_equal_nocase(r->login_hint, span_str(v->browser.user.upn));

    if (r->prompt == PROMPT_NONE)
        return fits && (!hinted || is_hinted) ? send_code(x, v)
                                              : send_error(x, v, STS_LOGIN_REQUIRED, none);
    if (!fits || r->prompt == PROMPT_LOGIN || (hinted && !is_hinted))
        return sign_in_page(x, v, "", r->login_hint);
    return r->prompt == PROMPT_SELECT && !is_hinted ? choice_page(x, v) : send_code(x, v);
}

static enum next
on_post(struct exchange *x, struct visit *v)
{
    struct span decision, name, password;
    bool ok = false;
    enum err e = form_parse(x->req->body, &v->form);

    if (e == ERR_OK)
        e = browser_check_guard(x, form_get(&v->form, FORM_GUARD), &ok);
    if (e == ERR_SYNTAX || e == ERR_TOO_LARGE)
        e = ERR_OK;
    if (e != ERR_OK)
        return trouble(x, e);
    decision = form_get(&v->form, FORM_DECISION);
    name = form_get(&v->form, FORM_USERNAME);
    password = form_get(&v->form, FORM_PASSWORD);
    if (!ok)
        return sign_in_page(x, v, "This page was too old, or cookies are off. Try again.",
                            none);
    if (span_is_str(decision, "cancel"))
        return send_error(x, v, STS_DECLINED_SIGN_IN, none);
    if (span_is_str(decision, "continue") && session_fits(v) && v->asked.prompt != PROMPT_LOGIN)
        return send_code(x, v);
    if (name.len == 0 && password.len == 0)
        return sign_in_page(x, v, "", none);
    if (name.len == 0 || password.len == 0)
        return sign_in_page(x, v, "Enter your user name and your password.", name);
    e = signin_begin(x, &v->asked.authority, name, password, &v->signin);
    return e == ERR_OK ? NEXT_KEEPER : trouble(x, e);
}

const char *
login_complaint(enum sts why)
{
    return why == STS_USER_DISABLED ? "This account is disabled."
           : why == STS_RESTING
               ? "There were too many attempts with this name. Wait a while, then try again."
               : "The user name or the password is wrong.";
}

static enum next
password_checked(struct exchange *x, struct visit *v)
{
    struct buf unused;
    enum sts why;
    enum err e = signin_end(x, &v->signin, &why);

    if (e != ERR_OK)
        return trouble(x, e);
    if (why != STS_OK) {
        buf_init(&unused, 2048);
        (void)sts_text(x, why, none, none, &unused);
        buf_release(&unused);
        return sign_in_page(x, v, login_complaint(why), form_get(&v->form, FORM_USERNAME));
    }
    e = browser_read(x, &v->browser); /* in this snapshot: what is to be ended */
    if (e == ERR_OK)
        e = browser_begin(x, &v->browser, &v->signin.user,
                          credential_issue_time(&v->signin.held, clock_now()));
    return e == ERR_OK ? send_code(x, v) : trouble(x, e);
}

enum next
api_login_authorize(struct exchange *x)
{
    struct visit *v = x->state;
    struct span detail;
    enum sts why;
    enum err e;

    if (x->step > 0)
        return x->answer_err == ERR_OK || x->answer_err == ERR_BAD_SECRET
                   ? password_checked(x, v)
                   : trouble(x, x->answer_err);
    v = calloc(1, sizeof(*v));
    if (v == NULL)
        return trouble(x, ERR_NOMEM);
    x->state = v;
    x->state_free = visit_free;
    secbuf_init(&v->form.text, FORM_BODY_MAX);
    e = authorize_request_read(x, &v->asked, &why, &detail);
    sts_note_client(x, v->asked.client_id);
    if (e == ERR_OK && why == STS_OK)
        e = browser_read(x, &v->browser);
    if (e != ERR_OK)
        return trouble(x, e);
    if (why != STS_OK && v->asked.kind == 0)
        return error_page(x, why, detail,
                          why == STS_REDIRECT ? v->asked.client_id
                                              : span_str(v->asked.authority.tenant.tid.text));
    if (why != STS_OK)
        return send_error(x, v, why, detail);
    return x->req->method == HTTP_POST ? on_post(x, v) : on_get(x, v);
}

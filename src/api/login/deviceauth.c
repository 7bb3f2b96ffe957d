/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deviceauth.c - where a person enters the code that a program shows.
 *
 *   code (and name and password, if nobody is signed in) -> KEEPER -> which program? -> yes, no
 *
 * A code is looked up only for somebody who has proved who he is, and wrong
 * codes are counted by person: there are 20^8 of them, and five guesses.
 */
#include "api/login/browser.h"
#include "api/login/client.h"
#include "api/login/form.h"
#include "api/login/html.h"
#include "api/login/login.h"
#include "api/login/signin.h"
#include "auth/device.h"
#include "base/clock.h"

static const struct span none;

struct visit {
    struct authority authority;
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
    form_release(&v->form);
    free(v);
}

static enum next
trouble(struct exchange *x, enum err e)
{
    return exchange_fail(x, e, none);
}

static enum next
last_page(struct exchange *x, unsigned status, const char *title, const char *text)
{
    html_begin(x, status, title, none);
    html_put(x, "<p role=\"status\">");
    html_text(x, span_str(text));
    html_put(x, "</p>\n");
    return html_end(x);
}

/* Code, and who it is if that is not known. */
static enum next
code_page(struct exchange *x, const struct visit *v, const char *error, struct span code)
{
    bool again = error[0] != '\0';
    enum err e;

    html_begin(x, again ? 400 : 200, "Enter code", none);
    html_paragraph(x, "Enter the code that your program or device shows. Go on only if you "
                      "started that sign-in yourself.");
    html_alert(x, error);
    html_put(x, "<form method=\"post\">\n");
    e = browser_put_guard(x);
    if (e != ERR_OK)
        return trouble(x, e);
    html_field(x, "user_code", "Code", "text", "one-time-code", code,
               again ? "class=\"code\" maxlength=\"12\" autofocus aria-invalid=\"true\" "
                       "aria-describedby=\"error\""
                     : "class=\"code\" maxlength=\"12\" autofocus");
    if (v->browser.known) {
        html_put(x, "<p>You are signed in as <strong>");
        html_text(x, span_str(v->browser.user.upn));
        html_put(x, "</strong>.</p>\n");
    } else {
        html_field(x, "username", "User name", "text", "username",
                   form_get(&v->form, FORM_USERNAME), "");
        html_field(x, "password", "Password", "password", "current-password", none, "");
    }
    html_button(x, "", "Next", false);
    html_put(x, "</form>\n");
    return html_end(x);
}

static enum next
confirm_page(struct exchange *x, const struct visit *v, const struct device *d,
             const char *program)
{
    enum err e;

    (void)d;
    html_begin(x, 200, "Sign in to this program?", none);
    html_put(x, "<p><strong>");
    html_text(x, span_str(program));
    html_put(x, "</strong> will act as <strong>");
    html_text(x, span_str(v->browser.user.upn));
    html_put(x, "</strong> on the device that shows the code.</p>\n");
    html_paragraph(x, "If somebody sent you this code, cancel: it would give him your rights.");
    html_put(x, "<form method=\"post\">\n");
    e = browser_put_guard(x);
    if (e != ERR_OK)
        return trouble(x, e);
    html_hidden(x, "user_code", form_get(&v->form, FORM_USER_CODE));
    html_button(x, "continue", "Continue", false);
    html_button(x, "cancel", "Cancel", true);
    html_put(x, "</form>\n");
    return html_end(x);
}

/* ----------------------------------------------------------------------- the code */

static enum next
decide(struct exchange *x, struct visit *v, struct device *d, bool yes)
{
    int64_t now = clock_now();

    d->state = yes ? DEVICE_APPROVED : DEVICE_DECLINED;
    d->tid = v->browser.user.tid;
    d->oid = v->browser.user.oid;
    d->auth_time = v->browser.session.auth_time;
    d->issued = now > d->auth_time ? now : d->auth_time;
    device_store(x->rows, &x->write, d);
    x->caller =
        (struct caller){ .known = true, .tid = d->tid, .oid = d->oid, .appid = d->appid };
    (void)snprintf(x->caller.idtyp, sizeof(x->caller.idtyp), "user");
    (void)snprintf(x->caller.upn, sizeof(x->caller.upn), "%s", v->browser.user.upn);
    return yes ? last_page(x, 200, "You are signed in",
                           "You can close this window and go back to your program.")
               : last_page(x, 200, "Cancelled", "The program was not signed in.");
}

/* Is it a code that waits, for a person of this tenant? ERR_NOT_FOUND if not. */
static enum err
find_code(struct exchange *x, const struct visit *v, struct device *d,
          struct login_client *client)
{
    enum sts why = STS_OK;
    enum err e = device_find(x->rows, x->view, form_get(&v->form, FORM_USER_CODE), d);

    if (e != ERR_OK)
        return e;
    if (d->state != DEVICE_PENDING || clock_now() >= d->good_until ||
        (d->tid.text[0] != '\0' && !guid_is_equal(&d->tid, &v->browser.user.tid)))
        return ERR_NOT_FOUND;
    e = client_find(x, &d->appid, client);
    if (e == ERR_OK)
        e = client_check(x, client, &v->browser.user.tid, &why);
    return e == ERR_OK && why != STS_OK ? ERR_NOT_FOUND : e;
}

/* v->browser says who it is. */
static enum next
use_code(struct exchange *x, struct visit *v)
{
    struct span decision = form_get(&v->form, FORM_DECISION);
    struct login_client client = { 0 };
    int64_t now = clock_now();
    struct attempts guesses;
    struct device d;
    enum next next;
    enum err e;

    e = attempts_load(x->rows, x->view, "code", &v->browser.user.tid,
                      span_str(v->browser.user.oid.text), now, &guesses);
    if (e != ERR_OK)
        return trouble(x, e);
    if (attempts_is_resting(&guesses, now))
        return code_page(x, v, "There were too many wrong codes. Wait a while.", none);
    e = find_code(x, v, &d, &client);
    if (e == ERR_NOT_FOUND) {
        attempts_fail(x->rows, &x->write, &guesses, now);
        next = code_page(x, v, "That code is not valid. Check it, or start again.", none);
    } else if (e != ERR_OK) {
        next = trouble(x, e);
    } else {
        attempts_pass(&x->write, &guesses);
        sts_note_client(x, span_str(d.appid.text));
        if (span_is_str(decision, "continue") || span_is_str(decision, "cancel"))
            next = decide(x, v, &d, span_is_str(decision, "continue"));
        else
            next = confirm_page(x, v, &d, client_name(&client));
    }
    client_release(&client);
    return next;
}

/* ----------------------------------------------------------------------- steps */

static enum next
on_post(struct exchange *x, struct visit *v)
{
    struct span name, password, code;
    bool ok = false;
    enum err e = form_parse(x->req->body, &v->form);

    if (e == ERR_OK)
        e = browser_check_guard(x, form_get(&v->form, FORM_GUARD), &ok);
    if (e != ERR_OK && e != ERR_SYNTAX && e != ERR_TOO_LARGE)
        return trouble(x, e);
    code = form_get(&v->form, FORM_USER_CODE);
    if (!ok)
        return code_page(x, v, "This page was too old, or cookies are off. Try again.", code);
    if (code.len == 0)
        return code_page(x, v, "Enter the code.", none);
    if (v->browser.known)
        return use_code(x, v);
    name = form_get(&v->form, FORM_USERNAME);
    password = form_get(&v->form, FORM_PASSWORD);
    if (name.len == 0 || password.len == 0)
        return code_page(x, v, "Enter your user name and your password.", code);
    e = signin_begin(x, &v->authority, name, password, &v->signin);
    return e == ERR_OK ? NEXT_KEEPER : trouble(x, e);
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
        return code_page(x, v, login_complaint(why), form_get(&v->form, FORM_USER_CODE));
    }
    e = browser_begin(x, &v->browser, &v->signin.user,
                      credential_issue_time(&v->signin.held, clock_now()));
    return e == ERR_OK ? use_code(x, v) : trouble(x, e);
}

enum next
api_login_deviceauth(struct exchange *x)
{
    struct visit *v = x->state;
    enum sts why;
    enum err e;

    if (x->step > 0)
        return password_checked(x, v);
    v = calloc(1, sizeof(*v));
    if (v == NULL)
        return trouble(x, ERR_NOMEM);
    x->state = v;
    x->state_free = visit_free;
    secbuf_init(&v->form.text, FORM_BODY_MAX);
    e = authority_find(x, x->bind[0], &v->authority, &why);
    if (e == ERR_OK && why == STS_OK)
        e = browser_read(x, &v->browser);
    if (e != ERR_OK)
        return trouble(x, e);
    if (why != STS_OK)
        return sts_fail(x, why, x->bind[0], none);
    return x->req->method == HTTP_POST ? on_post(x, v) : code_page(x, v, "", none);
}

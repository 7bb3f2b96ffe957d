/* SPDX-License-Identifier: Apache-2.0 */
/* form.c - one pass over the body; only fields we know are decoded and kept. */
#include "api/login/form.h"

static const char *const names[FORM__MAX] = {
    [FORM_GRANT_TYPE] = "grant_type",
    [FORM_CLIENT_ID] = "client_id",
    [FORM_CLIENT_SECRET] = "client_secret",
    [FORM_CLIENT_ASSERTION] = "client_assertion",
    [FORM_CLIENT_ASSERTION_TYPE] = "client_assertion_type",
    [FORM_SCOPE] = "scope",
    [FORM_RESOURCE] = "resource",
    [FORM_CLAIMS] = "claims",
    [FORM_OBJECT_ID] = "object_id",
    [FORM_MSI_RES_ID] = "msi_res_id",
    [FORM_MI_RES_ID] = "mi_res_id",
    [FORM_USERNAME] = "username",
    [FORM_PASSWORD] = "password",
    [FORM_REFRESH_TOKEN] = "refresh_token",
    [FORM_CODE] = "code",
    [FORM_CODE_VERIFIER] = "code_verifier",
    [FORM_REDIRECT_URI] = "redirect_uri",
    [FORM_DEVICE_CODE] = "device_code",
    [FORM_ASSERTION] = "assertion",
    [FORM_REQUESTED_TOKEN_USE] = "requested_token_use",
    [FORM_CLIENT_INFO] = "client_info",
    [FORM_USER_CODE] = "user_code",
    [FORM_DECISION] = "decision",
    [FORM_GUARD] = "guard",
};

const char *
form_name(enum form_field which)
{
    return names[which];
}

static int
hex_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum err
form_decode(struct span text, struct secbuf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int hi = i + 2 < text.len ? hex_of(text.ptr[i + 1]) : -1;
            int lo = i + 2 < text.len ? hex_of(text.ptr[i + 2]) : -1;

            if (hi < 0 || lo < 0)
                return ERR_SYNTAX;
            c = (uint8_t)(hi * 16 + lo);
            i += 2;
        }
        if (c == 0)
            return ERR_SYNTAX;
        secbuf_put_byte(out, c);
    }
    return out->err;
}

/* The field that an encoded name stands for, or FORM__MAX. */
static enum form_field
field_of(struct span name, struct secbuf *scratch)
{
    secbuf_clear(scratch);
    if (form_decode(name, scratch) != ERR_OK)
        return FORM__MAX;
    for (int i = 0; i < FORM__MAX; i++)
        if (span_is_str(secbuf_span(scratch), names[i]))
            return (enum form_field)i;
    return FORM__MAX;
}

static enum err
take_pair(struct form *f, struct span pair, struct secbuf *scratch)
{
    size_t eq = span_find(pair, '=');
    enum form_field which = field_of(span_head(pair, eq), scratch);
    size_t at = f->text.len;
    enum err e;

    if (which == FORM__MAX)
        return ERR_OK;
    if (f->field[which].given)
        return ERR_SYNTAX;
    e = form_decode(span_tail(pair, eq + 1), &f->text);
    if (e != ERR_OK)
        return e;
    f->field[which].given = true;
    f->field[which].at = at;
    f->field[which].len = f->text.len - at;
    return ERR_OK;
}

enum err
form_parse(struct span body, struct form *out)
{
    struct secbuf scratch;
    enum err e = ERR_OK;
    unsigned n = 0;

    memset(out, 0, sizeof(*out));
    secbuf_init(&out->text, FORM_BODY_MAX);
    if (body.len > FORM_BODY_MAX)
        return ERR_TOO_LARGE;
    secbuf_init(&scratch, 256); /* longer names are none of ours */
    while (body.len > 0 && e == ERR_OK) {
        size_t end = span_find(body, '&');

        if (end > 0 && ++n > FORM_FIELDS_MAX)
            e = ERR_TOO_LARGE;
        else if (end > 0)
            e = take_pair(out, span_head(body, end), &scratch);
        body = span_tail(body, end + 1);
    }
    secbuf_release(&scratch);
    return e;
}

void
form_release(struct form *f)
{
    secbuf_release(&f->text);
}

struct span
form_get(const struct form *f, enum form_field which)
{
    if (!f->field[which].given || f->field[which].len == 0)
        return (struct span){ 0 };
    return span_of(f->text.ptr + f->field[which].at, f->field[which].len);
}

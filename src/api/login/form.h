/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form.h - application/x-www-form-urlencoded bodies of the token endpoints.
 *
 * Known fields are kept, decoded, in secret memory; unknown ones are ignored,
 * since clients send telemetry beside (identity-and-cli.md 4.3). A known field
 * that comes twice refuses the body (RFC 6749 3.2), and so does a NUL or a
 * broken percent sign in one. A field without a value counts as absent.
 */
#ifndef API_LOGIN_FORM_H
#define API_LOGIN_FORM_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secbuf.h"
#include "base/span.h"

enum { FORM_BODY_MAX = 64 * 1024, FORM_FIELDS_MAX = 64 };

enum form_field {
    FORM_GRANT_TYPE,
    FORM_CLIENT_ID,
    FORM_CLIENT_SECRET,
    FORM_CLIENT_ASSERTION,
    FORM_CLIENT_ASSERTION_TYPE,
    FORM_SCOPE,
    FORM_RESOURCE,
    FORM_CLAIMS,
    FORM_OBJECT_ID,
    FORM_MSI_RES_ID,
    FORM_MI_RES_ID,
    FORM_USERNAME,
    FORM_PASSWORD,
    FORM_REFRESH_TOKEN,
    FORM_CODE,
    FORM_CODE_VERIFIER,
    FORM_REDIRECT_URI,
    FORM_DEVICE_CODE,
    FORM_ASSERTION,
    FORM_REQUESTED_TOKEN_USE,
    FORM_CLIENT_INFO,
    FORM_USER_CODE, /* of our pages, as the next two */
    FORM_DECISION,
    FORM_GUARD,
    FORM__MAX
};

struct form {
    struct secbuf text;
    struct {
        bool given;
        size_t at, len;
    } field[FORM__MAX];
};

/* ERR_SYNTAX, ERR_TOO_LARGE (body or number of fields), ERR_NOMEM.
 * out is releasable in every case. */
MUST_CHECK enum err form_parse(struct span body, struct form *out);
/* Wipes. */
void form_release(struct form *f);

/* Empty if absent; borrowed until release. */
struct span form_get(const struct form *f, enum form_field which);
/* The field's name on the wire. */
const char *form_name(enum form_field which);

/* Decodes %XX and '+' of one name or value; appends. ERR_SYNTAX, ERR_NOMEM, ERR_TOO_LARGE. */
MUST_CHECK enum err form_decode(struct span text, struct secbuf *out);

#endif /* API_LOGIN_FORM_H */

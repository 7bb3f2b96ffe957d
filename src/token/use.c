/* SPDX-License-Identifier: Apache-2.0 */
/* use.c - which way an operation goes, and the calls that all of them make. */
#include "token/use.h"

#include "token/template.h"
#include "token/use_int.h"

bool
use_is_public(const struct where *w, enum key_op op)
{
    return w->public.type != KEY_OCT &&
           (op == KEY_VERIFY || op == KEY_ENCRYPT || op == KEY_WRAP);
}

static CK_RV
begin(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE h, enum use_call call, CK_MECHANISM *m,
      CK_OBJECT_HANDLE key)
{
    if (call == CALL_SIGN)
        return f->C_SignInit(h, m, key);
    return call == CALL_ENCRYPT ? f->C_EncryptInit(h, m, key) : f->C_DecryptInit(h, m, key);
}

static CK_RV
finish(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE h, enum use_call call, struct span in,
       uint8_t *out, CK_ULONG *len)
{
    CK_BYTE_PTR from = token_bytes(in);

    if (call == CALL_SIGN)
        return f->C_Sign(h, from, in.len, out, len);
    return call == CALL_ENCRYPT ? f->C_Encrypt(h, from, in.len, out, len)
                                : f->C_Decrypt(h, from, in.len, out, len);
}

enum err
use_once(struct session *s, enum use_call call, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
         struct span in, uint8_t *out, size_t max, size_t *len)
{
    static const char *const inits[] = { "C_SignInit", "C_EncryptInit", "C_DecryptInit" };
    static const char *const calls[] = { "C_Sign", "C_Encrypt", "C_Decrypt" };
    CK_FUNCTION_LIST *f = session_calls(s);
    CK_ULONG n = max;
    CK_RV rv;
    enum err e;

    *len = 0;
    e = session_said(s, inits[call], begin(f, session_handle(s), call, mechanism, key));
    if (e != ERR_OK)
        return e;
    rv = finish(f, session_handle(s), call, in, out, &n);
    if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && n > max)) {
        session_abandon(s); /* the one answer that leaves the operation open */
        rv = CKR_GENERAL_ERROR;
    }
    *len = n;
    return session_said(s, calls[call], rv);
}

enum err
use_once_put(struct session *s, enum use_call call, CK_MECHANISM *mechanism,
             CK_OBJECT_HANDLE key, struct span in, size_t max, struct secbuf *value)
{
    uint8_t *out = secbuf_grow(value, max);
    size_t len;
    enum err e;

    if (out == NULL)
        return value->err;
    e = use_once(s, call, mechanism, key, in, out, max, &len);
    secbuf_truncate(value, e == ERR_OK ? value->len - max + len : value->len - max);
    return e;
}

static enum err
use_public(const struct where *w, const struct key_use *u, struct secbuf *value,
           struct key_result *result)
{
    struct key *k = NULL;
    enum err e = key_from_public(&w->public, &k);

    if (e == ERR_OK)
        e = key_use(k, u, value, result);
    else if (e == ERR_SYNTAX || e == ERR_ARG)
        e = ERR_FORMAT; /* the row is ours, and so is what it says */
    key_free(k);
    return e;
}

/* One run after another begins with nothing. */
static enum err
run(struct session *s, void *arg)
{
    struct use_run *r = arg;

    secbuf_clear(r->value);
    switch (r->where->public.type) {
    case KEY_RSA:
        return use_rsa(s, r);
    case KEY_EC:
        return use_ec(s, r);
    case KEY_OCT:
        return use_oct(s, r);
    case KEY_OKP:
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    return ERR_UNSUPPORTED;
}

enum err
use_key(struct session *s, const struct where *w, const struct key_use *u, struct secbuf *value,
        struct key_result *result)
{
    struct use_run r = { .where = w, .u = u, .value = value };
    bool opens = u->op == KEY_DECRYPT || u->op == KEY_UNWRAP;
    enum err e;

    *result = r.result;
    if (u->bytes.len > KEY_INPUT_MAX || u->aad.len > KEY_INPUT_MAX ||
        !key_alg_fits(u->alg, u->op, w->public.type, w->public.curve, w->public.bits))
        return ERR_ARG;
    if (use_is_public(w, u->op))
        return use_public(w, u, value, result);
    if (s == NULL)
        return ERR_UNAVAILABLE;
    e = session_run(s, run, &r, opens ? ERR_SYNTAX : ERR_ARG);
    if (e != ERR_OK)
        secbuf_clear(value);
    else
        *result = r.result;
    return e;
}

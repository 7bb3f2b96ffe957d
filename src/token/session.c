/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - open, run, judge; a small table of object handles. */
#include "token/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "token/rv.h"

enum { FOUND_SLOTS = 256, DESTROY_MAX = 16 };

struct found {
    bool used;
    uint8_t id[TOKEN_ID_BYTES];
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    CK_OBJECT_HANDLE handle;
};

struct session {
    struct token *token;
    struct token_caller caller;
    unsigned generation; /* of the opening that handle and found belong to */
    bool open;
    bool alone; /* among the token's objects */
    CK_SESSION_HANDLE handle;
    struct found found[FOUND_SLOTS]; /* by the first byte of the id, which is random */

    /* What the module said last, if it was no success. */
    const char *call;
    CK_RV rv;
};

enum err
session_new(struct token *t, enum token_group group, struct session **out)
{
    struct session *s = calloc(1, sizeof(*s));

    *out = s;
    if (s == NULL)
        return ERR_NOMEM;
    s->token = t;
    token_join(t, &s->caller, group);
    return ERR_OK;
}

static void
forget_objects(struct session *s)
{
    memset(s->found, 0, sizeof(s->found));
}

static void
session_close(struct session *s)
{
    if (s->open)
        (void)session_calls(s)->C_CloseSession(s->handle);
    s->open = false;
    forget_objects(s);
}

void
session_free(struct session *s)
{
    unsigned generation;

    if (s == NULL)
        return;
    if (s->open && token_enter(s->token, &s->caller, &generation) == ERR_OK) {
        if (generation == s->generation)
            session_close(s);
        token_exit(s->token, &s->caller);
    }
    token_part(s->token, &s->caller);
    free(s);
}

CK_FUNCTION_LIST *
session_calls(const struct session *s)
{
    return token_module(s->token)->f;
}

CK_SESSION_HANDLE
session_handle(const struct session *s)
{
    return s->handle;
}

const struct module *
session_module(const struct session *s)
{
    return token_module(s->token);
}

enum err
session_said(struct session *s, const char *call, CK_RV rv)
{
    if (rv == CKR_OK)
        return ERR_OK;
    s->call = call;
    s->rv = rv;
    return ERR_INTERNAL;
}

void
session_abandon(struct session *s)
{
    session_close(s);
}

static enum err
open_if_closed(struct session *s)
{
    CK_RV rv;

    if (s->open)
        return ERR_OK;
    rv = session_calls(s)->C_OpenSession(
        session_module(s)->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s->handle);
    s->open = rv == CKR_OK;
    return session_said(s, "C_OpenSession", rv);
}

static enum err
gone(struct session *s)
{
    if (s->rv == CKR_OK) { /* it found nothing, and then was asked whether it is there */
        s->call = "C_GetTokenInfo";
        s->rv = CKR_TOKEN_NOT_PRESENT;
    }
    token_lost(s->token, s->generation, s->call, s->rv);
    return ERR_UNAVAILABLE;
}

/* Tokens that vanish are not always said to have: ask, before a client hears "no such key". */
static bool
is_there(struct session *s)
{
    return module_has_token(session_module(s));
}

/* After the module said no: what the asker hears, and whether to try again. */
static enum err
judge(struct session *s, enum err bad_input, bool first, bool *again)
{
    enum rv_class class = rv_class_of(s->rv);

    *again = false;
    switch (class) {
    case RV_INPUT:
        return bad_input;
    case RV_CANNOT:
        log_debug("token: %s says %s", s->call, rv_name(s->rv));
        return ERR_UNSUPPORTED;
    case RV_FULL:
        log_warn("token: no room: %s says %s", s->call, rv_name(s->rv));
        return ERR_BUSY;
    case RV_STALE:
    case RV_HANDLE:
        session_close(s);
        if (!is_there(s))
            return gone(s);
        *again = first;
        if (class == RV_HANDLE)
            return ERR_NOT_FOUND;
        return first ? ERR_UNAVAILABLE : gone(s);
    case RV_OK:
    case RV_DOUBT:
        break;
    case RV_GONE:
    case RV_PIN:
        return gone(s);
    }
    session_close(s);
    if (!is_there(s))
        return gone(s);
    if (bad_input == ERR_SYNTAX)
        return bad_input; /* a client that sends rubbish shall not fill the log */
    log_error("token: %s says %s (0x%lx)", s->call, rv_name(s->rv), s->rv);
    return ERR_CRYPTO;
}

/* Into the module, with a session of its present opening or none. */
static enum err
enter(struct session *s)
{
    unsigned generation;
    enum err e = token_enter(s->token, &s->caller, &generation);

    if (e == ERR_OK && generation != s->generation) {
        s->open = false; /* it ended with the opening that it belonged to */
        forget_objects(s);
        s->generation = generation;
    }
    return e;
}

static enum err
run_inside(struct session *s, session_fn fn, void *arg, enum err bad_input)
{
    bool again = true;
    enum err e = ERR_OK;

    for (bool first = true; again; first = false) {
        s->rv = CKR_OK;
        again = false;
        e = open_if_closed(s);
        if (e == ERR_OK)
            e = fn(s, arg);
        if (e != ERR_OK && s->rv != CKR_OK)
            e = judge(s, bad_input, first, &again);
        else if (e == ERR_NOT_FOUND && !is_there(s))
            e = gone(s);
    }
    return e;
}

static enum err
run(struct session *s, session_fn fn, void *arg, enum err bad_input, bool alone)
{
    enum err e = enter(s);

    if (e != ERR_OK)
        return e;
    if (alone)
        token_objects_lock(s->token, true);
    s->alone = alone;
    e = run_inside(s, fn, arg, bad_input);
    s->alone = false;
    if (alone)
        token_objects_unlock(s->token);
    token_exit(s->token, &s->caller);
    return e;
}

enum err
session_run(struct session *s, session_fn fn, void *arg, enum err bad_input)
{
    return run(s, fn, arg, bad_input, false);
}

enum err
session_change(struct session *s, session_fn fn, void *arg, enum err bad_input)
{
    return run(s, fn, arg, bad_input, true);
}

/* ------------------------------------------------------------------ objects */

static struct found *
found_slot(struct session *s, const uint8_t *id, CK_KEY_TYPE type)
{
    return &s->found[(id[0] + type) % FOUND_SLOTS];
}

static enum err
search(struct session *s, CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *out,
       CK_ULONG max, CK_ULONG *count)
{
    CK_FUNCTION_LIST *f = session_calls(s);
    enum err e =
        session_said(s, "C_FindObjectsInit", f->C_FindObjectsInit(s->handle, template, n));

    *count = 0;
    if (e != ERR_OK)
        return e;
    e = session_said(s, "C_FindObjects", f->C_FindObjects(s->handle, out, max, count));
    (void)f->C_FindObjectsFinal(s->handle);
    return e;
}

static enum err
look_up(struct session *s, CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *out,
        CK_ULONG max, CK_ULONG *count)
{
    enum err e;

    if (!s->alone)
        token_objects_lock(s->token, false);
    e = search(s, template, n, out, max, count);
    if (!s->alone)
        token_objects_unlock(s->token);
    return e;
}

enum err
session_find(struct session *s, const uint8_t id[static TOKEN_ID_BYTES], CK_OBJECT_CLASS class,
             CK_KEY_TYPE type, CK_OBJECT_HANDLE *out)
{
    struct found *at = found_slot(s, id, type);
    uint8_t copy[TOKEN_ID_BYTES];
    CK_ATTRIBUTE template[] = { { CKA_ID, copy, sizeof(copy) },
                                { CKA_CLASS, &class, sizeof(class) },
                                { CKA_KEY_TYPE, &type, sizeof(type) } };
    CK_ULONG n;
    enum err e;

    *out = at->handle;
    if (at->used && at->class == class && at->type == type &&
        span_is_equal(span_of(at->id, sizeof(at->id)), span_of(id, TOKEN_ID_BYTES)))
        return ERR_OK;
    memcpy(copy, id, sizeof(copy));
    e = look_up(s, template, 3, out, 1, &n);
    if (e == ERR_OK && n == 0)
        e = ERR_NOT_FOUND;
    if (e != ERR_OK)
        return e;
    *at = (struct found){ .used = true, .class = class, .type = type, .handle = *out };
    memcpy(at->id, id, sizeof(at->id));
    return ERR_OK;
}

enum err
session_destroy(struct session *s, const uint8_t id[static TOKEN_ID_BYTES])
{
    uint8_t copy[TOKEN_ID_BYTES];
    CK_ATTRIBUTE template = { CKA_ID, copy, sizeof(copy) };
    CK_OBJECT_HANDLE objects[DESTROY_MAX];
    CK_ULONG n;
    enum err e;

    memcpy(copy, id, sizeof(copy));
    e = look_up(s, &template, 1, objects, DESTROY_MAX, &n);
    if (e == ERR_OK && n == 0)
        e = ERR_NOT_FOUND;
    for (CK_ULONG i = 0; i < n && e == ERR_OK; i++)
        e = session_said(s, "C_DestroyObject",
                         session_calls(s)->C_DestroyObject(s->handle, objects[i]));
    forget_objects(s);
    return e;
}

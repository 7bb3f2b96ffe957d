/* SPDX-License-Identifier: Apache-2.0 */
/* provider.c - questions to the functions of this room. */
#include "token/provider.h"

#include <stdlib.h>

#include "token/make.h"
#include "token/use.h"

enum {
    STUCK_MS = 2000, /* nobody queues behind calls that take that long */
    VALUE_MAX = 2 * KEY_INPUT_MAX,
};

struct state {
    struct session *session; /* NULL on a lane */
};

static enum err
state_new(void *arg, enum key_pace pace, void **out)
{
    struct state *st = calloc(1, sizeof(*st));
    enum err e = ERR_OK;

    *out = NULL;
    if (st == NULL)
        return ERR_NOMEM;
    if (pace != PACE_SHORT)
        e = session_new(arg, pace == PACE_MAKING ? GROUP_MAKE : GROUP_USE, &st->session);
    if (e == ERR_OK)
        e = token_start(arg);
    if (e != ERR_OK) {
        session_free(st->session);
        free(st);
        return e;
    }
    *out = st;
    return ERR_OK;
}

static void
state_free(void *state)
{
    struct state *st = state;

    if (st == NULL)
        return;
    session_free(st->session);
    free(st);
}

/* Short of what a lane may take: RSA's public half and the fast curves. */
static bool
is_short(const struct key_question *q)
{
    struct where w;

    if (where_unpack(q->place.sealed, &w) != ERR_OK)
        return true; /* to be refused */
    return use_is_public(&w, q->use.op) &&
           (w.public.type == KEY_RSA || w.public.curve == CURVE_P256);
}

static enum key_pace
pace(void *arg, enum keeper_op op, const struct key_question *q)
{
    bool makes = op == KEEPER_KEYPAIR_NEW;

    if (op == KEEPER_KEYPAIR_COPY || (op == KEEPER_KEY_USE && is_short(q)))
        return PACE_SHORT;
    if (token_state(arg) != TOKEN_UP || (!makes && token_is_stuck(arg, GROUP_USE, STUCK_MS)))
        return PACE_SHORT; /* to hear it at once */
    return makes ? PACE_MAKING : PACE_LONG;
}

static enum err new (void *state, const struct key_question *q, struct secbuf *answer) {
    struct state *st = state;

    return st->session == NULL ? ERR_UNAVAILABLE
                               : make_new(st->session, &q->place, &q->spec, answer);
}

static enum err
import(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct state *st = state;

    return st->session == NULL ? ERR_UNAVAILABLE
                               : make_import(st->session, &q->place, &q->parts, answer);
}

static enum err
byok(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct state *st = state;

    return st->session == NULL
               ? ERR_UNAVAILABLE
               : make_byok(st->session, &q->kek, &q->place, q->type, q->ciphertext, answer);
}

static enum err
use(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct state *st = state;
    struct key_result result;
    struct secbuf value;
    struct where w;
    enum err e = where_unpack(q->place.sealed, &w);

    if (e != ERR_OK)
        return e;
    secbuf_init(&value, VALUE_MAX);
    e = use_key(st->session, &w, &q->use, &value, &result);
    if (e == ERR_OK && q->use.op != KEY_VERIFY) {
        key_use_answer_pack(sink_sec(answer), &result, secbuf_span(&value));
        e = answer->err;
    }
    secbuf_release(&value);
    return e;
}

static enum err
destroy(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct state *st = state;

    (void)answer;
    return st->session == NULL ? ERR_UNAVAILABLE : make_destroy(st->session, &q->place);
}

/* Another version of a key is the same object in the token. */
static enum err
copy(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct where w;
    enum err e = where_unpack(q->kek.sealed, &w);

    (void)state;
    if (e == ERR_OK)
        keypair_answer_pack(sink_sec(answer), q->kek.sealed, &w.public);
    return e;
}

const struct key_provider token_provider = {
    .state_new = state_new,
    .state_free = state_free,
    .pace = pace,
    .new = new,
    .import = import,
    .byok = byok,
    .use = use,
    .destroy = destroy,
    .copy = copy,
};

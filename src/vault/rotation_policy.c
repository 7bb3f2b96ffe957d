/* SPDX-License-Identifier: Apache-2.0 */
/* rotation_policy.c - rows kp/<vault>/<NAME>, and the rules for what may stand in them. */
#include "vault/rotation_policy.h"

#include "base/log.h"
#include "codec/pack.h"
#include "vault/rotation.h"

enum { POLICY_FORMAT = 1, DAY = 86400 };
/* data-plane.md C10, for vaults */
enum { MIN_EXPIRY_DAYS = 28, MIN_MARGIN_DAYS = 7 };
enum trigger_kind { TRIGGER_AFTER_CREATE = 1, TRIGGER_BEFORE_EXPIRY = 2 };

#define DEFAULT_NOTIFY "P30D"

static void
add_notify(struct rotation_policy *p)
{
    struct lifetime_trigger *t = &p->trigger[ACTION_NOTIFY];

    *t = (struct lifetime_trigger){ .is_set = true };
    bug_on(!duration_parse(span_str(DEFAULT_NOTIFY), &t->before_expiry));
    p->order[p->norder++] = ACTION_NOTIFY;
}

/* NULL, or what is wrong. */
static const char *
why_not_rotate(const struct rotation_policy *p, const struct lifetime_trigger *t)
{
    unsigned expiry = duration_days(&p->expiry);
    unsigned after = duration_days(&t->after_create), before = duration_days(&t->before_expiry);

    if (duration_is_set(&t->after_create)) {
        if (after < MIN_MARGIN_DAYS)
            return "timeAfterCreate must be at least 7 days.";
        if (duration_is_set(&p->expiry) && after >= expiry)
            return "timeAfterCreate must be less than expiryTime.";
        return NULL;
    }
    if (!duration_is_set(&p->expiry))
        return "timeBeforeExpiry of Rotate needs an expiryTime.";
    if (before < MIN_MARGIN_DAYS)
        return "timeBeforeExpiry must be at least 7 days.";
    if (expiry < before + MIN_MARGIN_DAYS)
        return "timeBeforeExpiry must leave at least 7 days after the creation.";
    return NULL;
}

static const char *
why_not_trigger(const struct rotation_policy *p, enum lifetime_action a)
{
    const struct lifetime_trigger *t = &p->trigger[a];
    bool after = duration_is_set(&t->after_create), before = duration_is_set(&t->before_expiry);

    if (after == before)
        return "A trigger has exactly one of timeAfterCreate and timeBeforeExpiry.";
    if (a == ACTION_ROTATE)
        return why_not_rotate(p, t);
    if (after)
        return "Notify has timeBeforeExpiry only.";
    return duration_days(&t->before_expiry) == 0 ? "timeBeforeExpiry must be at least one day."
                                                 : NULL;
}

enum err
rotation_policy_check(struct rotation_policy *p, const char **why)
{
    unsigned seen = 0;

    *why = NULL;
    if (p->norder > ACTION__MAX)
        *why = "There are at most two lifetimeActions: one Rotate and one Notify.";
    for (unsigned i = 0; *why == NULL && i < p->norder; i++) {
        enum lifetime_action a = p->order[i];

        bug_on((unsigned)a >= ACTION__MAX);
        if ((seen & 1u << a) != 0)
            *why = "An action may be named only once.";
        else
            *why = why_not_trigger(p, a);
        seen |= 1u << a;
    }
    if (*why == NULL && duration_is_set(&p->expiry) &&
        duration_days(&p->expiry) < MIN_EXPIRY_DAYS)
        *why = "expiryTime must be at least 28 days.";
    if (*why != NULL)
        return ERR_ARG;
    if ((seen & 1u << ACTION_NOTIFY) == 0)
        add_notify(p);
    return ERR_OK;
}

static void
policy_pack(struct sink k, const struct rotation_policy *p)
{
    pack_u8(k, POLICY_FORMAT);
    pack_u8(k, (uint8_t)p->norder);
    for (unsigned i = 0; i < p->norder; i++) {
        const struct lifetime_trigger *t = &p->trigger[p->order[i]];
        bool after = duration_is_set(&t->after_create);

        pack_u8(k, (uint8_t)p->order[i]);
        pack_u8(k, after ? TRIGGER_AFTER_CREATE : TRIGGER_BEFORE_EXPIRY);
        pack_str(k, after ? t->after_create.text : t->before_expiry.text);
    }
    pack_str(k, p->expiry.text);
    pack_i64(k, p->created);
    pack_i64(k, p->updated);
}

static bool
read_trigger(struct unpack *u, struct rotation_policy *p)
{
    unsigned a = unpack_u8(u), kind = unpack_u8(u);
    struct span text = unpack_bytes(u, DURATION_TEXT_MAX);
    struct lifetime_trigger *t;

    if (a >= ACTION__MAX || p->trigger[a].is_set)
        return false;
    t = &p->trigger[a];
    t->is_set = true;
    p->order[p->norder++] = (enum lifetime_action)a;
    switch (kind) {
    case TRIGGER_AFTER_CREATE:
        return a == ACTION_ROTATE && duration_parse(text, &t->after_create);
    case TRIGGER_BEFORE_EXPIRY:
        return duration_parse(text, &t->before_expiry);
    default:
        return false;
    }
}

enum err
rotation_policy_read(struct span payload, struct rotation_policy *out)
{
    struct unpack u = unpack_of(payload);
    struct rotation_policy p = { .stored = true };
    unsigned format = unpack_u8(&u), n = unpack_u8(&u);
    struct span expiry;

    *out = (struct rotation_policy){ .stored = false };
    if (format != POLICY_FORMAT || n > ACTION__MAX)
        return ERR_FORMAT;
    for (unsigned i = 0; i < n; i++)
        if (!read_trigger(&u, &p))
            return ERR_FORMAT;
    expiry = unpack_bytes(&u, DURATION_TEXT_MAX);
    if (expiry.len > 0 && !duration_parse(expiry, &p.expiry))
        return ERR_FORMAT;
    p.created = unpack_i64(&u);
    p.updated = unpack_i64(&u);
    if (unpack_end(&u) != ERR_OK)
        return ERR_FORMAT;
    *out = p;
    return ERR_OK;
}

static struct span
policy_key(struct row_key *k, const struct vault_at *at, const char *name)
{
    return row_key_make(k, object_kind_info(KIND_KEY)->policy_prefix, at->vault->id.text, name,
                        NULL);
}

enum err
rotation_policy_get(const struct vault_at *at, const char *name, struct rotation_policy *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct rotation_policy){ .stored = false };
    e = row_get(at->rows, at->view, policy_key(&k, at, name), &row);
    if (e == ERR_NOT_FOUND) {
        add_notify(out);
        return ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    e = rotation_policy_read(row.payload, out);
    if (e != ERR_OK)
        log_error("row %s: %s", k.text, err_text(e));
    out->revision = row.revision;
    return e;
}

void
rotation_policy_put(const struct vault_at *at, struct store_write *w, const char *name,
                    const struct rotation_policy *p)
{
    struct row_key k;
    struct span key = policy_key(&k, at, name);
    enum err e;
    struct buf b;

    buf_init(&b, ROTATION_ROW_MAX);
    policy_pack(sink_buf(&b), p);
    store_write_expect(w, key, p->revision);
    row_put_buf(at->rows, w, key, &b);
    e = rotation_follow_policy(at, w, name, p);
    if (e != ERR_OK && w->bytes.err == ERR_OK)
        w->bytes.err = e;
}

bool
rotation_policy_due(const struct rotation_policy *p, enum lifetime_action a,
                    const struct attrs *version, int64_t *when)
{
    const struct lifetime_trigger *t = &p->trigger[a];
    int64_t due;

    if (!t->is_set)
        return false;
    if (duration_is_set(&t->after_create))
        due = duration_shift(&t->after_create, version->created, 1);
    else if (version->has_exp)
        due = duration_shift(&t->before_expiry, version->exp, -1);
    else
        return false;
    /* A version whose exp is near from the beginning: rotating it at once, and the next one,
     * and the next, would be a mill. */
    if (a == ACTION_ROTATE && due < version->created + MIN_MARGIN_DAYS * (int64_t)DAY)
        due = version->created + MIN_MARGIN_DAYS * (int64_t)DAY;
    *when = due > 0 ? due : 1;
    return true;
}

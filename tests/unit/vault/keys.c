/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - deeds on keys, and what the schedule says afterwards. */
#include "keys.h"

#include "vault/object_deleted.h"
#include "vault/vault_deleted.h"

/* ----------------------------------------------------------------- the schedule */

struct schedule {
    char keys[8][MAX_STORE_KEY + 1];
    size_t n;
};

static bool
note_row(void *arg, const struct store_row *row)
{
    struct schedule *s = arg;

    assert_true(s->n < 8);
    assert_true(span_copy_str(row->key, s->keys[s->n++], sizeof(s->keys[0])));
    return true;
}

static struct schedule
schedule(void)
{
    struct schedule s = { .n = 0 };
    struct vault_at at = world_at();

    assert_int_equal(store_scan(at.view, span_str("kr/"), (struct span){ 0 }, 9, note_row, &s),
                     ERR_OK);
    return s;
}

/* The whole schedule, as "r+90 n+335": letters and days after MADE, in order of time. */
void
keys_scheduled(const char *want)
{
    struct schedule s = schedule();
    char text[256] = "";
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        char when[17];

        memcpy(when, s.keys[i] + 3, 16);
        when[16] = '\0';
        n +=
            (size_t)snprintf(text + n, sizeof(text) - n, "%s%c%+lld", i > 0 ? " " : "",
                             s.keys[i][20], ((long long)strtoull(when, NULL, 16) - MADE) / DAY);
    }
    assert_string_equal(text, want);
}

/* ---------------------------------------------------------------------- deeds */

struct object_change
keys_expiring(int64_t exp)
{
    return (struct object_change){ .attrs = { .has_exp = true, .exp = exp } };
}

void
keys_add(const char *name, int64_t exp)
{
    struct object_change c = keys_expiring(exp), none = { .has_tags = false };
    struct key_detail d = world_ec();

    assert_int_equal(world_add_key(name, &d, exp != 0 ? &c : &none, MADE, NULL), ERR_OK);
}

enum err
keys_update(const char *name, const struct hex32 *version, const struct object_change *c)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    struct object out;
    enum err e;

    store_write_init(&w);
    e = object_update(&at, &n, version, c, MADE, &w, &out);
    if (e == ERR_OK)
        return world_commit(&w);
    store_write_release(&w);
    return e;
}

/* Rotate after that many days, notify that many before expiry; 0: no such action. */
void
keys_put_policy(const char *name, unsigned rotate_after, unsigned notify_before,
                const char *expiry)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct rotation_policy p = { .created = MADE, .updated = MADE }, old;
    struct store_write w;
    const char *why;
    char text[16];

    if (rotate_after > 0) {
        (void)snprintf(text, sizeof(text), "P%uD", rotate_after);
        p.trigger[ACTION_ROTATE].is_set = true;
        assert_true(duration_parse(span_str(text), &p.trigger[ACTION_ROTATE].after_create));
        p.order[p.norder++] = ACTION_ROTATE;
    }
    if (notify_before > 0) {
        (void)snprintf(text, sizeof(text), "P%uD", notify_before);
        p.trigger[ACTION_NOTIFY].is_set = true;
        assert_true(duration_parse(span_str(text), &p.trigger[ACTION_NOTIFY].before_expiry));
        p.order[p.norder++] = ACTION_NOTIFY;
    }
    if (expiry != NULL)
        assert_true(duration_parse(span_str(expiry), &p.expiry));
    assert_int_equal(rotation_policy_check(&p, &why), ERR_OK);
    assert_int_equal(rotation_policy_get(&at, n.key, &old), ERR_OK);
    p.revision = old.revision;
    store_write_init(&w);
    rotation_policy_put(&at, &w, n.key, &p);
    assert_int_equal(world_commit(&w), ERR_OK);
}

void
keys_act(enum deed deed, const char *name)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    struct object out;
    enum err e = ERR_OK;

    store_write_init(&w);
    switch (deed) {
    case DELETE:
        e = object_delete(&at, &n, MADE, &w, &out);
        break;
    case RECOVER:
        e = object_recover(&at, &n, &w, &out);
        break;
    case PURGE:
        e = object_purge(&at, &n, &w);
        break;
    }
    assert_int_equal(e, ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
}

/* The first row of the schedule; *w is composed. */
enum err
keys_first_due(int64_t now, struct store_write *w, struct rotation_due *out)
{
    struct schedule s = schedule();
    struct vault_at at = world_at();

    store_write_init(w);
    *out = (struct rotation_due){ .vault = NULL };
    if (s.n == 0)
        return ERR_NOT_FOUND;
    return rotation_due(at.rows, at.view, span_str(s.keys[0]), now, w, out);
}

/* What a provider answers: a public half like `d`'s, and somewhere to find the private one. */
struct buf
keys_answer_of(const struct key_detail *d)
{
    struct buf b;

    buf_init(&b, 4096);
    pack_bytes(sink_buf(&b), span_str("the new private part"));
    key_public_pack(sink_buf(&b), &d->public);
    return b;
}

enum err
keys_finish(const struct key_rotation *r, int64_t now, struct object *out)
{
    struct vault_at at = world_at();
    struct key_detail d = world_ec();
    struct buf answer = keys_answer_of(&d), detail;
    struct store_write w;
    enum err e;

    buf_init(&detail, DETAIL_MAX);
    store_write_init(&w);
    e = key_rotate_compose(&at, r, buf_span(&answer), now, &w, &detail, out);
    if (e == ERR_OK)
        e = world_commit(&w);
    else
        store_write_release(&w);
    buf_release(&detail);
    buf_release(&answer);
    return e;
}

void
keys_delete_vault(void)
{
    struct vault_at at = world_at();
    struct store_write w;

    store_write_init(&w);
    vault_delete(at.rows, at.view, &w, world.vault, MADE);
    assert_int_equal(world_commit(&w), ERR_OK);
}

void
keys_purge_vault(void)
{
    struct vault_at at = world_at();
    struct deleted_vault gone;
    struct store_write w;

    store_write_init(&w);
    assert_int_equal(deleted_vault_load(at.rows, at.view, span_str("contoso"), &gone), ERR_OK);
    assert_int_equal(deleted_vault_purge(at.rows, &w, &gone, false), ERR_OK);
    deleted_vault_release(&gone);
    assert_int_equal(world_commit(&w), ERR_OK);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* deploy_row.c - packing and finding deployments. */
#include "api/arm/deploy_row.h"

#include "codec/pack.h"

enum {
    DEPLOY_FORMAT = 1,
    PART_MAX = 1024 * 1024,
    ROW_MAX = 3 * 1024 * 1024,
    TEMPLATE_MAX = 2 * 1024 * 1024
};

static void
lower(const char *name, char *out, size_t cap)
{
    size_t n = 0;

    for (; name[n] != '\0' && n + 1 < cap; n++)
        out[n] = name[n] >= 'A' && name[n] <= 'Z' ? (char)(name[n] + 32) : name[n];
    out[n] = '\0';
}

/* <prefix>/<subscription>/g/<group>/<name>, or <prefix>/<subscription>/s/<name>. */
static struct span
key_of(const char *prefix, const struct deploy_at *at, const char *name, struct row_key *k)
{
    char group[MAX_GROUP_NAME + 1], small[DEPLOY_NAME_MAX + 1];

    lower(name, small, sizeof(small));
    if (!at->in_group)
        return row_key_make(k, prefix, at->subscription.text, "s", small, NULL);
    lower(at->group.name, group, sizeof(group));
    return row_key_make(k, prefix, at->subscription.text, "g", group, small, NULL);
}

static enum err
unpack_row(struct span payload, struct deployment *out)
{
    struct unpack u = unpack_of(payload);
    struct span *part[] = { &out->tags,      &out->parameters,   &out->outputs,
                            &out->providers, &out->dependencies, &out->resources,
                            &out->error };
    unsigned format = unpack_u8(&u), state;
    char id[GUID_LEN + 1];

    unpack_str(&u, out->name, sizeof(out->name));
    unpack_str(&u, out->location, sizeof(out->location));
    state = unpack_u8(&u);
    out->complete = unpack_u8(&u) != 0;
    out->started = unpack_i64(&u);
    out->updated = unpack_i64(&u);
    unpack_str(&u, id, sizeof(id));
    (void)guid_parse(span_str(id), &out->correlation);
    unpack_str(&u, id, sizeof(id));
    (void)guid_parse(span_str(id), &out->run);
    unpack_str(&u, out->hash, sizeof(out->hash));
    for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
        *part[i] = unpack_bytes(&u, PART_MAX);
    out->operations = unpack_bytes(&u, PART_MAX);
    if (format != DEPLOY_FORMAT || state == 0 || state >= DEPLOY_STATE__MAX)
        return ERR_FORMAT;
    out->state = (enum deploy_state)state;
    return unpack_end(&u);
}

enum err
deploy_load(const struct exchange *x, const struct deploy_at *at, struct deployment *out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(x->rows, x->view, key_of("dp", at, at->name, &k), &row);

    *out = (struct deployment){ .revision = 0 };
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    return unpack_row(row.payload, out);
}

void
deploy_store(struct exchange *x, const struct deploy_at *at, const struct deployment *d)
{
    struct row_key k;
    struct span key = key_of("dp", at, at->name, &k);
    struct buf b;
    struct sink s = sink_buf(&b);

    buf_init(&b, ROW_MAX);
    pack_u8(s, DEPLOY_FORMAT);
    pack_str(s, d->name);
    pack_str(s, d->location);
    pack_u8(s, (uint8_t)d->state);
    pack_u8(s, d->complete);
    pack_i64(s, d->started);
    pack_i64(s, d->updated);
    pack_str(s, d->correlation.text);
    pack_str(s, d->run.text);
    pack_str(s, d->hash);
    pack_bytes(s, d->tags);
    pack_bytes(s, d->parameters);
    pack_bytes(s, d->outputs);
    pack_bytes(s, d->providers);
    pack_bytes(s, d->dependencies);
    pack_bytes(s, d->resources);
    pack_bytes(s, d->error);
    pack_bytes(s, d->operations);
    store_write_expect(&x->write, key, d->revision);
    row_put_buf(x->rows, &x->write, key, &b);
}

void
deploy_drop(struct exchange *x, const struct deploy_at *at, const struct deployment *d)
{
    struct row_key k;
    struct span key = key_of("dp", at, d->name, &k);

    store_write_expect(&x->write, key, d->revision);
    store_write_delete(&x->write, key);
    store_write_delete(&x->write, key_of("dt", at, d->name, &k));
}

void
deploy_store_template(struct exchange *x, const struct deploy_at *at, struct span json)
{
    struct row_key k;
    struct span key = key_of("dt", at, at->name, &k);
    struct buf b;

    if (json.len == 0) {
        store_write_delete(&x->write, key);
        return;
    }
    buf_init(&b, TEMPLATE_MAX);
    pack_u8(sink_buf(&b), DEPLOY_FORMAT);
    pack_bytes(sink_buf(&b), json);
    row_put_buf(x->rows, &x->write, key, &b);
}

enum err
deploy_load_template(const struct exchange *x, const struct deploy_at *at, struct span *out)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    enum err e = row_get(x->rows, x->view, key_of("dt", at, at->name, &k), &row);

    *out = (struct span){ 0 };
    if (e != ERR_OK)
        return e;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != DEPLOY_FORMAT)
        return ERR_FORMAT;
    *out = unpack_bytes(&u, TEMPLATE_MAX);
    return unpack_end(&u);
}

/* ------------------------------------------------------------------------- lists */

struct scan {
    const struct rows *rows;
    deploy_fn fn;
    void *arg;
    enum err err;
};

static bool
visit(void *arg, const struct store_row *sr)
{
    struct scan *s = arg;
    struct deployment d = { .revision = sr->revision };
    struct row row;

    s->err = row_check(s->rows, sr, &row);
    if (s->err == ERR_OK)
        s->err = unpack_row(row.payload, &d);
    return s->err == ERR_OK && s->fn(s->arg, &d);
}

enum err
deploy_each(const struct exchange *x, const struct deploy_at *at, const char *after,
            deploy_fn fn, void *arg)
{
    struct scan s = { .rows = x->rows, .fn = fn, .arg = arg };
    struct row_key k, from;
    struct span prefix = key_of("dp", at, "", &k);
    enum err e = store_scan(
        x->view, prefix, after[0] == '\0' ? (struct span){ 0 } : key_of("dp", at, after, &from),
        SIZE_MAX, visit, &s);

    return e == ERR_OK ? s.err : e;
}

struct oldest {
    unsigned n;
    struct deployment d;
};

static bool
weigh(void *arg, const struct deployment *d)
{
    struct oldest *o = arg;

    o->n++;
    if (deploy_state_of(d) != DEPLOY_RUNNING &&
        (o->d.revision == 0 || d->started < o->d.started))
        o->d = *d;
    return true;
}

static bool
count_key(void *arg, const struct store_row *sr)
{
    unsigned *n = arg;

    (void)sr;
    (*n)++;
    return true;
}

enum err
deploy_prune(struct exchange *x, const struct deploy_at *at)
{
    struct oldest o = { .n = 0 };
    struct row_key k;
    unsigned n = 0;
    enum err e = store_scan(x->view, key_of("dp", at, "", &k), (struct span){ 0 }, SIZE_MAX,
                            count_key, &n);

    if (e != ERR_OK || n < DEPLOY_KEPT)
        return e;
    e = deploy_each(x, at, "", weigh, &o);
    if (e == ERR_OK && o.d.revision != 0)
        deploy_drop(x, at, &o.d);
    return e;
}

struct dropping {
    struct store_write *w;
};

static bool
drop_key(void *arg, const struct store_row *sr)
{
    struct dropping *d = arg;

    store_write_delete(d->w, sr->key);
    return true;
}

enum err
deploy_drop_group(struct exchange *x, const struct place *group)
{
    static const char *const prefixes[] = { "dp", "dt" };
    struct deploy_at at = { .subscription = group->subscription, .in_group = true };
    struct dropping d = { .w = &x->write };
    enum err e = ERR_OK;

    at.group = *group;
    for (size_t i = 0; i < 2 && e == ERR_OK; i++) {
        struct row_key k;

        e = store_scan(x->view, key_of(prefixes[i], &at, "", &k), (struct span){ 0 }, SIZE_MAX,
                       drop_key, &d);
    }
    return e;
}

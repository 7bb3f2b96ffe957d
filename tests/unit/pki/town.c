/* SPDX-License-Identifier: Apache-2.0 */
/* town.c - see town.h. */
#include "town.h"

#include <stdio.h>
#include <string.h>

#include "vault/resource.h"

const char *
town_id(const char *name)
{
    static char id[300];

    (void)snprintf(id, sizeof(id),
                   "/subscriptions/" WORLD_SUBSCRIPTION
                   "/resourceGroups/Town/providers/" CA_TYPE "/%s",
                   name);
    return id;
}

static void
add_version(const char *name, const struct keypair_answer *a, const struct hex32 *id)
{
    struct key_detail d = { .home = HOME_SOFTWARE, .public = a->public };
    struct object_name n = world_name(name);
    struct object_change c = { .has_detail = true };
    struct vault_at at;
    struct store_write w;
    struct object out;
    struct buf detail;

    world.kind = KIND_KEY;
    at = world_at();
    key_default_ops(a->public.type, &d);
    buf_init(&detail, DETAIL_MAX);
    key_detail_pack(sink_buf(&detail), &d);
    c.detail = buf_span(&detail);
    store_write_init(&w);
    assert_int_equal(object_add(&at, &n, id, &c, a->sealed, WORLD_NOW, &w, &out), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
    buf_release(&detail);
}

struct key_public
town_key(const char *name, enum key_type type, enum key_curve curve, unsigned bits,
         struct hex32 *id)
{
    static uint8_t room[KEY_SEALED_MAX + KEY_PUBLIC_MAX + 64];
    struct key_spec spec = { .type = type, .curve = curve, .bits = bits };
    struct object_name n = world_name(name);
    struct key_place place = { .vault = vault_key(world.vault) };
    struct keypair_answer made;
    struct secbuf ask, answer;

    *id = hex32_new();
    place.id = object_id_of(&world.vault->id, KIND_KEY, n.key, id);
    secbuf_init(&ask, 64 * 1024);
    secbuf_init(&answer, 64 * 1024);
    keeper_pack_keypair_new(sink_sec(&ask), &place, &spec);
    assert_int_equal(world_keeper(KEEPER_KEYPAIR_NEW, secbuf_span(&ask), &answer), ERR_OK);
    assert_true(answer.len <= sizeof(room));
    memcpy(room, answer.ptr, answer.len);
    assert_int_equal(keypair_answer_read(span_of(room, answer.len), &made), ERR_OK);
    add_version(name, &made, id);
    secbuf_release(&ask);
    secbuf_release(&answer);
    return made.public;
}

enum err
town_sign(const struct ca_hand *h, const struct cert_digest *d, struct buf *signature)
{
    struct key_use_answer a;
    struct secbuf ask, answer;
    enum err e;

    secbuf_init(&ask, 64 * 1024);
    secbuf_init(&answer, 64 * 1024);
    ca_ask_signature(h, d, sink_sec(&ask));
    e = world_keeper(KEEPER_KEY_USE, secbuf_span(&ask), &answer);
    if (e == ERR_OK)
        e = key_use_answer_read(secbuf_span(&answer), &a);
    if (e == ERR_OK)
        buf_put(signature, a.value);
    secbuf_release(&ask);
    secbuf_release(&answer);
    return e;
}

static void
commit_ca(struct ca *ca, const char *name, struct store_write *w)
{
    static struct resource r;

    r = (struct resource){ .application = ca->id };
    (void)snprintf(r.id, sizeof(r.id), "%s", town_id(name));
    resource_store(world.rows, w, &r);
    ca_put(world.rows, w, ca);
    assert_int_equal(world_commit(w), ERR_OK);
}

/* The certificate over own's key, by itself or by its parent. */
static enum err
certify(const struct ca_hand *own, const struct ca *parent, struct issue_made *m,
        struct store_write *w, char why[static CA_WHY_MAX])
{
    static const struct guid nobody = { "33333333-3333-4333-8333-333333333333" };
    struct issue_who who = { .principal = nobody, .what = span_str("test") };
    struct ca_hand above = { .ca = NULL };
    struct issue_asked asked;
    struct found_room room;
    struct buf sig;
    enum err e;

    buf_init(&sig, 1024);
    if (parent == NULL) {
        e = found_root(own, WORLD_NOW, m, why);
        if (e == ERR_OK)
            e = town_sign(own, &m->digest, &sig);
        if (e == ERR_OK)
            e = found_end(own, m, buf_span(&sig));
    } else {
        e = ca_hand_open(world.rows, world.view, parent, CA_ISSUES, WORLD_NOW, &above, why);
        found_asked(own, WORLD_NOW, &asked, &room);
        if (e == ERR_OK)
            e = issue_begin(&above, &asked, WORLD_NOW, m, why);
        if (e == ERR_OK)
            e = town_sign(&above, &m->digest, &sig);
        if (e == ERR_OK)
            e = issue_end(&above, m, buf_span(&sig));
        if (e == ERR_OK)
            issue_put(world.rows, w, &above, m, &who, WORLD_NOW);
        ca_hand_release(&above);
    }
    buf_release(&sig);
    return e;
}

static void
put_above(struct ca *ca, const struct ca *parent, const struct issue_made *m)
{
    ca->above[0].id = parent->id;
    (void)snprintf(ca->above[0].serial, sizeof(ca->above[0].serial), "%s", m->serial);
    ca->nabove = 1;
    for (unsigned i = 0; i < parent->nabove; i++)
        ca->above[ca->nabove++] = parent->above[i];
}

static void
fill(const struct town_ca *c, struct ca *ca, char subject[static 64])
{
    (void)snprintf(subject, 64, "CN=%s", c->name);
    *ca = (struct ca){ .id = guid_new(),
                       .tenant = world.vault->tenant,
                       .state = CA_ACTIVE,
                       .enabled = true,
                       .vault = world.vault->id,
                       .vault_name = span_str(world.vault->name),
                       .key = world_name(c->name),
                       .subject = span_str(subject),
                       .months = 24,
                       .path_length = c->path_length,
                       .npermitted = c->npermitted,
                       .nexcluded = c->nexcluded,
                       .crl_hours = 24,
                       .url = span_str("http://pki.example.test"),
                       .created = WORLD_NOW };
    memcpy(ca->permitted, c->permitted, sizeof(c->permitted));
    memcpy(ca->excluded, c->excluded, sizeof(c->excluded));
}

enum err
town_found(const struct town_ca *c, char why[static CA_WHY_MAX])
{
    static struct ca ca, parent;
    char subject[64], id[300];
    struct ca_hand own = { .ca = NULL };
    struct issue_made m;
    struct store_write w;
    enum err e;

    issue_made_init(&m);
    store_write_init(&w);
    fill(c, &ca, subject);
    (void)town_key(c->name, c->type == 0 ? KEY_EC : c->type, c->type == 0 ? CURVE_P256 : 0,
                   c->type == KEY_RSA ? 2048 : 0, &ca.key_version);
    (void)world_at();
    if (c->parent != NULL)
        assert_int_equal(ca_find(world.rows, world.view, span_str(town_id(c->parent)), &parent),
                         ERR_OK);
    (void)snprintf(id, sizeof(id), "%s", town_id(c->name));
    ca.resource = span_str(id);
    e = ca_hand_find_key(world.rows, world.view, &ca, WORLD_NOW, &own, why);
    if (e == ERR_OK)
        e = certify(&own, c->parent == NULL ? NULL : &parent, &m, &w, why);
    if (e == ERR_OK) {
        ca.chain[ca.nchain++] = buf_span(&m.der);
        for (unsigned i = 0; c->parent != NULL && i < parent.nchain; i++)
            ca.chain[ca.nchain++] = parent.chain[i];
        if (c->parent != NULL)
            put_above(&ca, &parent, &m);
        e = found_path_length(&ca);
    }
    ca_hand_release(&own);
    if (e == ERR_OK)
        commit_ca(&ca, c->name, &w);
    else
        store_write_release(&w);
    issue_made_release(&m);
    return e;
}

void
town_load(const char *name, struct ca *out)
{
    (void)world_at();
    assert_int_equal(ca_find(world.rows, world.view, span_str(town_id(name)), out), ERR_OK);
}

enum err
town_issue(const char *name, const struct issue_asked *a, struct issue_made *m,
           char why[static CA_WHY_MAX])
{
    static const struct guid nobody = { "33333333-3333-4333-8333-333333333333" };
    static struct ca ca;
    struct issue_who who = { .principal = nobody, .what = span_str("test") };
    struct ca_hand h = { .ca = NULL };
    struct store_write w;
    struct buf sig;
    enum err e;

    town_load(name, &ca);
    buf_init(&sig, 1024);
    store_write_init(&w);
    e = ca_hand_open(world.rows, world.view, &ca, CA_ISSUES, WORLD_NOW, &h, why);
    if (e == ERR_OK)
        e = issue_begin(&h, a, WORLD_NOW, m, why);
    if (e == ERR_OK)
        e = town_sign(&h, &m->digest, &sig);
    if (e == ERR_OK)
        e = issue_end(&h, m, buf_span(&sig));
    if (e == ERR_OK)
        issue_put(world.rows, &w, &h, m, &who, WORLD_NOW);
    ca_hand_release(&h);
    if (e == ERR_OK)
        e = world_commit(&w);
    else
        store_write_release(&w);
    buf_release(&sig);
    return e;
}

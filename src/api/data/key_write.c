/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_write.c - create and import: a new version from the provider; and PATCH of
 * what describes one.
 *
 *   step 0: body, vault, name -> question      step 1: answer -> row, commit
 */
#include <stdlib.h>

#include "api/data/key_body.h"
#include "api/data/key_json.h"
#include "api/data/keys.h"
#include "api/data/object.h"
#include "base/clock.h"

struct new_state {
    struct key_body body;
    struct byok_blob byok;
    struct object_name name;
    struct hex32 id;
    struct key_detail detail; /* all but the public half */
    char why[KEY_WHY_MAX];
};

static void
new_free(void *state)
{
    struct new_state *s = state;

    key_body_release(&s->body);
    byok_blob_release(&s->byok);
    free(s);
}

static struct new_state *
new_begin(struct exchange *x)
{
    struct new_state *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    x->state = s;
    x->state_free = new_free;
    secbuf_init(&s->body.bytes, 1);
    buf_init(&s->body.policy, RELEASE_POLICY_MAX);
    secbuf_init(&s->byok.text, 1);
    secbuf_init(&s->byok.ciphertext, 1);
    s->id = object_version_id();
    return s;
}

/* Where a new key of an -HSM type goes is the operator's choice for the whole installation.
 * What shall be released one day cannot be where nothing leaves. */
static enum key_home
home_of(const struct exchange *x, const struct key_body *b)
{
    return b->hsm && !b->exportable && x->site->has_token ? HOME_TOKEN : HOME_SOFTWARE;
}

static struct key_place
place_of_new(const struct exchange *x, const struct new_state *s)
{
    return (struct key_place){ .vault = vault_key(x->vault),
                               .id = object_id_of(&x->vault->id, KIND_KEY, s->name.key, &s->id),
                               .exportable = s->body.exportable };
}

static enum err
detail_of_body(const struct exchange *x, struct new_state *s)
{
    struct key_body *b = &s->body;

    s->detail = (struct key_detail){
        .hsm = b->hsm, .home = home_of(x, b), .exportable = b->exportable, .release = b->release
    };
    return key_body_ops(b, b->spec.type, &s->detail);
}

/* The provider's answer to whatever made the key becomes a version. */
static enum err
add_version(struct exchange *x, struct new_state *s, int64_t now)
{
    struct vault_at at = object_at(x);
    struct keypair_answer made;
    struct buf detail;
    struct object out;
    enum err e = keypair_answer_read(secbuf_span(&x->answer), &made);

    if (e != ERR_OK)
        return e;
    s->detail.public = made.public;
    buf_init(&detail, DETAIL_MAX);
    key_detail_pack(sink_buf(&detail), &s->detail);
    s->body.change.has_detail = true;
    s->body.change.detail = buf_span(&detail);
    e = detail.err;
    if (e == ERR_OK)
        e = object_add(&at, &s->name, &s->id, &s->body.change, made.sealed, now, &x->write,
                       &out);
    if (e == ERR_OK) {
        object_note(x, out.head.name.spelled, out.v.id.text);
        e = key_wire.note(x, &out);
    }
    if (e == ERR_OK)
        e = key_wire.put_bundle(x, &out, sink_sec(&x->resp.body));
    buf_release(&detail);
    object_reply(x, 200);
    return e;
}

static enum next
fail(struct exchange *x, enum err e, const char *operation)
{
    const struct new_state *s = x->state;
    const char *why = s == NULL ? "" : s->why[0] != '\0' ? s->why : s->body.why;

    return key_fail(x, e, operation, why);
}

static enum next
finish(struct exchange *x, const char *operation, enum err bad_parts)
{
    enum err e = key_provider_err(x->answer_err, bad_parts);

    if (e == ERR_OK)
        e = add_version(x, x->state, clock_now());
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : fail(x, e, operation);
}

/* ------------------------------------------------------------------------- create */

/* Name and body, and whether a version may be added; *out is the exchange's state. */
static enum err
new_read(struct exchange *x, enum key_body_kind kind, struct new_state **out)
{
    struct vault_at at = object_at(x);
    struct new_state *s = new_begin(x);
    struct object_head head;
    enum err e;

    *out = s;
    if (s == NULL)
        return ERR_NOMEM;
    e = object_name(x, &s->name);
    if (e != ERR_OK)
        return e;
    object_note(x, s->name.spelled, NULL);
    e = key_body_read(x, kind, &s->body);
    if (e == ERR_OK)
        e = detail_of_body(x, s);
    return e == ERR_OK ? object_check_add(&at, &s->name, &head) : e;
}

static enum err
create_begin(struct exchange *x)
{
    struct new_state *s;
    struct key_place place;
    enum err e = new_read(x, KEY_BODY_CREATE, &s);

    if (e != ERR_OK)
        return e;
    x->cost = quota_cost_new(s->detail.hsm);
    place = place_of_new(x, s);
    keeper_pack_keypair_new(sink_sec(&x->ask), &place, &s->body.spec);
    x->ask_op = KEEPER_KEYPAIR_NEW;
    x->ask_of = s->detail.home;
    return ERR_OK;
}

enum next
api_key_create(struct exchange *x)
{
    if (x->step == 0) {
        enum err e = create_begin(x);

        return e == ERR_OK ? NEXT_KEEPER : fail(x, e, "create");
    }
    return finish(x, "create", ERR_KEY_DATA);
}

/* ------------------------------------------------------------------------- import */

/* The kid of a blob, "https://host[:port]/keys/{name}/{version}", must be of this vault. */
static bool
kid_parse(const struct exchange *x, struct span kid, struct object_name *name,
          struct hex32 *version)
{
    struct span host, segment;

    if (!span_has_prefix(kid, span_str("https://")))
        return false;
    kid = span_tail(kid, 8);
    host = span_head(kid, span_find(kid, '/'));
    kid = span_tail(kid, host.len);
    host = span_head(host, span_find(host, ':'));
    if (!span_is_equal_nocase(host, x->req->host) || !span_has_prefix(kid, span_str("/keys/")))
        return false;
    kid = span_tail(kid, 6);
    segment = span_head(kid, span_find(kid, '/'));
    return object_name_parse(segment, name) &&
           hex32_parse(span_tail(kid, segment.len + 1), version);
}

static enum err
bad_kek(struct new_state *s, const char *text)
{
    (void)snprintf(s->why, sizeof(s->why), "%s", text);
    return ERR_BAD_PARAMETER;
}

/* The key-exchange key must be a key of this vault that may do nothing but import (C4). */
static enum err
find_kek(struct exchange *x, struct new_state *s, struct object *kek, struct key_detail *d)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct hex32 version;
    enum err e;

    if (!kid_parse(x, s->byok.kid, &name, &version))
        return bad_kek(s, "The BYOK blob names no key of this vault.");
    e = object_get(&at, &name, &version, kek);
    if (e == ERR_KEY_NOT_FOUND)
        return bad_kek(s, "The BYOK blob names a key that was not found in this vault.");
    if (e == ERR_OK)
        e = key_detail_read(kek->v.detail, d);
    if (e != ERR_OK)
        return e;
    if (d->public.type != KEY_RSA || d->nops != 1 || d->ops[0] != KEY_IMPORT)
        return bad_kek(s, "The BYOK blob names a key that is not for import alone.");
    return key_may(d, &kek->v.attrs, KEY_IMPORT, clock_now());
}

static enum err
ask_byok(struct exchange *x, struct new_state *s)
{
    struct vault_at at = object_at(x);
    struct wrapped vault = vault_key(x->vault);
    struct key_place from, to = place_of_new(x, s);
    struct key_detail d;
    struct object kek;
    enum err e;

    e = byok_blob_read(s->body.byok, &s->byok, s->why);
    if (e == ERR_OK)
        e = find_kek(x, s, &kek, &d);
    if (e != ERR_OK)
        return e;
    from = key_place_of(&at, &kek, &vault);
    /* What opens the blob keeps what was in it. */
    s->detail.home = d.home;
    keeper_pack_keypair_byok(sink_sec(&x->ask), &from, &to, s->body.spec.type,
                             secbuf_span(&s->byok.ciphertext));
    x->ask_op = KEEPER_KEYPAIR_BYOK;
    x->ask_of = d.home;
    return ERR_OK;
}

static enum err
import_begin(struct exchange *x)
{
    struct new_state *s;
    struct key_place place;
    enum err e = new_read(x, KEY_BODY_IMPORT, &s);

    if (e != ERR_OK)
        return e;
    if (s->body.byok.len > 0)
        return ask_byok(x, s);
    place = place_of_new(x, s);
    keeper_pack_keypair_import(sink_sec(&x->ask), &place, &s->body.parts);
    x->ask_op = KEEPER_KEYPAIR_IMPORT;
    x->ask_of = s->detail.home;
    return ERR_OK;
}

enum next
api_key_import(struct exchange *x)
{
    const struct new_state *s = x->state;

    if (x->step == 0) {
        enum err e = import_begin(x);

        return e == ERR_OK ? NEXT_KEEPER : fail(x, e, "import");
    }
    /* Parts that do not belong together do not bind; a blob that does not open is bad data. */
    return finish(x, "import", s->body.byok.len > 0 ? ERR_KEY_DATA : ERR_BAD_BODY);
}

/* ------------------------------------------------------------------------- update */

/* data-plane.md C6, C12 */
static enum err
change_release(struct key_body *b, struct key_detail *d)
{
    const char *text = NULL;

    if (!b->release.is_set)
        return ERR_OK;
    if (!d->exportable)
        text = "AKV.SKR.1005: Non-exportable keys must not have release policy.";
    else if (d->release.immutable)
        text = "AKV.SKR.1020: Immutable Key Release Policy cannot be modified.";
    if (text != NULL) {
        (void)snprintf(b->why, sizeof(b->why), "%s", text);
        return ERR_BAD_PARAMETER;
    }
    d->release = b->release;
    return ERR_OK;
}

static bool
is_for_import(const struct key_detail *d)
{
    return d->nops == 1 && d->ops[0] == KEY_IMPORT;
}

/*
 * What a key-exchange key ever opened must not be read with it later, nor may a key that read
 * whatever it was asked to become one: what it is, it is from the beginning.
 */
static enum err
change_ops(struct key_body *b, struct key_detail *d)
{
    bool before = is_for_import(d);
    enum err e = b->has_ops ? key_body_ops(b, d->public.type, d) : ERR_OK;

    if (e != ERR_OK || is_for_import(d) == before)
        return e;
    (void)snprintf(b->why, sizeof(b->why), "%s",
                   "Key operation \"import\" cannot be given to a key or taken from it later.");
    return ERR_BAD_PARAMETER;
}

static enum err
update(struct exchange *x, struct key_body *b, struct buf *detail)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct hex32 version;
    struct key_detail d;
    struct object o;
    bool has;
    enum err e;

    e = object_name(x, &name);
    if (e == ERR_OK)
        e = object_version(x, &version, &has);
    if (e == ERR_OK)
        e = object_get(&at, &name, has ? &version : NULL, &o);
    if (e == ERR_OK)
        e = key_detail_read(o.v.detail, &d);
    if (e == ERR_OK)
        e = change_ops(b, &d);
    if (e == ERR_OK)
        e = change_release(b, &d);
    if (e != ERR_OK)
        return e;
    key_detail_pack(sink_buf(detail), &d);
    b->change.has_detail = b->has_ops || b->release.is_set;
    b->change.detail = buf_span(detail);
    e = detail->err;
    if (e == ERR_OK)
        e = object_update(&at, &name, has ? &version : NULL, &b->change, clock_now(), &x->write,
                          &o);
    if (e != ERR_OK)
        return e;
    object_note(x, o.head.name.spelled, o.v.id.text);
    e = key_wire.note(x, &o);
    object_reply(x, 200);
    return e == ERR_OK ? key_wire.put_bundle(x, &o, sink_sec(&x->resp.body)) : e;
}

enum next
api_key_update(struct exchange *x)
{
    char why[KEY_WHY_MAX];
    struct object_name name;
    struct key_body body = { 0 };
    struct buf detail;
    enum err e;

    buf_init(&detail, DETAIL_MAX);
    e = object_name(x, &name);
    if (e == ERR_OK) {
        object_note(x, name.spelled, NULL);
        e = key_body_read(x, KEY_BODY_UPDATE, &body);
        if (e == ERR_OK)
            e = update(x, &body, &detail);
    }
    memcpy(why, body.why, sizeof(why));
    key_body_release(&body);
    buf_release(&detail);
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : key_fail(x, e, "update", why);
}

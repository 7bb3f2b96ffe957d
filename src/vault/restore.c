/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore.c - reading backup blobs, which are foreign bytes.
 *
 * The tag is checked first; what passes was made here. Everything is parsed
 * and bounded before the first question to the keeper all the same.
 */
#include "vault/backup_int.h"

#include <stdlib.h>

#include "base/wipe.h"
#include "vault/cert.h"
#include "vault/cert_due.h"
#include "vault/rotation.h"
#include "vault/secret.h"

/* Blob minus tag, if the tag is ours. */
static enum err
open_blob(const struct rows *rows, struct span blob, struct span *body)
{
    uint8_t tag[ROW_TAG_LEN];
    enum err e;

    if (blob.len <= ROW_TAG_LEN || blob.len > BACKUP_BLOB_MAX ||
        !span_has_prefix(blob, span_str(BACKUP_MARK)))
        return ERR_BAD_BACKUP;
    *body = span_head(blob, blob.len - ROW_TAG_LEN);
    e = backup_tag(rows, *body, tag);
    if (e != ERR_OK)
        return e;
    if (!ct_equal(span_of(tag, sizeof(tag)), span_tail(blob, body->len)))
        return ERR_BAD_BACKUP;
    *body = span_tail(*body, strlen(BACKUP_MARK));
    return ERR_OK;
}

static bool
policy_is_ok(enum object_kind kind, struct span policy)
{
    struct rotation_policy rotation;
    struct cert_policy *cert;
    bool ok = false;

    switch (kind) {
    case KIND_SECRET:
        return span_is_empty(policy);
    case KIND_KEY:
        return span_is_empty(policy) || rotation_policy_read(policy, &rotation) == ERR_OK;
    case KIND_CERTIFICATE:
        cert = malloc(sizeof(*cert)); /* too much for a stack */
        ok = cert != NULL && cert_policy_read(policy, cert) == ERR_OK;
        free(cert);
        break;
    }
    return ok;
}

static bool
detail_is_ok(enum object_kind kind, struct span detail)
{
    struct secret_detail secret;
    struct cert_detail cert;
    struct key_detail key;

    switch (kind) {
    case KIND_SECRET:
        return secret_detail_read(detail, &secret) == ERR_OK;
    case KIND_KEY: /* what lies in a token is not in a blob */
        return key_detail_read(detail, &key) == ERR_OK && key.home == HOME_SOFTWARE;
    case KIND_CERTIFICATE: /* one that waits is in no blob either */
        return cert_detail_read(detail, &cert) == ERR_OK && cert.complete;
    }
    return false;
}

static bool
read_header(struct unpack *u, const struct guid *subscription, enum object_kind kind,
            struct restore *out)
{
    char current[HEX32_LEN + 1];

    if (unpack_u8(u) != BACKUP_FORMAT || unpack_u8(u) != kind)
        return false;
    out->kind = kind;
    unpack_str(u, out->subscription.text, sizeof(out->subscription.text));
    (void)unpack_i64(u);
    if (!object_name_parse(unpack_bytes(u, MAX_OBJECT_NAME), &out->name))
        return false;
    unpack_str(u, current, sizeof(current));
    out->policy = unpack_bytes(u, BACKUP_POLICY_MAX);
    out->count = unpack_u32(u);
    return u->err == ERR_OK && policy_is_ok(kind, out->policy) &&
           guid_is_equal(&out->subscription, subscription) &&
           hex32_parse(span_str(current), &out->current) && out->count > 0 &&
           out->count <= MAX_BACKUP_VERSIONS * (kind == KIND_CERTIFICATE ? TRIO__MAX : 1);
}

static bool
read_version(struct unpack *u, enum object_kind kind, struct restore_version *out)
{
    char id[HEX32_LEN + 1];
    struct object_version v = { 0 };
    unsigned of = kind == KIND_CERTIFICATE ? unpack_u8(u) : (unsigned)kind;

    if (of < KIND_SECRET || of > KIND_CERTIFICATE)
        return false;
    out->kind = (enum object_kind)of;
    unpack_str(u, id, sizeof(id));
    out->meta = unpack_bytes(u, OBJECT_META_MAX);
    out->sealed = unpack_bytes(u, SEALED_MAX);
    return u->err == ERR_OK && hex32_parse(span_str(id), &out->id) &&
           object_meta_read(out->meta, &v) == ERR_OK && detail_is_ok(out->kind, v.detail);
}

static int
trio_rank(enum object_kind kind)
{
    for (int t = 0; t < TRIO__MAX; t++)
        if (trio_kinds[t] == kind)
            return t;
    return TRIO__MAX;
}

/* In the order of the three and of their ids: none comes twice. */
static bool
comes_after(const struct restore_version *v, const struct restore_version *before)
{
    if (before->id.text[0] == '\0' || trio_rank(v->kind) > trio_rank(before->kind))
        return true;
    return v->kind == before->kind && strcmp(v->id.text, before->id.text) > 0;
}

/* How many versions of each kind, and whether the current one is among them. */
struct restore_tally {
    unsigned n[TRIO__MAX], current[TRIO__MAX];
};

static bool
tally_is_ok(const struct restore *r, const struct restore_tally *t)
{
    if (r->kind != KIND_CERTIFICATE)
        return t->current[trio_rank(r->kind)] == 1;
    for (int i = 0; i < TRIO__MAX; i++)
        if (t->n[i] != t->n[0] || t->current[i] != 1)
            return false;
    return true;
}

enum err
restore_read(const struct rows *rows, const struct guid *subscription, enum object_kind kind,
             struct span blob, struct restore *out)
{
    struct restore_version v, before = { 0 };
    struct restore_tally tally = { 0 };
    struct unpack u;
    struct span body;
    enum err e;

    *out = (struct restore){ 0 };
    e = open_blob(rows, blob, &body);
    if (e != ERR_OK)
        return e;
    u = unpack_of(body);
    if (!read_header(&u, subscription, kind, out))
        return ERR_BAD_BACKUP;
    out->first = out->rest = u;
    for (uint32_t i = 0; i < out->count; i++) {
        if (!read_version(&u, kind, &v) || !comes_after(&v, &before))
            return ERR_BAD_BACKUP;
        tally.n[trio_rank(v.kind)]++;
        tally.current[trio_rank(v.kind)] += strcmp(v.id.text, out->current.text) == 0;
        out->newest[v.kind] = v.id;
        before = v;
    }
    return tally_is_ok(out, &tally) && unpack_end(&u) == ERR_OK ? ERR_OK : ERR_BAD_BACKUP;
}

enum err
restore_check(const struct vault_at *at, const struct restore *r)
{
    struct object_head head;
    struct cert_heads heads;
    enum err e;

    bug_on(at->kind != r->kind);
    if (r->kind == KIND_CERTIFICATE) {
        e = cert_check_add(at, &r->name, &heads);
        return e == ERR_NAME_TAKEN || (e == ERR_OK && heads.head[0].revision != 0)
                   ? ERR_RESTORE_CONFLICT
                   : e;
    }
    e = object_check_add(at, &r->name, &head);
    if (e == ERR_MANAGED || (e == ERR_OK && head.revision != 0))
        return ERR_RESTORE_CONFLICT;
    return e;
}

bool
restore_next(struct restore *r)
{
    struct restore_version before = r->version;

    if (r->done == r->count)
        return false;
    bug_on(!read_version(&r->rest, r->kind, &r->version)); /* restore_read went the same way */
    r->older = r->done > 0 && before.kind == r->version.kind ? before.id : (struct hex32){ "" };
    r->done++;
    return true;
}

bool
restore_is_sealed(const struct restore *r)
{
    return r->version.kind != KIND_CERTIFICATE;
}

void
restore_ask(const struct vault_at *at, const struct restore *r, const struct backup_key *key,
            struct sink k)
{
    const struct hex32 *id = &r->version.id;
    struct object_id from = object_id_of(&key->subscription, r->version.kind, r->name.key, id);
    struct object_id to = object_id_of(&at->vault->id, r->version.kind, r->name.key, id);
    struct wrapped from_key = backup_key_wrapped(key), to_key = vault_key(at->vault);

    keeper_pack_transfer(k, &from_key, &from, r->version.sealed, &to_key, &to);
}

void
restore_add(const struct vault_at *at, const struct restore *r, struct span sealed,
            struct store_write *w)
{
    struct vault_at of = vault_at_kind(at, r->version.kind);
    struct object_version v = { .id = r->version.id };

    bug_on(object_meta_read(r->version.meta, &v) != ERR_OK);
    v.older = r->older; /* in the blob's order, whatever was between them */
    v.generation = 1;
    v.sealed = sealed;
    object_version_put(&of, w, r->name.key, &v);
}

static void
find_current(const struct restore *r, struct object_version *out)
{
    struct restore again = *r;

    again.rest = again.first;
    again.done = 0;
    while (restore_next(&again)) {
        if (again.version.kind != r->kind ||
            strcmp(again.version.id.text, r->current.text) != 0)
            continue;
        out->id = again.version.id;
        bug_on(object_meta_read(again.version.meta, out) != ERR_OK);
    }
}

static enum err
restore_due(const struct vault_at *at, const struct restore *r, struct store_write *w,
            struct object *o)
{
    struct cert_policy *p = malloc(sizeof(*p)); /* too much for a stack */
    enum err e = p == NULL ? ERR_NOMEM : ERR_OK;

    if (e == ERR_OK && !span_is_empty(r->policy))
        e = cert_policy_read(r->policy, p);
    if (e == ERR_OK && !span_is_empty(r->policy))
        cert_due_plan(at, w, &o->head, &o->v.attrs, p);
    free(p);
    return e;
}

/* The row that belongs to the object, as it was, and what it makes due. */
static enum err
restore_policy(const struct vault_at *at, const struct restore *r, struct store_write *w,
               struct object *o)
{
    struct rotation_policy p;
    struct row_key k;

    if (!span_is_empty(r->policy))
        row_put(at->rows, w,
                row_key_make(&k, object_kind_info(r->kind)->policy_prefix, at->vault->id.text,
                             r->name.key, NULL),
                r->policy);
    if (r->kind == KIND_CERTIFICATE)
        return restore_due(at, r, w, o);
    if (r->kind != KIND_KEY || span_is_empty(r->policy))
        return rotation_follow(at, w, &o->head, &o->v.attrs);
    bug_on(rotation_policy_read(r->policy, &p) != ERR_OK);
    rotation_plan(at, w, &o->head, &o->v.attrs, &p);
    return ERR_OK;
}

static void
put_head(const struct vault_at *at, const struct restore *r, struct store_write *w,
         const struct object_head *head)
{
    object_head_expect_none(at, w, HEAD_DELETED, r->name.key);
    object_head_put(at, w, HEAD_LIVE, head);
}

enum err
restore_end(const struct vault_at *at, const struct restore *r, struct store_write *w,
            struct object *out)
{
    enum err e;

    *out = (struct object){
        .head = { .name = r->name, .current = r->current, .newest = r->newest[r->kind] }
    };
    e = restore_check(at, r);
    if (e != ERR_OK)
        return e;
    find_current(r, &out->v);
    out->head.generation = 1;
    e = restore_policy(at, r, w, out);
    if (e != ERR_OK)
        return e;
    vault_expect(w, at->vault);
    put_head(at, r, w, &out->head);
    for (int t = TRIO_KEY; r->kind == KIND_CERTIFICATE && t < TRIO__MAX; t++) {
        struct vault_at of = vault_at_kind(at, trio_kinds[t]);
        struct object_head linked = out->head;

        linked.managed = true;
        linked.newest = r->newest[trio_kinds[t]];
        put_head(&of, r, w, &linked);
    }
    return store_write_err(w);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup.c - writing backup blobs.
 *
 * The tag is made with the row integrity key, not with the backup key: it can
 * be checked here before the keeper is bothered with foreign bytes, and it
 * proves no less, since whoever holds that key may ask the keeper anyway.
 */
#include "vault/backup.h"

#include <stdlib.h>

#include "crypto/digest.h"
#include "vault/backup_int.h"
#include "vault/cert.h"
#include "vault/object_chain.h"

struct backup_version {
    enum object_kind kind;
    struct hex32 id;
    size_t at, len; /* of its description in `metas` */
};

struct backup {
    enum object_kind kind;
    struct object_head head;
    unsigned n;
    struct backup_version version[MAX_BACKUP_VERSIONS * TRIO__MAX];
    struct buf metas;
    struct buf blob;
};

enum err
backup_tag(const struct rows *rows, struct span body, uint8_t out[static ROW_TAG_LEN])
{
    uint8_t digest[SHA256_LEN];
    struct span part = { digest, sizeof(digest) };
    enum err e;

    e = digest_sha256(body, digest);
    if (e != ERR_OK)
        return e;
    return rows_mac(rows, "keyhold backup v1", &part, 1, out);
}

/* Running over the maximum is the client's to know; anything else is ours. */
static enum err
buf_result(const struct buf *b)
{
    return b->err == ERR_TOO_LARGE ? ERR_TOO_MANY_VERSIONS : b->err;
}

static int
by_id(const void *a, const void *b)
{
    const struct backup_version *x = a, *y = b;

    return strcmp(x->id.text, y->id.text);
}

/* The versions of one kind, in the order of their ids (restore.c demands it). */
static enum err
note_versions(const struct vault_at *at, const struct object_head *head, struct backup *b)
{
    struct object_chain chain = object_chain_of(at, head);
    unsigned first = b->n;
    struct object_version v;

    while (!object_chain_at_end(&chain)) {
        enum err e = object_chain_next(&chain, &v);

        if (e != ERR_OK)
            return e;
        if (b->n - first == MAX_BACKUP_VERSIONS)
            return ERR_TOO_MANY_VERSIONS;
        b->version[b->n++] = (struct backup_version){ .kind = at->kind, .id = v.id };
    }
    qsort(&b->version[first], b->n - first, sizeof(b->version[0]), by_id);
    return ERR_OK;
}

/* What lies in a token cannot be had out of it. */
static enum err
check_home(const struct vault_at *at, const struct object_version *v)
{
    struct key_detail d;
    enum err e;

    if (at->kind != KIND_KEY)
        return ERR_OK;
    e = key_detail_read(v->detail, &d);
    if (e != ERR_OK)
        return e;
    return d.home == HOME_SOFTWARE ? ERR_OK : ERR_UNSUPPORTED;
}

/* A version of a trio counts when there is a certificate for it. */
static enum err
is_waiting(const struct vault_at *at, const struct object_name *name, const struct hex32 *id,
           bool *out)
{
    struct cert_detail d = { .complete = false };
    struct object_version v;
    enum err e = object_version_get(at, name->key, id, &v);

    if (e == ERR_OK)
        e = cert_detail_read(v.detail, &d);
    *out = e == ERR_OK && !d.complete;
    return e == ERR_NOT_FOUND ? ERR_INTEGRITY : e;
}

/* Forgets the versions that wait for their certificate. */
static enum err
leave_out_waiting(const struct vault_at *at, struct backup *b)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < b->n; i++) {
        bool waits;
        enum err e = is_waiting(at, &b->head.name, &b->version[i].id, &waits);

        if (e != ERR_OK)
            return e;
        if (!waits)
            b->version[kept++] = b->version[i];
    }
    b->n = kept;
    return kept > 0 ? ERR_OK : ERR_UNSUPPORTED;
}

static enum err
note_meta(const struct vault_at *at, const struct object_head *head, struct backup *b,
          struct backup_version *bv)
{
    struct object_version v;
    enum err e;

    e = object_version_get(at, head->name.key, &bv->id, &v);
    if (e == ERR_OK)
        e = object_check_generation(at, head, &v);
    if (e == ERR_OK)
        e = check_home(at, &v);
    if (e != ERR_OK)
        return e;
    bv->at = b->metas.len;
    object_meta_pack(sink_buf(&b->metas), &v);
    bv->len = b->metas.len - bv->at;
    return ERR_OK;
}

static enum err
note_metas(const struct vault_at *at, struct backup *b)
{
    struct object_head head = b->head;
    struct vault_at of = *at;
    bool has_current = false;

    for (unsigned i = 0; i < b->n; i++) {
        struct backup_version *bv = &b->version[i];
        enum err e = ERR_OK;

        if (bv->kind != of.kind) {
            of.kind = bv->kind;
            e = object_head_get(&of, HEAD_LIVE, b->head.name.key, &head);
        }
        if (e == ERR_OK)
            e = note_meta(&of, &head, b, bv);
        if (e != ERR_OK)
            return e == ERR_NOT_FOUND ? ERR_INTEGRITY : e;
        has_current |= strcmp(bv->id.text, b->head.current.text) == 0;
    }
    return has_current ? buf_result(&b->metas) : ERR_INTEGRITY;
}

/* All versions, of all three kinds where it is a certificate. */
static enum err
note_all(const struct vault_at *at, struct backup *b)
{
    enum err e;

    if (at->kind != KIND_CERTIFICATE) {
        e = note_versions(at, &b->head, b);
    } else {
        e = ERR_OK;
        for (int t = 0; t < TRIO__MAX && e == ERR_OK; t++) {
            struct vault_at of = vault_at_kind(at, trio_kinds[t]);
            struct object_head head;

            e = object_head_get(&of, HEAD_LIVE, b->head.name.key, &head);
            if (e == ERR_OK)
                e = note_versions(&of, &head, b);
        }
        if (e == ERR_OK)
            e = leave_out_waiting(at, b);
    }
    return e == ERR_OK ? note_metas(at, b) : e;
}

/* The row of the object that is none of a version's; stays empty if there is none. */
static enum err
find_policy(const struct vault_at *at, const struct object_name *name, struct span *out)
{
    const char *prefix = object_kind_info(at->kind)->policy_prefix;
    struct row_key k;
    struct row row;
    enum err e;

    if (prefix == NULL)
        return ERR_OK;
    e = row_get(at->rows, at->view,
                row_key_make(&k, prefix, at->vault->id.text, name->key, NULL), &row);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    *out = row.payload;
    return ERR_OK;
}

static void
put_header(struct backup *b, const struct vault_at *at, struct span policy, int64_t now)
{
    struct sink k = sink_buf(&b->blob);

    sink_put_str(k, BACKUP_MARK);
    pack_u8(k, BACKUP_FORMAT);
    pack_u8(k, (uint8_t)at->kind);
    pack_str(k, at->vault->subscription.text);
    pack_i64(k, now);
    pack_str(k, b->head.name.spelled);
    pack_str(k, b->head.current.text);
    pack_bytes(k, policy);
    pack_u32(k, b->n);
}

enum err
backup_begin(const struct vault_at *at, const struct object_name *name, int64_t now,
             struct backup **out)
{
    struct backup *b = calloc(1, sizeof(*b));
    struct span policy = { 0 };
    enum err e;

    *out = NULL;
    if (b == NULL)
        return ERR_NOMEM;
    b->kind = at->kind;
    buf_init(&b->metas, BACKUP_BLOB_MAX);
    buf_init(&b->blob, BACKUP_BLOB_MAX);
    e = object_head_get(at, HEAD_LIVE, name->key, &b->head);
    if (e == ERR_NOT_FOUND)
        e = object_kind_info(at->kind)->not_found;
    else if (e == ERR_OK && b->head.managed)
        e = ERR_MANAGED;
    if (e == ERR_OK)
        e = note_all(at, b);
    if (e == ERR_OK)
        e = find_policy(at, name, &policy);
    if (e != ERR_OK) {
        backup_free(b);
        return e;
    }
    put_header(b, at, policy, now);
    *out = b;
    return ERR_OK;
}

void
backup_free(struct backup *b)
{
    if (b == NULL)
        return;
    buf_release(&b->metas);
    buf_release(&b->blob);
    free(b);
}

unsigned
backup_count(const struct backup *b)
{
    return b->n;
}

bool
backup_is_sealed(const struct backup *b, unsigned i)
{
    return b->version[i].kind != KIND_CERTIFICATE;
}

enum err
backup_ask(const struct backup *b, const struct vault_at *at, unsigned i,
           const struct backup_key *key, struct sink k)
{
    const struct hex32 *id = &b->version[i].id;
    const char *name = b->head.name.key;
    enum object_kind kind = b->version[i].kind;
    struct vault_at of = vault_at_kind(at, kind);
    struct object_id from = object_id_of(&at->vault->id, kind, name, id);
    struct object_id to = object_id_of(&key->subscription, kind, name, id);
    struct wrapped from_key = vault_key(at->vault), to_key = backup_key_wrapped(key);
    struct object_version v;
    enum err e;

    e = object_version_get(&of, name, id, &v);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? object_kind_info(at->kind)->not_found : e;
    keeper_pack_transfer(k, &from_key, &from, v.sealed, &to_key, &to);
    return ERR_OK;
}

enum err
backup_add(struct backup *b, unsigned i, struct span sealed)
{
    const struct backup_version *v = &b->version[i];
    struct sink k = sink_buf(&b->blob);

    if (b->kind == KIND_CERTIFICATE)
        pack_u8(k, (uint8_t)v->kind);
    pack_str(k, v->id.text);
    pack_bytes(k, span_of(b->metas.ptr + v->at, v->len));
    pack_bytes(k, sealed);
    return buf_result(&b->blob);
}

enum err
backup_end(struct backup *b, const struct rows *rows, struct span *blob)
{
    uint8_t tag[ROW_TAG_LEN];
    enum err e;

    *blob = (struct span){ 0 };
    e = backup_tag(rows, buf_span(&b->blob), tag);
    if (e != ERR_OK)
        return e;
    buf_put(&b->blob, span_of(tag, sizeof(tag)));
    *blob = buf_span(&b->blob);
    return buf_result(&b->blob);
}

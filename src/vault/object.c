/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - live secrets. */
#include "vault/secret.h"

#include "base/log.h"

struct object_id
secret_object_id(const struct guid *vault, const char *name, const struct hex32 *id)
{
    return (struct object_id){ .vault = *vault,
                               .kind = KIND_SECRET,
                               .name = span_str(name),
                               .version = span_str(id->text) };
}

void
secret_ask_open(const struct vault_at *at, const struct secret *s, struct sink k)
{
    struct wrapped key = vault_key(at->vault);
    struct object_id id = secret_object_id(&at->vault->id, s->head.name.key, &s->v.id);

    keeper_pack_open(k, &key, &id, s->v.sealed);
}

void
secret_ask_seal(const struct vault_at *at, const struct object_name *name,
                const struct hex32 *id, struct span value, struct sink k)
{
    struct wrapped key = vault_key(at->vault);
    struct object_id oid = secret_object_id(&at->vault->id, name->key, id);

    keeper_pack_seal(k, &key, &oid, value);
}

enum err
secret_check_generation(const struct secret_head *head, const struct secret_version *v)
{
    if (strcmp(head->current.text, v->id.text) != 0 || head->generation == v->generation)
        return ERR_OK;
    log_error("secret %s version %s: the row is generation %llu, its head says %llu: an older "
              "row was put back; not served",
              head->name.key, v->id.text, (unsigned long long)v->generation,
              (unsigned long long)head->generation);
    return ERR_ROLLBACK;
}

enum err
secret_get_current(const struct vault_at *at, const struct secret_head *head,
                   struct secret *out)
{
    enum err e;

    out->head = *head;
    e = secret_version_get(at, head->name.key, &head->current, &out->v);
    if (e == ERR_NOT_FOUND) {
        log_error("secret %s: the current version %s has no row", head->name.key,
                  head->current.text);
        return ERR_INTEGRITY;
    }
    if (e != ERR_OK)
        return e;
    return secret_check_generation(head, &out->v);
}

enum err
secret_get(const struct vault_at *at, const struct object_name *name,
           const struct hex32 *version, struct secret *out)
{
    struct secret_head head;
    enum err e;

    *out = (struct secret){ 0 };
    e = secret_head_get(at, HEAD_LIVE, name->key, &head);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_SECRET_NOT_FOUND : e;
    if (version == NULL || strcmp(version->text, head.current.text) == 0)
        return secret_get_current(at, &head, out);
    out->head = head;
    e = secret_version_get(at, name->key, version, &out->v);
    return e == ERR_NOT_FOUND ? ERR_SECRET_NOT_FOUND : e;
}

enum err
secret_check_set(const struct vault_at *at, const struct object_name *name,
                 struct secret_head *head)
{
    struct secret_head gone;
    enum err e;

    e = secret_head_get(at, HEAD_LIVE, name->key, head);
    if (e == ERR_OK)
        return head->managed ? ERR_MANAGED : ERR_OK;
    if (e != ERR_NOT_FOUND)
        return e;
    e = secret_head_get(at, HEAD_DELETED, name->key, &gone);
    if (e == ERR_OK)
        return gone.purging ? ERR_BUSY : ERR_SOFT_DELETED;
    if (e != ERR_NOT_FOUND)
        return e;
    *head = (struct secret_head){ .name = *name };
    return ERR_OK;
}

enum err
secret_set(const struct vault_at *at, const struct object_name *name, const struct hex32 *id,
           const struct secret_change *change, struct span sealed, int64_t now,
           struct store_write *w, struct secret *out)
{
    enum err e;

    *out = (struct secret){ 0 };
    e = secret_check_set(at, name, &out->head);
    if (e != ERR_OK)
        return e;
    out->v = (struct secret_version){ .id = *id,
                                      .previous = out->head.current,
                                      .generation = 1,
                                      .attrs = attrs_new(&change->attrs, now),
                                      .has_type = change->has_type,
                                      .content_type = change->content_type,
                                      .tags = change->tags,
                                      .sealed = sealed };
    out->head.current = *id;
    out->head.generation = out->v.generation;
    vault_expect(w, at->vault);
    /* While a name lives there is no deleted head of it; only a new name must ask. */
    if (out->head.revision == 0)
        secret_head_expect_none(at, w, HEAD_DELETED, name->key);
    secret_head_put(at, w, HEAD_LIVE, &out->head);
    secret_version_put(at, w, name->key, &out->v);
    return store_write_err(w);
}

enum err
secret_update(const struct vault_at *at, const struct object_name *name,
              const struct hex32 *version, const struct secret_change *change, int64_t now,
              struct store_write *w, struct secret *out)
{
    bool current;
    enum err e;

    e = secret_get(at, name, version, out);
    if (e != ERR_OK)
        return e;
    if (out->head.managed)
        return ERR_MANAGED;
    attrs_merge(&out->v.attrs, &change->attrs, now);
    if (change->has_type) {
        out->v.has_type = true;
        out->v.content_type = change->content_type;
    }
    if (change->has_tags)
        out->v.tags = change->tags;
    out->v.generation++;
    vault_expect(w, at->vault);
    current = strcmp(out->v.id.text, out->head.current.text) == 0;
    if (current)
        out->head.generation = out->v.generation;
    /* The head is put in every case: an older version changes it too, by its revision, so a
     * delete or a backup that read it notices. */
    secret_head_put(at, w, HEAD_LIVE, &out->head);
    secret_version_put(at, w, name->key, &out->v);
    return store_write_err(w);
}

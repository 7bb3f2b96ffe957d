/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - live objects. */
#include "vault/object.h"

#include "base/log.h"
#include "vault/rotation.h"

struct object_id
object_id_of(const struct guid *vault, enum object_kind kind, const char *name,
             const struct hex32 *id)
{
    return (struct object_id){
        .vault = *vault, .kind = kind, .name = span_str(name), .version = span_str(id->text)
    };
}

enum err
object_check_generation(const struct vault_at *at, const struct object_head *head,
                        const struct object_version *v)
{
    if (strcmp(head->current.text, v->id.text) != 0 || head->generation == v->generation)
        return ERR_OK;
    log_error("%s %s version %s: the row is generation %llu, its head says %llu: an older "
              "row was put back; not served",
              object_kind_info(at->kind)->word, head->name.key, v->id.text,
              (unsigned long long)v->generation, (unsigned long long)head->generation);
    return ERR_ROLLBACK;
}

enum err
object_get_current(const struct vault_at *at, const struct object_head *head,
                   struct object *out)
{
    enum err e;

    out->head = *head;
    e = object_version_get(at, head->name.key, &head->current, &out->v);
    if (e == ERR_NOT_FOUND) {
        log_error("%s %s: the current version %s has no row", object_kind_info(at->kind)->word,
                  head->name.key, head->current.text);
        return ERR_INTEGRITY;
    }
    if (e != ERR_OK)
        return e;
    return object_check_generation(at, head, &out->v);
}

enum err
object_get(const struct vault_at *at, const struct object_name *name,
           const struct hex32 *version, struct object *out)
{
    struct object_head head;
    enum err e;

    *out = (struct object){ 0 };
    e = object_head_get(at, HEAD_LIVE, name->key, &head);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? object_kind_info(at->kind)->not_found : e;
    if (version == NULL || strcmp(version->text, head.current.text) == 0)
        return object_get_current(at, &head, out);
    out->head = head;
    e = object_version_get(at, name->key, version, &out->v);
    return e == ERR_NOT_FOUND ? object_kind_info(at->kind)->not_found : e;
}

enum err
object_check_add(const struct vault_at *at, const struct object_name *name,
                 struct object_head *head)
{
    struct object_head gone;
    enum err e;

    e = object_head_get(at, HEAD_LIVE, name->key, head);
    if (e == ERR_OK)
        return head->managed ? ERR_MANAGED : ERR_OK;
    if (e != ERR_NOT_FOUND)
        return e;
    e = object_head_get(at, HEAD_DELETED, name->key, &gone);
    if (e == ERR_OK)
        return gone.purging ? ERR_BUSY : ERR_SOFT_DELETED;
    if (e != ERR_NOT_FOUND)
        return e;
    *head = (struct object_head){ .name = *name };
    return ERR_OK;
}

enum err
object_add(const struct vault_at *at, const struct object_name *name, const struct hex32 *id,
           const struct object_change *change, struct span sealed, int64_t now,
           struct store_write *w, struct object *out)
{
    enum err e;

    *out = (struct object){ 0 };
    e = object_check_add(at, name, &out->head);
    if (e != ERR_OK)
        return e;
    out->v = (struct object_version){ .id = *id,
                                      .previous = out->head.current,
                                      .older = out->head.newest,
                                      .generation = 1,
                                      .attrs = attrs_new(&change->attrs, now),
                                      .tags = change->tags,
                                      .detail = change->detail,
                                      .sealed = sealed };
    out->head.current = out->head.newest = *id;
    out->head.generation = out->v.generation;
    memset(out->head.done, 0, sizeof(out->head.done)); /* of another version */
    e = rotation_follow(at, w, &out->head, &out->v.attrs);
    if (e != ERR_OK)
        return e;
    vault_expect(w, at->vault);
    /* While a name lives there is no deleted head of it; only a new name must ask. */
    if (out->head.revision == 0)
        object_head_expect_none(at, w, HEAD_DELETED, name->key);
    object_head_put(at, w, HEAD_LIVE, &out->head);
    object_version_put(at, w, name->key, &out->v);
    return store_write_err(w);
}

enum err
object_update(const struct vault_at *at, const struct object_name *name,
              const struct hex32 *version, const struct object_change *change, int64_t now,
              struct store_write *w, struct object *out)
{
    bool current;
    enum err e;

    e = object_get(at, name, version, out);
    if (e != ERR_OK)
        return e;
    if (out->head.managed)
        return ERR_MANAGED;
    attrs_merge(&out->v.attrs, &change->attrs, now);
    if (change->has_tags)
        out->v.tags = change->tags;
    if (change->has_detail)
        out->v.detail = change->detail;
    out->v.generation++;
    vault_expect(w, at->vault);
    current = strcmp(out->v.id.text, out->head.current.text) == 0;
    if (current)
        out->head.generation = out->v.generation;
    if (current && change->attrs.has_exp)
        e = rotation_follow(at, w, &out->head, &out->v.attrs);
    if (e != ERR_OK)
        return e;
    /* The head is put in every case: an older version changes it too, by its revision, so a
     * delete or a backup that read it notices. */
    object_head_put(at, w, HEAD_LIVE, &out->head);
    object_version_put(at, w, name->key, &out->v);
    return store_write_err(w);
}

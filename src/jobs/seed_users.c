/* SPDX-License-Identifier: Apache-2.0 */
/* seed_users.c - people: a principal, and a password that the keeper made a record of. */
#include "auth/credential.h"
#include "base/log.h"
#include "crypto/scrypt.h"
#include "jobs/seed_int.h"

static enum err
read_user(struct seeding *s, const struct jsn *item, struct principal *p, struct span *password)
{
    bool enabled;
    enum err e = seed_text(s, item, "upn", p->upn, sizeof(p->upn));

    if (e == ERR_OK && !principal_upn_is_ok(span_str(p->upn)))
        return seed_bad(s, "\"upn\" must look like alice@contoso.example");
    if (e == ERR_OK)
        e = seed_text(s, item, "name", p->name, sizeof(p->name));
    if (e == ERR_OK && p->name[0] == '\0')
        (void)span_copy_str(span_head(span_str(p->upn), span_find(span_str(p->upn), '@')),
                            p->name, sizeof(p->name));
    if (e == ERR_OK)
        e = seed_guid(s, item, "id", "user", p->upn, &p->oid);
    if (e == ERR_OK)
        e = seed_tenant_of(s, item, &p->tid);
    if (e == ERR_OK)
        e = seed_flag(s, item, "enabled", true, &enabled);
    if (e != ERR_OK)
        return e;
    p->enabled = enabled;
    if (jsn_get_str(item, "password", password) != JSN_OK || password->len == 0 ||
        password->len > 1024)
        return seed_bad(s, "a user needs a \"password\" of 1 to 1024 bytes");
    return ERR_OK;
}

/* Somebody else may have the name already: then the two would be one to whoever signs in. */
static enum err
check_name(struct seeding *s, struct store_view *view, const struct principal *p)
{
    struct principal other;
    enum err e = principal_find_user(s->desk->rows, view, &p->tid, span_str(p->upn), &other);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e == ERR_OK && !guid_is_equal(&other.oid, &p->oid))
        return seed_bad(s, "another user has this \"upn\"");
    return e;
}

static enum err
put_credential(struct seeding *s, struct store_view *view, struct store_write *w,
               const struct principal *p, struct span password)
{
    struct credential c;
    struct secbuf record;
    enum err e = credential_load(s->desk->rows, view, &p->tid, &p->oid, &c);

    if (e != ERR_NOT_FOUND)
        return e; /* the file may be older than the password */
    secbuf_init(&record, 512);
    e = seed_hash_password(s, password, &record);
    if (e == ERR_OK)
        e = credential_set(s->desk->rows, w, &c, secbuf_span(&record), s->now - 1);
    secbuf_release(&record);
    return e;
}

enum err
seed_user(struct seeding *s, const struct jsn *item)
{
    struct principal p = { .kind = PRINCIPAL_USER }, have;
    struct store_view *view = NULL;
    struct store_write w;
    struct span password = { 0 };
    enum err e = read_user(s, item, &p, &password);

    if (e == ERR_OK)
        e = store_begin(s->desk->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = check_name(s, view, &p);
    if (e == ERR_OK)
        e = principal_load(s->desk->rows, view, &p.tid, &p.oid, &have);
    if (e == ERR_NOT_FOUND) {
        p.created = s->now;
        principal_store(s->desk->rows, &w, &p, 0);
        e = ERR_OK;
    }
    if (e == ERR_OK)
        e = put_credential(s, view, &w, &p, password);
    if (e == ERR_OK)
        e = seed_commit(s, &w);
    store_end(view);
    store_write_release(&w);
    return e;
}

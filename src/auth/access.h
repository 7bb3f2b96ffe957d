/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.h - may this caller do this here, now? One engine for both planes
 * (management-plane.md C.5, data-plane.md G).
 *
 * Roles: assignments of the caller and of every group that holds it (nested),
 * at the resource and everything above it: object, vault, resource group,
 * subscription, management groups, root. A role grants what its actions match
 * and its notActions do not, if the conditions of both role and assignment are
 * true. A deny assignment wins over any role. Actions never imply data actions.
 *
 * Access policies: vaults in that mode answer their data plane by the three
 * principal forms (object; application-plus-object; application via its service
 * principal) and nothing else. The two models never mix.
 *
 * Denied when in doubt: an unknown role, a condition that does not parse, a
 * resource of another tenant, a tree that is too deep. Reads the caller's
 * snapshot every time, so a change is in force at the next request.
 *
 * For delegated tokens the user decides (caller.oid); the application counts in
 * the application-plus-object form of access policies alone.
 *
 * Threads: as the view; a cache belongs to one thread.
 */
#ifndef AUTH_ACCESS_H
#define AUTH_ACCESS_H

#include "auth/caller.h"
#include "auth/condition.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "vault/perm.h"
#include "vault/vault.h"

/*
 * What decisions read, kept between them: holdings of principals, closures of
 * groups, custom roles, deny assignments, the tree. Before each use the store's
 * change log is asked what was written since; whatever a change touches is
 * dropped. A view older than the cache is answered without it. One cache goes
 * with one store, for ever.
 */
struct access_cache;
struct access_cache *access_cache_new(void);    /* NULL: out of memory */
void access_cache_free(struct access_cache *c); /* NULL is allowed */

enum access_reason {
    ACCESS_GRANTED,
    ACCESS_NO_CALLER,   /* no token, or one without a principal */
    ACCESS_TENANT,      /* the resource is another tenant's */
    ACCESS_NO_GRANT,    /* no assignment or policy gives it */
    ACCESS_CONDITION,   /* one would, but its condition does not hold */
    ACCESS_DENIED,      /* a deny assignment applies */
    ACCESS_NO_RESOURCE, /* what was asked about is no scope */
    ACCESS__MAX
};

struct access_answer {
    bool allowed;
    bool by_rbac; /* which model decided */
    enum access_reason reason;
    struct guid assignment; /* RBAC, allowed: the role assignment that did it */
    struct guid role;       /* its role definition */
    struct guid group;      /* the group that holds it, or "" when it is the caller's own */
    struct guid deny;       /* ACCESS_DENIED: the deny assignment */
};

/* ------------------------------------------------------------ control plane */

struct action_question {
    const struct caller *caller;
    struct span action; /* "Microsoft.KeyVault/vaults/write", in any case */
    bool is_data;       /* it is a data action */
    const struct scope *scope;
    const struct attribute *attributes; /* for conditions; besides UtcNow */
    size_t nattributes;
    struct access_cache *cache; /* may be NULL: slower */
};
/*
 * ERR_OK and an answer; or ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM: then
 * the answer says no, and the request ends with 500 or 503.
 */
MUST_CHECK enum err access_check_action(const struct rows *rows, struct store_view *view,
                                        const struct action_question *q,
                                        struct access_answer *out);

/* The attributes of a role assignment that is being written (ATTRIBUTE_REQUEST) or deleted
 * (ATTRIBUTE_RESOURCE), for conditions that delegate. Borrow from their arguments. */
enum { DELEGATION_ATTRIBUTES = 3 };
void access_delegation(enum attribute_source source, const struct guid *role,
                       const struct guid *principal, const char *principal_type,
                       struct attribute out[static DELEGATION_ATTRIBUTES]);

/* --------------------------------------------------------------- data plane */

struct access_question {
    const struct caller *caller;
    const struct vault *vault;
    enum perm need;
    /* The object is a key with a public half: what that half does may be granted by the right
     * to read the key (struct perm_info). RBAC only. */
    bool asymmetric;
    struct span object;                 /* object name as asked; empty for collections */
    const struct attribute *attributes; /* of the environment; names are added here */
    size_t nattributes;
    struct access_cache *cache; /* may be NULL: slower */
};

/* Errors as access_check_action. */
MUST_CHECK enum err access_check(const struct rows *rows, struct store_view *view,
                                 const struct access_question *q, struct access_answer *out);
/* Azure's message for a denial (data-plane.md A6.2), and the inner code. */
void access_explain(const struct access_question *q, const struct access_answer *a,
                    struct buf *message);
const char *access_inner_code(const struct access_answer *a);

/* ------------------------------------------------------------------- grants */

struct assignment;
struct role_definition;

/* What the caller's roles give at a scope, for the permissions API and for getEntities. */
struct access_grant {
    const struct assignment *assignment;
    const struct role_definition *role;
    const struct guid *group; /* NULL: the caller's own */
};
typedef bool (*access_grant_fn)(void *arg, const struct access_grant *g);
/* Visits every grant that covers the scope, conditions not asked. Errors as above. */
MUST_CHECK enum err access_each_grant(const struct rows *rows, struct store_view *view,
                                      const struct guid *tid, const struct guid *oid,
                                      const struct scope *scope, access_grant_fn fn, void *arg);

/* Does anybody of the caller's identities hold a role at, above or below the scope? Decides who
 * sees that a subscription is there. Errors as above. */
MUST_CHECK enum err access_touches(const struct rows *rows, struct store_view *view,
                                   const struct guid *tid, const struct guid *oid,
                                   const struct scope *scope, bool *out);

#endif /* AUTH_ACCESS_H */

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.h - may this caller do this on this vault object, now?
 *
 * RBAC vaults: role assignments of the caller and of every group that holds it
 * (nested), at subscription, resource group, vault and object scope; built-in
 * role definitions with Azure's GUIDs (auth/role.h). Access-policy vaults: the
 * three principal forms (object; application-plus-object; application via its
 * service principal). The two never mix. Denied when in doubt.
 *
 * Reads the caller's snapshot every time, so a change is in force at the next
 * request. Threads: as the view.
 */
#ifndef AUTH_ACCESS_H
#define AUTH_ACCESS_H

#include "auth/caller.h"
#include "base/buf.h"
#include "vault/perm.h"
#include "vault/vault.h"

struct access_question {
    const struct caller *caller;
    const struct vault *vault;
    enum perm need;
    struct span object; /* object name as asked; empty for collections */
    /* The object is a key with a public half: what that half does may be granted by the right
     * to read the key (struct perm_info). RBAC only. */
    bool asymmetric;
};

struct access_answer {
    bool allowed;
    bool by_rbac;           /* which model decided */
    struct guid assignment; /* RBAC, allowed: the role assignment that did it */
};

/* ERR_OK and an answer; or ERR_INTEGRITY, ERR_IO...: then deny with 500/503. */
MUST_CHECK enum err access_check(const struct rows *rows, struct store_view *view,
                                 const struct access_question *q, struct access_answer *out);
/* Azure's message for a denial (data-plane.md A6.2), and the inner code. */
void access_explain(const struct access_question *q, const struct access_answer *a,
                    struct buf *message);
const char *access_inner_code(const struct access_answer *a);

#endif /* AUTH_ACCESS_H */

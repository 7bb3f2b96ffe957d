/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotation.h - what the clock has to do with keys: rotate them, or tell their
 * owner that one expires (data-plane.md C10).
 *
 *     kr/<time>/<r|n>/<vault GUID>/<NAME>     due to rotate, due to notify
 *
 * The head of a key says for when each action is scheduled, and for when it was
 * last done for the current version. Whatever changes what is due - the policy,
 * a new version, the exp of the current one, delete, recover, restore, purge -
 * puts the head anyway, so head and schedule move in one commit, and a second
 * doer finds the head's revision changed: each action happens once for each
 * time, whoever crashes when.
 *
 * A key without a policy has Azure's default: Notify thirty days before its exp.
 */
#ifndef VAULT_ROTATION_H
#define VAULT_ROTATION_H

#include "vault/key_rotate.h"
#include "vault/rotation_policy.h"

#define ROTATION_SCHEDULE "kr"

/*
 * Brings head->due and the schedule rows in line: after a change of the current version, or
 * of the policy. p is NULL where nothing shall be due (deleted). Managed keys have nothing
 * due. The caller puts the head.
 */
void rotation_plan(const struct vault_at *at, struct store_write *w, struct object_head *head,
                   const struct attrs *current, const struct rotation_policy *p);
/* The same with the stored policy; nothing to do for other kinds of objects. ERR_INTEGRITY,
 * ERR_FORMAT. */
MUST_CHECK enum err rotation_follow(const struct vault_at *at, struct store_write *w,
                                    struct object_head *head, const struct attrs *current);
/* For rotation_policy_put(): plans anew and puts the head. ERR_KEY_NOT_FOUND, ERR_MANAGED, ...
 */
MUST_CHECK enum err rotation_follow_policy(const struct vault_at *at, struct store_write *w,
                                           const char *name, const struct rotation_policy *p);

enum rotation_deed {
    ROTATION_DROP,   /* the row means nothing any more: commit w, which drops it */
    ROTATION_NOTIFY, /* tell, and commit w, which says that it was told */
    ROTATION_ROTATE  /* key_rotate_ask(), then key_rotate_compose() in a newer snapshot */
};

struct rotation_due {
    enum rotation_deed deed;
    struct vault *vault; /* the caller unrefs; NULL with ROTATION_DROP */
    struct object_name name;
    struct hex32 version; /* the current one */
    int64_t when;         /* it was due */
    bool has_exp;
    int64_t exp;
    struct key_rotation rotation; /* ROTATION_ROTATE */
};
/*
 * For the clerk: what the schedule row `key` asks for. Nothing is lost or done twice if it
 * dies at any point: the row stays until the commit.
 * ERR_NOT_FOUND   no such row, or its time has not come
 * ERR_NO_VAULT    its vault is deleted, but may be recovered: leave the row alone
 * ERR_FORMAT      not a schedule row; ERR_INTEGRITY, ERR_ROLLBACK
 */
MUST_CHECK enum err rotation_due(const struct rows *rows, struct store_view *view,
                                 struct span key, int64_t now, struct store_write *w,
                                 struct rotation_due *out);

#endif /* VAULT_ROTATION_H */

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owner.h - owners of groups, applications and service principals, and what
 * goes along when an object of the directory goes.
 *
 * Row ow/<tid>/<object>/<owner> (docs/formats/directory.md). Owners are shown;
 * being one gives no right. Threads: as the view.
 */
#ifndef AUTH_OWNER_H
#define AUTH_OWNER_H

#include "auth/group.h"

enum { MAX_OWNERS = 100 };

void owner_add(const struct rows *rows, struct store_write *w, const struct guid *tid,
               const struct guid *object, const struct guid *owner);
void owner_remove(struct store_write *w, const struct guid *tid, const struct guid *object,
                  const struct guid *owner);
bool owner_is(struct store_view *view, const struct guid *tid, const struct guid *object,
              const struct guid *owner);
/* In order of id, dead ones among them. ERR_IO. */
MUST_CHECK enum err owner_each(struct store_view *view, const struct guid *tid,
                               const struct guid *object, group_id_fn fn, void *arg);

/*
 * What hangs on an id that is being deleted: memberships both ways, owners, role assignments,
 * profile. Of each kind at most a thousand rows; what is left points at an id that never comes
 * back, so it gives nothing. ERR_INTEGRITY, ERR_FORMAT, ERR_IO.
 */
MUST_CHECK enum err object_forget(const struct rows *rows, struct store_view *view,
                                  struct store_write *w, const struct guid *tid,
                                  const struct guid *id);
/* Does the principal hold a role of the directory that lets it change something? Errors the
 * same. */
MUST_CHECK enum err object_is_privileged(const struct rows *rows, struct store_view *view,
                                         const struct guid *tid, const struct guid *id,
                                         bool *out);

#endif /* AUTH_OWNER_H */

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_leftover.h - private keys in a token whose rows were purged, or never
 * written, and that the clerk has still to destroy there.
 *
 *     kq/<vault GUID>/<version>/<NAME>
 *
 * The purge leaves such a row for every version that is kept in the token, and so does whoever
 * made a key and met somebody who had changed the same object meanwhile. The
 * clerk asks KEEPER_KEY_DESTROY, which is as good when asked twice, and drops the row.
 */
#ifndef VAULT_KEY_LEFTOVER_H
#define VAULT_KEY_LEFTOVER_H

#include "vault/key.h"

/*
 * For purges: a version of a key that is being deleted leaves a row here if its key lies in the
 * token. key: of its row, kv/...
 */
void key_leftover_put(const struct rows *rows, struct store_write *w, struct span key,
                      const struct object_version *v);
/* The same of a row as it lies there. One that cannot be read (logged) leaves nothing. */
void key_leftover_put_row(const struct rows *rows, struct store_write *w,
                          const struct store_row *version);

/*
 * For who had keys made in the token and could not commit `packed` (ERR_CONFLICT: nothing of it
 * was written): rows for the versions in it that lie in the token and are not in the view.
 * Failures stick to the write.
 */
void key_leftover_regret(const struct rows *rows, struct store_view *view, struct span packed,
                         struct store_write *w);
/* Is the version there after all? It must not be destroyed then. ERR_IO. */
MUST_CHECK enum err key_leftover_lives(struct store_view *view, struct span key, bool *out);

struct key_leftover {
    struct row_key key;
    struct guid vault;
    struct object_name name;
    struct hex32 version;
    struct span sealed; /* borrowed from the view */
    uint64_t revision;
};
/*
 * The first one behind `after` (a row's key, or empty); *key is set in any case but
 * ERR_NOT_FOUND, so that one that cannot be read can be passed by.
 * ERR_NOT_FOUND: no more; ERR_INTEGRITY, ERR_FORMAT
 */
MUST_CHECK enum err key_leftover_next(const struct rows *rows, struct store_view *view,
                                      struct span after, struct key_leftover *out);
/* For the question; borrows from l. The vault's key may be gone: it is left empty. */
struct key_place key_leftover_place(const struct key_leftover *l);
void key_leftover_drop(struct store_write *w, const struct key_leftover *l);

#endif /* VAULT_KEY_LEFTOVER_H */

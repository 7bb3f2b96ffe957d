/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fence.h - what stands upon a thing does not outlive it.
 *
 * Role assignments, locks and the like name their target and are rows of their own. Who puts
 * one has seen the target in a snapshot; who deletes the target has swept what stood upon it
 * in another. A row that slipped between the two would hold for the next thing of that name.
 * So the put expects the target's row as it was seen and touches the target's fence, and the
 * deletion expects the fence as it was seen and takes it away: of two at the same time the
 * later one is refused (ERR_CONFLICT) and looks again. Puts do not disturb each other.
 *
 * Row fe<id>, id in lower case and beginning with '/' (docs/formats/store.md).
 *
 * Threads: as the view.
 */
#ifndef VAULT_FENCE_H
#define VAULT_FENCE_H

#include "vault/row.h"

enum { MAX_FENCE_ID = MAX_STORE_KEY - 2 };

/* Something is put upon the thing, or upon what is in it. A longer id: ERR_TOO_LARGE sticks
 * to the write. */
void fence_touch(const struct rows *rows, struct store_write *w, struct span id);
/* The thing goes, and all that is below it. ERR_TOO_LARGE (also for very much below it),
 * ERR_IO. */
MUST_CHECK enum err fence_take(struct store_view *view, struct store_write *w, struct span id);

#endif /* VAULT_FENCE_H */

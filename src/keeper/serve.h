/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - a keeper: root keys, lanes and the threads behind them, put together.
 *
 * One lane for each front loop (a front's link and its successors after a
 * restart stay on it) and one for everybody else. Behind them, for what takes
 * longer: workers (RSA and slow curves), makers (RSA generation), slow threads
 * (passwords), each with a bounded queue; a full one is ERR_BUSY.
 *
 * With a provider of its own (keeper/provider.h) a keeper has no root key, no
 * slow threads and no stock, and answers questions about keys of users only.
 */
#ifndef KEEPER_SERVE_H
#define KEEPER_SERVE_H

#include <stdint.h>

#include "base/err.h"
#include "ipc/peer.h"
#include "keeper/main.h"

struct keeper;

/*
 * Opens the root keys that cfg names; starts no thread. cfg is borrowed for the keeper's life,
 * its descriptors are closed here.
 * ERR_DENIED, ERR_FORMAT, ERR_BAD_SECRET (logged, see seal/keyfile.h), ERR_IO, ERR_NOMEM,
 * ERR_CRYPTO.
 */
MUST_CHECK enum err keeper_new(const struct keeper_config *cfg, struct keeper **out);
/* Starts the threads. ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err keeper_start(struct keeper *k);
/* Hands over a link; fd is adopted, also on failure. index: which front loop.
 * ERR_DENIED (a role that has no business here), ERR_NOMEM. */
MUST_CHECK enum err keeper_link(struct keeper *k, int fd, enum ipc_role role, uint32_t index);
/* Finishes what was asked, ends the threads, wipes. NULL is allowed. */
void keeper_free(struct keeper *k);

/* The next root key of a rotation, from its file; fd is adopted. Errors as keeper_new(), and
 * ERR_SEALED, ERR_EXISTS (it is the one in use), ERR_BUSY (there is another next one). */
MUST_CHECK enum err keeper_root_load_next(struct keeper *k, int fd);
/* The next root key is the root key now. ERR_NOT_FOUND: there is none. */
MUST_CHECK enum err keeper_root_finish(struct keeper *k);

#endif /* KEEPER_SERVE_H */

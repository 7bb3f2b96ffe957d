/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software.h - the keeper's own provider: private parts sealed as rows under
 * the vault's key (docs/formats/seal.md 3), opened into a cache, used here.
 */
#ifndef KEEPER_SOFTWARE_H
#define KEEPER_SOFTWARE_H

#include <stddef.h>

#include "keeper/provider.h"
#include "keeper/roots.h"
#include "keeper/stock.h"

/* The provider's argument; borrowed. */
struct software {
    struct roots *roots;
    struct stock *stock;
    size_t cache_bytes;        /* of each thread that works with keys */
    const atomic_bool *ending; /* give up what takes seconds */
};

extern const struct key_provider software_provider;

#endif /* KEEPER_SOFTWARE_H */

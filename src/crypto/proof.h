/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof.h - known answers that are asked for before the first use of what they are about, not
 * at the start: with every kind of key they take 25 ms, and most processes use one or two.
 *
 * A process that never asked for proofs (proof_demand) uses everything unproved.
 *
 * Threads: any.
 */
#ifndef CRYPTO_PROOF_H
#define CRYPTO_PROOF_H

#include <stdatomic.h>
#include <stdbool.h>

/* Zeroed: nothing was demanded. */
struct proof {
    atomic_int verdict;
};

/* From now on proof_holds() asks. What was proved already stays so. */
void proof_demand(struct proof *p);

/*
 * May it be used? When that is asked first, by whom it is asked: run(which) says, the others
 * wait. A failure is final, and logged with the name (static).
 */
bool proof_holds(struct proof *p, const char *name, bool (*run)(unsigned which),
                 unsigned which);

#endif /* CRYPTO_PROOF_H */

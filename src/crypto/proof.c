/* SPDX-License-Identifier: Apache-2.0 */
/* proof.c - one verdict for each kind, reached once. */
#include "crypto/proof.h"

#include <pthread.h>

#include "base/log.h"

enum { NOT_DEMANDED, DUE, HOLDS, FAILED };

/* One for all: proofs are rare, and none asks for another. */
static pthread_mutex_t proving = PTHREAD_MUTEX_INITIALIZER;

void
proof_demand(struct proof *p)
{
    int was = NOT_DEMANDED;

    (void)atomic_compare_exchange_strong(&p->verdict, &was, DUE);
}

static int
prove(struct proof *p, const char *name, bool (*run)(unsigned which), unsigned which)
{
    int verdict;

    pthread_mutex_lock(&proving);
    verdict = atomic_load(&p->verdict);
    if (verdict == DUE) {
        verdict = run(which) ? HOLDS : FAILED;
        if (verdict == FAILED)
            log_error("crypto: the self-test of %s failed; this process does not use it", name);
        atomic_store(&p->verdict, verdict);
    }
    pthread_mutex_unlock(&proving);
    return verdict;
}

bool
proof_holds(struct proof *p, const char *name, bool (*run)(unsigned which), unsigned which)
{
    int verdict = atomic_load_explicit(&p->verdict, memory_order_acquire);

    if (verdict == DUE)
        verdict = prove(p, name, run, which);
    return verdict != FAILED;
}

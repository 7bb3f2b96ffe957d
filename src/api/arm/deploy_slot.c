/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy_slot.c - which deployments are being carried out, by any loop of this process. A row
 * that says "running" and has no slot is of a run that was cut off - unless whoever read it did
 * so just before the end was stored, and asks for the slot just after it was given back.
 */
#include <pthread.h>

#include "api/arm/deploy_row.h"

/* Far more than can end while a view of the store is open. */
enum { ENDED_MAX = 64 };

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct guid slots[DEPLOY_RUNNING_MAX];
static unsigned used;
/* The last runs whose end is stored; a ring. */
static struct guid ended[ENDED_MAX];
static unsigned nended;

bool
deploy_slot_take(const struct guid *run, bool outer)
{
    bool taken = false;

    (void)pthread_mutex_lock(&guard);
    for (unsigned i = 0; i < DEPLOY_RUNNING_MAX && !taken; i++) {
        if (slots[i].text[0] != '\0' || (outer && used >= DEPLOY_OUTER_MAX))
            continue;
        slots[i] = *run;
        used++;
        taken = true;
    }
    (void)pthread_mutex_unlock(&guard);
    return taken;
}

void
deploy_slot_give(const struct guid *run, bool is_stored)
{
    (void)pthread_mutex_lock(&guard);
    for (unsigned i = 0; i < DEPLOY_RUNNING_MAX; i++)
        if (run->text[0] != '\0' && guid_is_equal(&slots[i], run)) {
            slots[i].text[0] = '\0';
            used--;
        }
    if (is_stored)
        ended[nended++ % ENDED_MAX] = *run;
    (void)pthread_mutex_unlock(&guard);
}

static bool
has(const struct guid *runs, unsigned n, const struct guid *run)
{
    for (unsigned i = 0; i < n; i++)
        if (runs[i].text[0] != '\0' && guid_is_equal(&runs[i], run))
            return true;
    return false;
}

static bool
is_carried_out(const struct guid *run)
{
    bool is;

    (void)pthread_mutex_lock(&guard);
    is = has(slots, DEPLOY_RUNNING_MAX, run) || has(ended, ENDED_MAX, run);
    (void)pthread_mutex_unlock(&guard);
    return is;
}

enum deploy_state
deploy_state_of(const struct deployment *d)
{
    return d->state == DEPLOY_RUNNING && !is_carried_out(&d->run) ? DEPLOY_FAILED : d->state;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy_slot.c - which deployments are being carried out, by any loop of this process. A row
 * that says "running" and has no slot is of a run that was cut off.
 */
#include <pthread.h>

#include "api/arm/deploy_row.h"

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct guid slots[DEPLOY_RUNNING_MAX];
static unsigned used;

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
deploy_slot_give(const struct guid *run)
{
    (void)pthread_mutex_lock(&guard);
    for (unsigned i = 0; i < DEPLOY_RUNNING_MAX; i++)
        if (run->text[0] != '\0' && guid_is_equal(&slots[i], run)) {
            slots[i].text[0] = '\0';
            used--;
        }
    (void)pthread_mutex_unlock(&guard);
}

bool
deploy_slot_has(const struct guid *run)
{
    bool has = false;

    (void)pthread_mutex_lock(&guard);
    for (unsigned i = 0; i < DEPLOY_RUNNING_MAX; i++)
        has = has || (slots[i].text[0] != '\0' && guid_is_equal(&slots[i], run));
    (void)pthread_mutex_unlock(&guard);
    return has;
}

enum deploy_state
deploy_state_of(const struct deployment *d)
{
    return d->state == DEPLOY_RUNNING && !deploy_slot_has(&d->run) ? DEPLOY_FAILED : d->state;
}

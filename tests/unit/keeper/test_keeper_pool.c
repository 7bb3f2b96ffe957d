/* SPDX-License-Identifier: Apache-2.0 */
/* A pool runs what it took, refuses what it cannot hold, keeps a place for the house, and
 * finishes before it stops. */
#include "keeper/pool.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "keeper_fixture.h"

static sem_t started, go;
static atomic_int done;
static struct pool *pool;
static atomic_uint order; /* one decimal digit for each job as it begins */

static void
wait_for_go(void *state, void *job)
{
    const unsigned *digit = job;

    (void)state;
    atomic_store(&order, atomic_load(&order) * 10 + *digit);
    sem_post(&started);
    sem_wait(&go);
    atomic_fetch_add(&done, 1);
}

static struct pool_spec
spec_of(unsigned threads, unsigned guest_threads)
{
    return (struct pool_spec){ .threads = threads,
                               .queue = 2,
                               .guest_queue = 2,
                               .guest_threads = guest_threads,
                               .run = wait_for_go };
}

static int
setup(void **state)
{
    (void)state;
    sem_init(&started, 0, 0);
    sem_init(&go, 0, 0);
    atomic_store(&done, 0);
    atomic_store(&order, 0);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    pool_free(pool);
    pool = NULL;
    return 0;
}

static void
let_go(int n)
{
    for (int i = 0; i < n; i++)
        sem_post(&go);
}

static void
full_queue_is_refused_and_the_rest_is_done(void **state)
{
    struct pool_spec spec = spec_of(1, 1);
    unsigned job = 1;

    (void)state;
    assert_int_equal(pool_new(&spec, &pool), ERR_OK);
    for (int round = 0; round < 2; round++) {
        enum pool_class c = round == 0 ? POOL_GUEST : POOL_HOUSE;

        if (round == 0) {
            assert_int_equal(pool_submit(pool, &job, c), ERR_OK);
            sem_wait(&started); /* now the queue itself is empty */
        }
        assert_int_equal(pool_submit(pool, &job, c), ERR_OK);
        assert_int_equal(pool_submit(pool, &job, c), ERR_OK);
        assert_int_equal(pool_submit(pool, &job, c), ERR_BUSY);
    }
    assert_int_equal(pool_waiting(pool), 4);
    let_go(5);
    pool_stop(pool);
    assert_int_equal(atomic_load(&done), 5);
    assert_int_equal(pool_submit(pool, &job, POOL_HOUSE), ERR_BUSY);
}

static void
house_goes_before_guests(void **state)
{
    struct pool_spec spec = spec_of(1, 1);
    unsigned digits[] = { 1, 2, 3, 4 };

    (void)state;
    assert_int_equal(pool_new(&spec, &pool), ERR_OK);
    assert_int_equal(pool_submit(pool, &digits[0], POOL_GUEST), ERR_OK);
    sem_wait(&started);
    assert_int_equal(pool_submit(pool, &digits[1], POOL_GUEST), ERR_OK);
    assert_int_equal(pool_submit(pool, &digits[2], POOL_HOUSE), ERR_OK);
    assert_int_equal(pool_submit(pool, &digits[3], POOL_HOUSE), ERR_OK);
    let_go(4);
    pool_stop(pool);
    assert_int_equal(atomic_load(&order), 1342);
}

static void
guests_never_take_the_last_thread(void **state)
{
    struct pool_spec spec = spec_of(2, 1);
    unsigned guest = 1, house = 2;

    (void)state;
    assert_int_equal(pool_new(&spec, &pool), ERR_OK);
    assert_int_equal(pool_submit(pool, &guest, POOL_GUEST), ERR_OK);
    sem_wait(&started);
    assert_int_equal(pool_submit(pool, &guest, POOL_GUEST), ERR_OK);
    assert_int_equal(pool_submit(pool, &house, POOL_HOUSE), ERR_OK);
    sem_wait(&started); /* the house's, while a guest waits and one runs */
    assert_int_equal(atomic_load(&order), 12);
    assert_int_equal(pool_waiting(pool), 1);
    let_go(3);
    pool_stop(pool);
    assert_int_equal(atomic_load(&order), 121);
}

static bool
is_even(const void *job, const void *arg)
{
    const unsigned *n = job;

    (void)arg;
    return *n % 2 == 0;
}

static unsigned dropped;

static void
count_drop(void *job)
{
    const unsigned *n = job;

    dropped += *n;
}

static void
what_nobody_waits_for_is_taken_out(void **state)
{
    struct pool_spec spec = spec_of(1, 1);
    unsigned digits[] = { 1, 2, 3, 4, 5 };

    (void)state;
    assert_int_equal(pool_new(&spec, &pool), ERR_OK);
    assert_int_equal(pool_submit(pool, &digits[0], POOL_GUEST), ERR_OK);
    sem_wait(&started);
    for (unsigned i = 1; i < 5; i++)
        assert_int_equal(pool_submit(pool, &digits[i], i < 3 ? POOL_GUEST : POOL_HOUSE),
                         ERR_OK);
    pool_drop(pool, is_even, NULL, count_drop);
    assert_int_equal(dropped, 2 + 4);
    assert_int_equal(pool_waiting(pool), 2);
    let_go(3);
    pool_stop(pool);
    assert_int_equal(atomic_load(&order), 153);
}

static void
note_state(void *state, void *job)
{
    atomic_int *seen = job;

    atomic_fetch_add(seen, *(int *)state);
    sem_post(&started);
    sem_wait(&go);
}

static void
each_thread_has_its_state(void **state)
{
    int numbers[] = { 1, 10 };
    void *states[] = { &numbers[0], &numbers[1] };
    struct pool_spec spec = spec_of(2, 2);
    atomic_int seen = 0;

    (void)state;
    spec.run = note_state;
    spec.states = states;
    assert_int_equal(pool_new(&spec, &pool), ERR_OK);
    assert_int_equal(pool_submit(pool, &seen, POOL_HOUSE), ERR_OK);
    assert_int_equal(pool_submit(pool, &seen, POOL_HOUSE), ERR_OK);
    sem_wait(&started);
    sem_wait(&started);
    let_go(2);
    pool_stop(pool);
    assert_int_equal(atomic_load(&seen), 11);
}

#define POOL(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        POOL(full_queue_is_refused_and_the_rest_is_done),
        POOL(house_goes_before_guests),
        POOL(guests_never_take_the_last_thread),
        POOL(what_nobody_waits_for_is_taken_out),
        POOL(each_thread_has_its_state),
    };

    return cmocka_run_group_tests_name("keeper/pool", tests, NULL, NULL);
}

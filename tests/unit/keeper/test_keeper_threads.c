/* SPDX-License-Identifier: Apache-2.0 */
/* Long work with keys: beside the lane, bounded, and gone with the asker that wanted it. */
#include "keyed.h"

enum { MANY = 40 };

static struct buf vault;
static struct peer *front;

static int
start_with(struct keeper_config cfg)
{
    cfg.slow_threads = 1;
    if (served_start_with(cfg) != 0)
        return -1;
    front = link_as(ROLE_FRONT, 0);
    vault = new_key(front, PURPOSE_VAULT, GUID_A);
    return 0;
}

static int
start_one(void **state)
{
    (void)state;
    return start_with((struct keeper_config){ .threads = 1 });
}

static int
start_narrow(void **state)
{
    (void)state;
    return start_with((struct keeper_config){ .threads = 1, .queue = 2 });
}

static int
start_many(void **state)
{
    (void)state;
    return start_with((struct keeper_config){ .threads = 3, .rsa_threads = 2 });
}

static int
start_none(void **state)
{
    (void)state;
    return start_with((struct keeper_config){ .threads = 0 });
}

static int
stop(void **state)
{
    peer_free(front);
    buf_release(&vault);
    return served_stop(state);
}

struct tally {
    unsigned answers, ok, busy;
    uint64_t last; /* id of the last answer */
};

static void
count_answer(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct tally *t = arg;

    (void)p;
    t->answers++;
    t->ok += m->status == ERR_OK;
    t->busy += m->status == ERR_BUSY;
    t->last = m->id;
}

static struct tally
collect(struct peer *p, unsigned count)
{
    struct tally t = { 0 };

    assert_int_equal(peer_flush(p), ERR_OK);
    while (t.answers < count) {
        wait_readable(p);
        assert_int_equal(peer_drain(p, count_answer, &t), ERR_OK);
        assert_int_equal(peer_flush(p), ERR_OK);
    }
    assert_int_equal(t.answers, count);
    return t;
}

static struct buf
sign_question(const struct made *m, enum key_alg alg)
{
    struct key_place at = place_of(&vault, m);
    struct key_use u = signing(alg);
    struct buf q = question();

    keeper_pack_key_use(sink_buf(&q), &at, &u);
    return q;
}

static void
post(struct peer *p, const struct buf *q, uint64_t id)
{
    assert_int_equal(peer_post(p, KEEPER_KEY_USE, id, ERR_OK, buf_span(q)), ERR_OK);
}

static void
rsa_holds_up_nothing_else(void **state)
{
    struct made rsa = new_pair(front, &vault, KEY_RSA, CURVE_NONE, 2048),
                ec = new_pair(front, &vault, KEY_EC, CURVE_P256, 0);
    struct buf slow = sign_question(&rsa, ALG_RS512), quick = sign_question(&ec, ALG_ES256);
    struct tally t;

    (void)state;
    for (uint64_t i = 0; i < MANY; i++)
        post(front, &slow, i);
    post(front, &quick, MANY);
    t = collect(front, MANY + 1);
    assert_int_equal(t.ok, MANY + 1);
    assert_true(t.last < MANY);
    buf_release(&slow);
    buf_release(&quick);
    made_release(&rsa);
    made_release(&ec);
}

static void
full_queue_is_busy_and_what_was_taken_is_answered(void **state)
{
    struct made rsa = new_pair(front, &vault, KEY_RSA, CURVE_NONE, 2048);
    struct buf slow = sign_question(&rsa, ALG_RS256), none = question();
    struct tally t;

    (void)state;
    for (uint64_t i = 0; i < MANY; i++)
        post(front, &slow, i);
    t = collect(front, MANY);
    assert_int_equal(t.ok + t.busy, MANY);
    assert_true(t.ok >= 2 && t.busy > 0);
    /* The link lives, and there is room again. */
    assert_int_equal(ask(front, KEEPER_ROOT_STATE, &none, NULL), ERR_OK);
    assert_int_equal(ask(front, KEEPER_KEY_USE, &slow, NULL), ERR_OK);
    buf_release(&slow);
    made_release(&rsa);
}

static void
all_threads_answer_the_same(void **state)
{
    struct made rsa = new_pair(front, &vault, KEY_RSA, CURVE_NONE, 2048);
    struct peer *other = link_as(ROLE_FRONT, 1);
    struct buf slow = sign_question(&rsa, ALG_RS256);

    (void)state;
    for (uint64_t i = 0; i < MANY; i++) {
        post(front, &slow, i);
        post(other, &slow, i);
    }
    assert_int_equal(peer_flush(other), ERR_OK);
    assert_int_equal(collect(front, MANY).ok, MANY);
    assert_int_equal(collect(other, MANY).ok, MANY);
    peer_free(other);
    buf_release(&slow);
    made_release(&rsa);
}

static void
without_workers_the_lane_does_it(void **state)
{
    struct made rsa = new_pair(front, &vault, KEY_RSA, CURVE_NONE, 2048);
    struct buf slow = sign_question(&rsa, ALG_RS256);

    (void)state;
    for (uint64_t i = 0; i < 4; i++)
        post(front, &slow, i);
    assert_int_equal(collect(front, 4).ok, 4);
    buf_release(&slow);
    made_release(&rsa);
}

static void
asker_that_leaves_takes_its_jobs_along(void **state)
{
    struct made rsa = new_pair(front, &vault, KEY_RSA, CURVE_NONE, 2048);
    struct buf slow = sign_question(&rsa, ALG_RS256);
    struct peer *gone = link_as(ROLE_FRONT, 0);

    (void)state;
    for (uint64_t i = 0; i < MANY; i++)
        post(gone, &slow, i);
    assert_int_equal(peer_flush(gone), ERR_OK);
    peer_free(gone);
    /* On the same lane; some of those are still running or waiting. */
    assert_int_equal(ask(front, KEEPER_KEY_USE, &slow, NULL), ERR_OK);
    buf_release(&slow);
    made_release(&rsa);
}

static void
end_finishes_signatures_and_gives_up_new_keys(void **state)
{
    struct made rsa = new_pair(front, &vault, KEY_RSA, CURVE_NONE, 2048);
    struct buf slow = sign_question(&rsa, ALG_RS256), make = question();
    struct key_place at = place_at(&vault, "KEY", span_of(NULL, 0));
    struct key_spec spec = { .type = KEY_RSA, .bits = 2048 };
    struct tally t = { 0 };

    (void)state;
    keeper_pack_keypair_new(sink_buf(&make), &at, &spec);
    for (uint64_t i = 0; i < 8; i++)
        post(front, &slow, i);
    for (uint64_t i = 8; i < 16; i++)
        assert_int_equal(peer_post(front, KEEPER_KEYPAIR_NEW, i, ERR_OK, buf_span(&make)),
                         ERR_OK);
    post(front, &slow, 16);
    assert_int_equal(peer_flush(front), ERR_OK);
    wait_readable(front); /* it has seen them all: they came in one packet or two */
    keeper_free(served);
    served = NULL;
    assert_int_equal(peer_drain(front, count_answer, &t), ERR_CLOSED);
    assert_true(t.ok >= 9 && t.answers <= 17);
    buf_release(&slow);
    buf_release(&make);
    made_release(&rsa);
}

static void
many_rsa_keys_at_once_are_made_or_refused(void **state)
{
    struct key_place at = place_at(&vault, "KEY", span_of(NULL, 0));
    struct key_spec spec = { .type = KEY_RSA, .bits = 2048 };
    struct buf make = question();
    struct tally t;

    (void)state;
    keeper_pack_keypair_new(sink_buf(&make), &at, &spec);
    for (uint64_t i = 0; i < MANY; i++)
        assert_int_equal(peer_post(front, KEEPER_KEYPAIR_NEW, i, ERR_OK, buf_span(&make)),
                         ERR_OK);
    t = collect(front, MANY);
    assert_int_equal(t.ok + t.busy, MANY);
    assert_true(t.ok >= 2 && t.ok <= 4); /* two wait, one is in the making, or just was */
    buf_release(&make);
}

#define WITH(start, f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(start_one, rsa_holds_up_nothing_else),
        WITH(start_narrow, full_queue_is_busy_and_what_was_taken_is_answered),
        WITH(start_many, all_threads_answer_the_same),
        WITH(start_none, without_workers_the_lane_does_it),
        WITH(start_one, asker_that_leaves_takes_its_jobs_along),
        WITH(start_one, end_finishes_signatures_and_gives_up_new_keys),
        WITH(start_narrow, many_rsa_keys_at_once_are_made_or_refused),
    };

    return cmocka_run_group_tests_name("keeper/threads", tests, served_group_setup,
                                       served_group_teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A keeper serving rows over real links: batches, refusals, broken askers, rotation. */
#include "served.h"

enum { BATCH = 500 };

static void
value_sealed_for_a_front_opens_for_another(void **state)
{
    struct peer *a = link_as(ROLE_FRONT, 0), *b = link_as(ROLE_FRONT, 1);
    struct secbuf *sealed = secbuf_new(QUESTION_ROOM), *plain = secbuf_new(QUESTION_ROOM);
    struct buf key = new_key(a, PURPOSE_VAULT, GUID_A);

    (void)state;
    assert_int_equal(row(a, KEEPER_SEAL, buf_span(&key), "NAME", span_str("value"), sealed),
                     ERR_OK);
    for (int again = 0; again < 2; again++) { /* the second time from the cache */
        secbuf_clear(plain);
        assert_int_equal(
            row(b, KEEPER_OPEN, buf_span(&key), "NAME", secbuf_span(sealed), plain), ERR_OK);
        assert_true(span_is_str(secbuf_span(plain), "value"));
    }
    secbuf_clear(plain);
    assert_int_equal(row(b, KEEPER_OPEN, buf_span(&key), "OTHER", secbuf_span(sealed), plain),
                     ERR_INTEGRITY);
    assert_int_equal(plain->len, 0);
    sealed->ptr[sealed->len - 1] ^= 1;
    assert_int_equal(row(b, KEEPER_OPEN, buf_span(&key), "NAME", secbuf_span(sealed), plain),
                     ERR_INTEGRITY);
    peer_free(a);
    peer_free(b);
    buf_release(&key);
    secbuf_free(sealed);
    secbuf_free(plain);
}

static void
largest_secret_goes_through(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct secbuf *sealed = secbuf_new(QUESTION_ROOM), *plain = secbuf_new(QUESTION_ROOM);
    struct buf key = new_key(p, PURPOSE_VAULT, GUID_A);
    uint8_t *value = calloc(1, MAX_SECRET_BYTES);

    (void)state;
    memset(value, 'x', MAX_SECRET_BYTES);
    assert_int_equal(
        row(p, KEEPER_SEAL, buf_span(&key), "N", span_of(value, MAX_SECRET_BYTES), sealed),
        ERR_OK);
    assert_int_equal(row(p, KEEPER_OPEN, buf_span(&key), "N", secbuf_span(sealed), plain),
                     ERR_OK);
    assert_true(span_is_equal(secbuf_span(plain), span_of(value, MAX_SECRET_BYTES)));
    peer_free(p);
    free(value);
    buf_release(&key);
    secbuf_free(sealed);
    secbuf_free(plain);
}

struct tally {
    unsigned answers;
    uint64_t seen; /* sum of the ids */
};

static void
count_answer(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct tally *t = arg;
    char want[32];

    (void)p;
    (void)snprintf(want, sizeof(want), "value %u", (unsigned)m->id);
    assert_int_equal(m->op, KEEPER_OPEN);
    assert_int_equal(m->status, ERR_OK);
    assert_true(span_is_str(m->payload, want));
    t->answers++;
    t->seen += m->id;
}

static void
batch_is_answered_whole(void **state)
{
    struct peer *maker = link_as(ROLE_FRONT, 0), *p = link_as(ROLE_FRONT, 1);
    struct buf key = new_key(maker, PURPOSE_VAULT, GUID_A);
    struct wrapped w = wrapped_of(PURPOSE_VAULT, GUID_A, buf_span(&key));
    struct object_id id = object_of(GUID_A, "NAME", VERSION_1);
    struct tally t = { 0 };

    (void)state;
    for (unsigned i = 1; i <= BATCH; i++) {
        struct secbuf *sealed = secbuf_new(QUESTION_ROOM);
        struct buf q = question();
        char value[32];

        (void)snprintf(value, sizeof(value), "value %u", i);
        assert_int_equal(
            row(maker, KEEPER_SEAL, buf_span(&key), "NAME", span_str(value), sealed), ERR_OK);
        keeper_pack_open(sink_buf(&q), &w, &id, secbuf_span(sealed));
        assert_int_equal(peer_post(p, KEEPER_OPEN, i, ERR_OK, buf_span(&q)), ERR_OK);
        buf_release(&q);
        secbuf_free(sealed);
    }
    assert_int_equal(peer_flush(p), ERR_OK);
    while (t.answers < BATCH) {
        wait_readable(p);
        assert_int_equal(peer_drain(p, count_answer, &t), ERR_OK);
        assert_int_equal(peer_flush(p), ERR_OK);
    }
    assert_int_equal(t.answers, BATCH);
    assert_int_equal(t.seen, BATCH * (BATCH + 1) / 2);
    peer_free(maker);
    peer_free(p);
    buf_release(&key);
}

static void
roles_are_denied_what_is_not_theirs(void **state)
{
    struct peer *front = link_as(ROLE_FRONT, 0), *scribe = link_as(ROLE_SCRIBE, 0),
                *clerk = link_as(ROLE_CLERK, 0);
    struct buf key = new_key(front, PURPOSE_VAULT, GUID_A), q = question();
    struct wrapped w = wrapped_of(PURPOSE_VAULT, GUID_A, buf_span(&key));
    struct secbuf *sealed = secbuf_new(QUESTION_ROOM);

    (void)state;
    assert_int_equal(row(clerk, KEEPER_SEAL, buf_span(&key), "N", span_str("v"), sealed),
                     ERR_OK);
    assert_int_equal(row(clerk, KEEPER_OPEN, buf_span(&key), "N", secbuf_span(sealed), NULL),
                     ERR_DENIED);
    assert_int_equal(row(scribe, KEEPER_OPEN, buf_span(&key), "N", secbuf_span(sealed), NULL),
                     ERR_DENIED);
    assert_int_equal(row(front, KEEPER_OPEN, buf_span(&key), "N", secbuf_span(sealed), NULL),
                     ERR_OK);
    keeper_pack_key_rewrap(sink_buf(&q), &w);
    assert_int_equal(ask(front, KEEPER_KEY_REWRAP, &q, NULL), ERR_DENIED);
    assert_int_equal(ask(scribe, KEEPER_KEY_REWRAP, &q, NULL), ERR_DENIED);
    assert_int_equal(ask(clerk, KEEPER_KEY_REWRAP, &q, NULL), ERR_OK);
    buf_clear(&q);
    keeper_pack_key_new(sink_buf(&q), PURPOSE_INTEGRITY, span_str("rows"));
    assert_int_equal(ask(front, KEEPER_KEY_NEW, &q, NULL), ERR_DENIED);
    buf_clear(&q);
    assert_int_equal(ask(scribe, KEEPER_ROOT_STATE, &q, NULL), ERR_DENIED);
    peer_free(front);
    peer_free(scribe);
    peer_free(clerk);
    buf_release(&key);
    buf_release(&q);
    secbuf_free(sealed);
}

static void
malformed_question_is_told_and_its_link_closed(void **state)
{
    struct peer *bad = link_as(ROLE_FRONT, 0), *good = link_as(ROLE_FRONT, 0);
    struct buf junk = question(), key;

    (void)state;
    buf_put_str(&junk, "\x01junk that is no question");
    assert_int_equal(ask(bad, KEEPER_OPEN, &junk, NULL), ERR_PROTOCOL);
    wait_readable(bad);
    assert_int_equal(peer_drain(bad, count_answer, NULL), ERR_CLOSED);
    key = new_key(good, PURPOSE_VAULT, GUID_A); /* others on the lane go on */
    peer_free(bad);
    peer_free(good);
    buf_release(&junk);
    buf_release(&key);
}

static void
question_that_does_not_exist_closes_the_link(void **state)
{
    struct peer *bad = link_as(ROLE_CLERK, 0);
    struct buf none = question();

    (void)state;
    assert_int_equal(ask(bad, (enum keeper_op)77, &none, NULL), ERR_PROTOCOL);
    wait_readable(bad);
    assert_int_equal(peer_drain(bad, count_answer, NULL), ERR_CLOSED);
    peer_free(bad);
}

static void
oversized_question_is_refused_and_the_link_lives(void **state)
{
    static uint8_t big[2048];
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct buf q = question(), key;

    (void)state;
    keeper_pack_key_new(sink_buf(&q), PURPOSE_VAULT, span_of(big, sizeof(big)));
    assert_int_equal(ask(p, KEEPER_KEY_NEW, &q, NULL), ERR_TOO_LARGE);
    key = new_key(p, PURPOSE_VAULT, GUID_A);
    peer_free(p);
    buf_release(&q);
    buf_release(&key);
}

static void
front_that_comes_back_is_served_again(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 1);
    struct buf key = new_key(p, PURPOSE_VAULT, GUID_A), other;

    (void)state;
    peer_free(p);
    p = link_as(ROLE_FRONT, 1);
    other = new_key(p, PURPOSE_VAULT, GUID_A);
    assert_false(span_is_equal(buf_span(&key), buf_span(&other)));
    peer_free(p);
    buf_release(&key);
    buf_release(&other);
}

static void
links_of_strangers_are_refused(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(ipc_pair(fds), ERR_OK);
    assert_int_equal(keeper_link(served, fds[1], ROLE_SUPERVISOR, 0), ERR_DENIED);
    close(fds[0]);
}

static void
key_of_another_root_is_told_apart(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct buf key = new_key(p, PURPOSE_VAULT, GUID_A);

    (void)state;
    key.ptr[3] ^= 1; /* in the root id */
    assert_int_equal(row(p, KEEPER_SEAL, buf_span(&key), "N", span_str("v"), NULL),
                     ERR_WRONG_KEY);
    key.ptr[3] ^= 1;
    key.ptr[key.len - 1] ^= 1;
    assert_int_equal(row(p, KEEPER_SEAL, buf_span(&key), "N", span_str("v"), NULL),
                     ERR_INTEGRITY);
    key.ptr[0] = 9;
    assert_int_equal(row(p, KEEPER_SEAL, buf_span(&key), "N", span_str("v"), NULL), ERR_FORMAT);
    peer_free(p);
    buf_release(&key);
}

static enum err
transfer(struct peer *p, const struct wrapped *from, const struct object_id *from_id,
         struct span sealed, const struct wrapped *to, const struct object_id *to_id,
         struct secbuf *out)
{
    struct buf q = question();
    enum err e;

    keeper_pack_transfer(sink_buf(&q), from, from_id, sealed, to, to_id);
    e = ask(p, KEEPER_TRANSFER, &q, out);
    buf_release(&q);
    return e;
}

static void
backup_goes_out_and_comes_back_into_another_vault(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct buf va = new_key(p, PURPOSE_VAULT, GUID_A), vb = new_key(p, PURPOSE_VAULT, GUID_B),
               bk = new_key(p, PURPOSE_BACKUP, GUID_B);
    struct wrapped wa = wrapped_of(PURPOSE_VAULT, GUID_A, buf_span(&va)),
                   wb = wrapped_of(PURPOSE_VAULT, GUID_B, buf_span(&vb)),
                   wk = wrapped_of(PURPOSE_BACKUP, GUID_B, buf_span(&bk));
    struct object_id ia = object_of(GUID_A, "N", VERSION_1),
                     ib = object_of(GUID_B, "N", VERSION_2),
                     ik = object_of(GUID_B, "N", "backup");
    struct secbuf *sealed = secbuf_new(QUESTION_ROOM), *blob = secbuf_new(QUESTION_ROOM),
                  *back = secbuf_new(QUESTION_ROOM), *plain = secbuf_new(QUESTION_ROOM);
    struct buf q = question();

    (void)state;
    assert_int_equal(row(p, KEEPER_SEAL, buf_span(&va), "N", span_str("v"), sealed), ERR_OK);
    assert_int_equal(transfer(p, &wa, &ia, secbuf_span(sealed), &wk, &ik, blob), ERR_OK);
    assert_int_equal(transfer(p, &wk, &ik, secbuf_span(blob), &wb, &ib, back), ERR_OK);
    keeper_pack_open(sink_buf(&q), &wb, &ib, secbuf_span(back));
    assert_int_equal(ask(p, KEEPER_OPEN, &q, plain), ERR_OK);
    assert_true(span_is_str(secbuf_span(plain), "v"));
    assert_int_equal(transfer(p, &wa, &ia, secbuf_span(sealed), &wb, &ib, NULL), ERR_DENIED);
    /* An object that is not of the key's vault or subscription. */
    assert_int_equal(transfer(p, &wk, &ia, secbuf_span(blob), &wb, &ib, NULL), ERR_DENIED);
    assert_int_equal(transfer(p, &wk, &ik, secbuf_span(blob), &wb, &ia, NULL), ERR_DENIED);
    for (int i = 0; i < 2; i++) {
        buf_clear(&q);
        if (i == 0)
            keeper_pack_open(sink_buf(&q), &wa, &ib, secbuf_span(sealed));
        else
            keeper_pack_seal(sink_buf(&q), &wa, &ib, span_str("v"));
        assert_int_equal(ask(p, i == 0 ? KEEPER_OPEN : KEEPER_SEAL, &q, NULL), ERR_DENIED);
    }
    peer_free(p);
    buf_release(&va);
    buf_release(&vb);
    buf_release(&bk);
    buf_release(&q);
    secbuf_free(sealed);
    secbuf_free(blob);
    secbuf_free(back);
    secbuf_free(plain);
}

static void
hello_gives_the_integrity_key_and_no_other(void **state)
{
    struct peer *clerk = link_as(ROLE_CLERK, 0), *front = link_as(ROLE_FRONT, 0);
    struct buf key = new_key(clerk, PURPOSE_INTEGRITY, "rows"),
               vault = new_key(clerk, PURPOSE_VAULT, "rows"), q = question();
    struct wrapped w = wrapped_of(PURPOSE_INTEGRITY, "rows", buf_span(&key));
    struct secbuf *a = secbuf_new(64), *b = secbuf_new(64);

    (void)state;
    keeper_pack_hello(sink_buf(&q), &w);
    assert_int_equal(ask(clerk, KEEPER_HELLO, &q, a), ERR_OK);
    assert_int_equal(ask(front, KEEPER_HELLO, &q, b), ERR_OK);
    assert_int_equal(a->len, 32);
    assert_true(span_is_equal(secbuf_span(a), secbuf_span(b)));
    buf_clear(&q);
    w.bytes = buf_span(&vault); /* a vault key that calls itself an integrity key */
    keeper_pack_hello(sink_buf(&q), &w);
    assert_int_equal(ask(front, KEEPER_HELLO, &q, NULL), ERR_INTEGRITY);
    buf_clear(&q);
    w.bytes = span_of(NULL, 0);
    keeper_pack_hello(sink_buf(&q), &w);
    secbuf_clear(a);
    assert_int_equal(ask(front, KEEPER_HELLO, &q, a), ERR_OK);
    assert_int_equal(a->len, 0);
    peer_free(clerk);
    peer_free(front);
    buf_release(&key);
    buf_release(&vault);
    buf_release(&q);
    secbuf_free(a);
    secbuf_free(b);
}

static struct buf
rewrapped(struct peer *clerk, struct span bytes)
{
    struct wrapped w = wrapped_of(PURPOSE_VAULT, GUID_A, bytes);
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct buf q = question(), out;

    keeper_pack_key_rewrap(sink_buf(&q), &w);
    assert_int_equal(ask(clerk, KEEPER_KEY_REWRAP, &q, answer), ERR_OK);
    out = field(answer, 0);
    buf_release(&q);
    secbuf_free(answer);
    return out;
}

static void
rotation_moves_keys_to_the_next_root(void **state)
{
    struct peer *front = link_as(ROLE_FRONT, 0), *clerk = link_as(ROLE_CLERK, 0);
    struct buf old = new_key(front, PURPOSE_VAULT, GUID_A), fresh, none = question();
    struct secbuf *sealed = secbuf_new(QUESTION_ROOM), *ids = secbuf_new(256);

    (void)state;
    assert_int_equal(row(front, KEEPER_SEAL, buf_span(&old), "N", span_str("v"), sealed),
                     ERR_OK);
    assert_int_equal(keeper_root_finish(served), ERR_NOT_FOUND);
    assert_int_equal(make_key_file(served_next), 0);
    assert_int_equal(keeper_root_load_next(served, open_key_file(served_next)), ERR_OK);
    /* An interrupted rotation begins again with the same key; another one is refused. */
    assert_int_equal(keeper_root_load_next(served, open_key_file(served_next)), ERR_OK);
    assert_int_equal(unlink(served_next), 0);
    assert_int_equal(make_key_file(served_next), 0);
    assert_int_equal(keeper_root_load_next(served, open_key_file(served_next)), ERR_BUSY);
    assert_int_equal(ask(front, KEEPER_ROOT_STATE, &none, ids), ERR_OK);
    assert_int_equal(ids->len, 4 + ROOT_ID_LEN + 4 + ROOT_ID_LEN);
    fresh = rewrapped(clerk, buf_span(&old));
    assert_true(span_is_equal(span_of(fresh.ptr + 1, 8), span_of(ids->ptr + 16, 8)));
    /* Half way, both open. */
    assert_int_equal(row(front, KEEPER_OPEN, buf_span(&old), "N", secbuf_span(sealed), NULL),
                     ERR_OK);
    assert_int_equal(row(front, KEEPER_OPEN, buf_span(&fresh), "N", secbuf_span(sealed), NULL),
                     ERR_OK);
    assert_int_equal(keeper_root_finish(served), ERR_OK);
    assert_int_equal(row(front, KEEPER_OPEN, buf_span(&fresh), "N", secbuf_span(sealed), NULL),
                     ERR_OK);
    assert_int_equal(row(front, KEEPER_OPEN, buf_span(&old), "N", secbuf_span(sealed), NULL),
                     ERR_WRONG_KEY);
    peer_free(front);
    peer_free(clerk);
    buf_release(&old);
    buf_release(&fresh);
    secbuf_free(sealed);
    secbuf_free(ids);
}

static void
key_in_use_is_no_next_key(void **state)
{
    (void)state;
    assert_int_equal(keeper_root_load_next(served, open_key_file(served_path)), ERR_EXISTS);
}

static int
start_sealed(void **state)
{
    (void)state;
    served_cfg = (struct keeper_config){ .root_fd = -1,
                                         .root_next_fd = -1,
                                         .root_path = served_path,
                                         .loops = 1,
                                         .slow_threads = 1 };
    return keeper_new(&served_cfg, &served) != ERR_OK || keeper_start(served) != ERR_OK ? -1
                                                                                        : 0;
}

static void
sealed_keeper_says_so(void **state)
{
    struct wrapped w = wrapped_of(PURPOSE_INTEGRITY, "rows", span_of(NULL, 0));
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct buf q = question();

    (void)state;
    assert_int_equal(ask(p, KEEPER_ROOT_STATE, &q, NULL), ERR_SEALED);
    keeper_pack_hello(sink_buf(&q), &w);
    assert_int_equal(ask(p, KEEPER_HELLO, &q, NULL), ERR_SEALED);
    buf_clear(&q);
    keeper_pack_key_new(sink_buf(&q), PURPOSE_VAULT, span_str(GUID_A));
    assert_int_equal(ask(p, KEEPER_KEY_NEW, &q, NULL), ERR_SEALED);
    assert_int_equal(row(p, KEEPER_SEAL, span_str("whatever"), "N", span_str("v"), NULL),
                     ERR_SEALED);
    peer_free(p);
    buf_release(&q);
}

#define SERVED(f) cmocka_unit_test_setup_teardown(f, served_start, served_stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(value_sealed_for_a_front_opens_for_another),
        SERVED(largest_secret_goes_through),
        SERVED(batch_is_answered_whole),
        SERVED(roles_are_denied_what_is_not_theirs),
        SERVED(malformed_question_is_told_and_its_link_closed),
        SERVED(question_that_does_not_exist_closes_the_link),
        SERVED(oversized_question_is_refused_and_the_link_lives),
        SERVED(front_that_comes_back_is_served_again),
        SERVED(links_of_strangers_are_refused),
        SERVED(key_of_another_root_is_told_apart),
        SERVED(backup_goes_out_and_comes_back_into_another_vault),
        SERVED(hello_gives_the_integrity_key_and_no_other),
        SERVED(rotation_moves_keys_to_the_next_root),
        SERVED(key_in_use_is_no_next_key),
        cmocka_unit_test_setup_teardown(sealed_keeper_says_so, start_sealed, served_stop),
    };

    return cmocka_run_group_tests_name("keeper/serve", tests, served_group_setup,
                                       served_group_teardown);
}

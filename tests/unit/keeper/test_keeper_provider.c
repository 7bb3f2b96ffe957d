/* SPDX-License-Identifier: Apache-2.0 */
/* A process without a root key, whose keys are somewhere else, on the same lanes and links. */
#include "keeper/provider.h"

#include <pthread.h>
#include <stdatomic.h>

#include "keyed.h"

/* A thread's. */
struct session {
    enum key_pace pace;
    pthread_t owner;
    bool owned;
};

static int elsewhere; /* the provider's argument */
static atomic_int sessions, misuses;
static enum err next_state; /* what state_new() says */
static struct buf vault;
static struct peer *front, *clerk;

static enum err
session_new(void *arg, enum key_pace pace, void **out)
{
    struct session *s = calloc(1, sizeof(*s));

    *out = NULL;
    if (arg != &elsewhere || s == NULL || next_state != ERR_OK) {
        free(s);
        return next_state != ERR_OK ? next_state : ERR_ARG;
    }
    s->pace = pace;
    atomic_fetch_add(&sessions, 1);
    *out = s;
    return ERR_OK;
}

static void
session_free(void *state)
{
    if (state != NULL)
        atomic_fetch_sub(&sessions, 1);
    free(state);
}

/* Each state is one thread's. */
static struct session *
session_enter(void *state)
{
    struct session *s = state;

    if (s->owned && !pthread_equal(s->owner, pthread_self()))
        atomic_fetch_add(&misuses, 1);
    s->owner = pthread_self();
    s->owned = true;
    return s;
}

/* Digests of the questions say what pace they want. */
static enum key_pace
pace_of(void *arg, enum keeper_op op, const struct key_question *q)
{
    if (arg != &elsewhere)
        atomic_fetch_add(&misuses, 1);
    if (op == KEEPER_KEYPAIR_NEW)
        return PACE_SHORT;
    if (op == KEEPER_KEY_USE && span_is_str(q->use.bytes, "short"))
        return PACE_SHORT;
    return op == KEEPER_KEY_USE && span_is_str(q->use.bytes, "making") ? PACE_MAKING
                                                                       : PACE_LONG;
}

static enum err
fake_new(void *state, const struct key_question *q, struct secbuf *answer)
{
    struct session *s = session_enter(state);
    struct key_public public = { .type = KEY_OCT, .bits = 256 };

    if (s->pace == PACE_SHORT)
        return ERR_AGAIN;
    assert_int_equal(s->pace, PACE_MAKING);
    keypair_answer_pack(sink_sec(answer), q->place.id.name, &public);
    return ERR_OK;
}

static enum err
fake_use(void *state, const struct key_question *q, struct secbuf *answer)
{
    static const char *const names[] = { "short", "long", "making", "password" };
    struct session *s = session_enter(state);
    struct key_result r = { 0 };

    if (span_is_str(q->use.bytes, "gone")) {
        secbuf_put(answer, span_str("half an answer"));
        return ERR_NOT_FOUND;
    }
    key_use_answer_pack(sink_sec(answer), &r, span_str(names[s->pace]));
    return ERR_OK;
}

static enum err
fake_destroy(void *state, const struct key_question *q, struct secbuf *answer)
{
    (void)session_enter(state);
    (void)answer;
    return span_is_str(q->place.sealed, "sealed") ? ERR_OK : ERR_FORMAT;
}

static const struct key_provider fake = {
    .state_new = session_new,
    .state_free = session_free,
    .pace = pace_of,
    .new = fake_new,
    .use = fake_use,
    .destroy = fake_destroy,
};

static struct keeper_config
config_of(unsigned threads)
{
    return (struct keeper_config){ .provider = &fake,
                                   .provider_arg = &elsewhere,
                                   .threads = threads };
}

static int
start(void **state)
{
    (void)state;
    next_state = ERR_OK;
    if (served_start_with(config_of(2)) != 0)
        return -1;
    front = link_as(ROLE_FRONT, 0);
    clerk = link_as(ROLE_CLERK, 0);
    vault = question();
    buf_put_str(&vault, "nobody reads this here");
    return 0;
}

static int
stop(void **state)
{
    int rc = served_stop(state);

    peer_free(front);
    peer_free(clerk);
    buf_release(&vault);
    return rc == 0 && atomic_load(&sessions) == 0 && atomic_load(&misuses) == 0 ? 0 : -1;
}

static void
expect_use(const char *digest, const char *where)
{
    struct key_place at = place_at(&vault, "KEY", span_str("sealed"));
    struct key_use u = { .op = KEY_SIGN, .alg = ALG_RSNULL, .bytes = span_str(digest) };
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct key_use_answer a;

    assert_int_equal(use_key(front, &at, &u, answer), ERR_OK);
    assert_int_equal(key_use_answer_read(secbuf_span(answer), &a), ERR_OK);
    assert_true(span_is_str(a.value, where));
    secbuf_free(answer);
}

static void
questions_go_where_the_provider_says(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        expect_use("short", "short");
        expect_use("long", "long");
        expect_use("making", "making");
    }
    /* 3 lanes, 2 workers, 1 maker, 1 for imports; nobody checks passwords here. */
    assert_int_equal(atomic_load(&sessions), 7);
}

static void
lane_that_has_no_time_passes_on_to_a_maker(void **state)
{
    struct key_spec spec = { .type = KEY_RSA, .bits = 2048 };
    struct key_place at = place_at(&vault, "KEY", span_str(""));
    struct made m;

    (void)state;
    assert_int_equal(try_new(front, &at, &spec, &m), ERR_OK);
    assert_true(span_is_str(m.a.sealed, "KEY"));
    made_release(&m);
}

static void
what_the_provider_says_is_what_the_asker_hears(void **state)
{
    struct key_use u = { .op = KEY_SIGN, .alg = ALG_RSNULL, .bytes = span_str("gone") };
    struct key_place at = place_at(&vault, "KEY", span_str("sealed")), none = at;
    struct key_public to = { .type = KEY_OCT, .bits = 256 };
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct buf q = question();

    (void)state;
    assert_int_equal(use_key(front, &at, &u, answer), ERR_NOT_FOUND);
    assert_int_equal(answer->len, 0);
    keeper_pack_key_release(sink_buf(&q), &at, TRANSPORT_RSA_AES_256, &to);
    assert_int_equal(ask(front, KEEPER_KEY_RELEASE, &q, NULL), ERR_UNSUPPORTED);
    buf_clear(&q);
    keeper_pack_key_destroy(sink_buf(&q), &at);
    assert_int_equal(ask(clerk, KEEPER_KEY_DESTROY, &q, NULL), ERR_OK);
    assert_int_equal(ask(front, KEEPER_KEY_DESTROY, &q, NULL), ERR_DENIED);
    /* Grants and places are the same as with a root key. */
    none.id.kind = KIND_SECRET;
    assert_int_equal(use_key(front, &none, &u, NULL), ERR_DENIED);
    none = at;
    none.vault.id = span_str(GUID_B);
    assert_int_equal(use_key(front, &none, &u, NULL), ERR_DENIED);
    assert_int_equal(use_key(clerk, &at, &u, NULL), ERR_DENIED);
    secbuf_free(answer);
    buf_release(&q);
}

static void
everything_else_is_denied(void **state)
{
    struct buf q = question();

    (void)state;
    for (enum keeper_op op = KEEPER_HELLO; op < KEEPER_KEYPAIR_NEW; op++) {
        assert_int_equal(ask(front, op, &q, NULL), ERR_DENIED);
        assert_int_equal(ask(clerk, op, &q, NULL), ERR_DENIED);
    }
    expect_use("short", "short"); /* the links live */
}

static void
provider_that_cannot_start_says_why(void **state)
{
    (void)state;
    served_cfg = config_of(2);
    served_cfg.root_fd = served_cfg.root_next_fd = -1;
    assert_int_equal(keeper_new(&served_cfg, &served), ERR_OK);
    next_state = ERR_IO;
    assert_int_equal(keeper_start(served), ERR_IO);
    next_state = ERR_OK;
    keeper_free(served);
    served = NULL;
    assert_int_equal(atomic_load(&sessions), 0);
}

#define SERVED(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(questions_go_where_the_provider_says),
        SERVED(lane_that_has_no_time_passes_on_to_a_maker),
        SERVED(what_the_provider_says_is_what_the_asker_hears),
        SERVED(everything_else_is_denied),
        cmocka_unit_test(provider_that_cannot_start_says_why),
    };

    return cmocka_run_group_tests_name("keeper/provider", tests, served_group_setup,
                                       served_group_teardown);
}

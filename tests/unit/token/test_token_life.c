/* SPDX-License-Identifier: Apache-2.0 */
/* The token goes, comes back, refuses, fails and hangs; nobody waits for it, nobody restarts.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

#include "box.h"
#include "shim.h"

enum { SIGNERS = 4, ROUNDS = 3 };

static struct shim *shim;

static int
setup_shim(void **state)
{
    void *so;

    (void)state;
    if (box_make() != 0)
        return -1;
    if (box_module == NULL)
        return 0;
    (void)setenv("KEYHOLD_SHIM_TARGET", box_module, 1);
    box_module = KEYHOLD_SHIM;
    so = dlopen(KEYHOLD_SHIM, RTLD_NOW | RTLD_LOCAL);
    shim = so == NULL ? NULL : dlsym(so, "shim_state");
    return shim == NULL ? -1 : 0;
}

static const struct token_config quick = { .retry_ms = 20, .retry_max_ms = 100 };

static void
await_state(struct token *t, enum token_state want)
{
    uint64_t until = clock_mono_ms() + WAIT_MS;

    while (token_state(t) != want) {
        if (clock_mono_ms() > until)
            fail_msg("the token's state is %d, not %d", (int)token_state(t), (int)want);
        usleep(2000);
    }
}

static struct desk
quick_desk(void)
{
    struct desk d = { .token = token_opened(&quick, BOX_PIN) };

    assert_int_equal(token_state(d.token), TOKEN_UP);
    assert_int_equal(session_new(d.token, GROUP_USE, &d.session), ERR_OK);
    return d;
}

static void
wrong_pin_is_tried_once_and_never_again(void **state)
{
    struct session *s;
    struct token *t;
    struct made m;
    unsigned before;

    NEEDS_TOKEN();
    before = atomic_load(&shim->logins);
    t = token_opened(&quick, "1111");
    assert_int_equal(token_state(t), TOKEN_REFUSED);
    assert_int_equal(session_new(t, GROUP_USE, &s), ERR_OK);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(try_new(s, KEY_EC, CURVE_P256, 256, &m), ERR_UNAVAILABLE);
        made_release(&m);
        usleep(5000); /* past several retries, if there were any */
    }
    assert_int_equal(token_state(t), TOKEN_REFUSED);
    assert_int_equal(atomic_load(&shim->logins), before + 1);
    /* another wrong one: once more; then the right one */
    assert_int_equal(token_set_pin(t, span_str("2222")), ERR_OK);
    await_state(t, TOKEN_REFUSED);
    assert_int_equal(token_set_pin(t, span_str(BOX_PIN)), ERR_OK);
    await_state(t, TOKEN_UP);
    assert_int_equal(try_new(s, KEY_EC, CURVE_P256, 256, &m), ERR_OK);
    made_release(&m);
    session_free(s);
    token_free(t);
}

static void
locked_pin_is_not_tried_again_either(void **state)
{
    struct token *t;
    unsigned before;

    NEEDS_TOKEN();
    atomic_store(&shim->login_rv, CKR_PIN_LOCKED);
    before = atomic_load(&shim->logins);
    t = token_opened(&quick, BOX_PIN);
    assert_int_equal(token_state(t), TOKEN_REFUSED);
    usleep(200 * 1000);
    assert_int_equal(atomic_load(&shim->logins), before + 1);
    atomic_store(&shim->login_rv, CKR_OK);
    token_free(t);
}

static void
what_is_not_there_is_unavailable(void **state)
{
    static const struct token_config absent[] = {
        { .module = "/nowhere/module.so", .retry_ms = 20 },
        { .module = "/usr/lib/x86_64-linux-gnu/libc.so.6", .retry_ms = 20 },
        { .module = "/etc/passwd", .retry_ms = 20 },
        { .label = "another token", .retry_ms = 20 },
        { .label = "keyhold tes", .retry_ms = 20 },
    };

    NEEDS_TOKEN();
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        struct token *t = token_opened(&absent[i], BOX_PIN);
        struct session *s;
        struct made m;

        assert_int_equal(token_state(t), TOKEN_DOWN);
        assert_int_equal(session_new(t, GROUP_USE, &s), ERR_OK);
        assert_int_equal(try_new(s, KEY_OCT, CURVE_NONE, 256, &m), ERR_UNAVAILABLE);
        made_release(&m);
        session_free(s);
        token_free(t);
    }
}

static void
removed_token_is_unavailable_at_once_and_comes_back(void **state)
{
    uint64_t before;
    struct made m;
    struct desk d;

    NEEDS_TOKEN();
    d = quick_desk();
    m = new_key(d.session, KEY_EC, CURVE_P256, 256);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(rename(box_tokens, box_away), 0);
        before = clock_mono_ms();
        assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), ERR_UNAVAILABLE);
        assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), ERR_UNAVAILABLE);
        assert_true(clock_mono_ms() - before < 2000);
        assert_int_not_equal(token_state(d.token), TOKEN_UP);
        assert_int_equal(rename(box_away, box_tokens), 0);
        await_state(d.token, TOKEN_UP);
        assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), ERR_OK);
    }
    made_release(&m);
    desk_close(&d);
}

/* The key was never asked for before the token went: "not found" would be a lie. */
static void
key_that_was_not_looked_up_yet_is_unavailable_too(void **state)
{
    struct session *other;
    struct key_place place;
    struct made m;
    struct desk d;

    NEEDS_TOKEN();
    d = quick_desk();
    assert_int_equal(session_new(d.token, GROUP_USE, &other), ERR_OK);
    m = new_key(d.session, KEY_RSA, CURVE_NONE, 2048);
    place = place_named("KEY", m.a.sealed);
    assert_int_equal(rename(box_tokens, box_away), 0);
    assert_int_equal(try_sign(other, &m.where, ALG_RS256), ERR_UNAVAILABLE);
    assert_int_equal(make_destroy(other, &place), ERR_UNAVAILABLE);
    assert_int_equal(rename(box_away, box_tokens), 0);
    await_state(d.token, TOKEN_UP);
    assert_int_equal(try_sign(other, &m.where, ALG_RS256), ERR_OK);
    session_free(other);
    made_release(&m);
    desk_close(&d);
}

static void
break_signing(CK_RV rv, int times)
{
    atomic_store(&shim->sign_rv, rv);
    atomic_store(&shim->sign_times, times);
}

static void
device_that_fails_is_opened_anew(void **state)
{
    static const CK_RV gone[] = { CKR_DEVICE_REMOVED, CKR_DEVICE_ERROR, CKR_TOKEN_NOT_PRESENT,
                                  CKR_SLOT_ID_INVALID, CKR_CRYPTOKI_NOT_INITIALIZED };
    struct made m;
    struct desk d;

    NEEDS_TOKEN();
    d = quick_desk();
    m = new_key(d.session, KEY_EC, CURVE_P256, 256);
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        unsigned opened = atomic_load(&shim->initialisations);

        break_signing(gone[i], 1);
        assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), ERR_UNAVAILABLE);
        await_state(d.token, TOKEN_UP);
        assert_int_equal(atomic_load(&shim->initialisations), opened + 1);
        assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), ERR_OK);
    }
    made_release(&m);
    desk_close(&d);
}

static void
ended_session_is_opened_again_without_a_word(void **state)
{
    static const CK_RV ended[] = { CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,
                                   CKR_USER_NOT_LOGGED_IN,     CKR_OPERATION_ACTIVE,
                                   CKR_KEY_HANDLE_INVALID,     CKR_OBJECT_HANDLE_INVALID };
    struct made m;
    struct desk d;

    NEEDS_TOKEN();
    d = quick_desk();
    m = new_key(d.session, KEY_EC, CURVE_P256, 256);
    for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++) {
        unsigned opened = atomic_load(&shim->initialisations);

        break_signing(ended[i], 1);
        assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), ERR_OK);
        assert_int_equal(atomic_load(&shim->initialisations), opened);
    }
    /* For good: a login that was lost is made again, with all the rest. */
    break_signing(CKR_USER_NOT_LOGGED_IN, 2);
    assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), ERR_UNAVAILABLE);
    await_state(d.token, TOKEN_UP);
    assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), ERR_OK);
    made_release(&m);
    desk_close(&d);
}

static void
failure_of_one_call_is_not_the_end_of_the_token(void **state)
{
    static const struct {
        CK_RV rv;
        enum err err;
    } said[] = { { CKR_GENERAL_ERROR, ERR_CRYPTO },
                 { CKR_FUNCTION_FAILED, ERR_CRYPTO },
                 { CKR_VENDOR_DEFINED | 7, ERR_CRYPTO },
                 { CKR_DATA_LEN_RANGE, ERR_ARG },
                 { CKR_MECHANISM_INVALID, ERR_UNSUPPORTED },
                 { CKR_KEY_FUNCTION_NOT_PERMITTED, ERR_UNSUPPORTED },
                 { CKR_DEVICE_MEMORY, ERR_BUSY } };
    struct made m;
    struct desk d;

    NEEDS_TOKEN();
    d = quick_desk();
    m = new_key(d.session, KEY_EC, CURVE_P256, 256);
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        break_signing(said[i].rv, 1);
        assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), said[i].err);
        assert_int_equal(token_state(d.token), TOKEN_UP);
        assert_int_equal(try_sign(d.session, &m.where, ALG_ES256), ERR_OK);
    }
    made_release(&m);
    desk_close(&d);
}

/* ------------------------------------------------------------------- threads */

struct signer {
    struct session *session;
    const struct where *where;
    enum err said;
    atomic_bool *stop;
    unsigned good, gone, bad;
};

static void *
sign_once(void *arg)
{
    struct signer *s = arg;

    s->said = try_sign(s->session, s->where, ALG_ES256);
    return NULL;
}

static void *
sign_on(void *arg)
{
    struct signer *s = arg;

    while (!atomic_load(s->stop)) {
        enum err e = try_sign(s->session, s->where, ALG_ES256);

        s->good += e == ERR_OK;
        s->gone += e == ERR_UNAVAILABLE;
        s->bad += e != ERR_OK && e != ERR_UNAVAILABLE;
    }
    return NULL;
}

static void
many_sessions_survive_what_happens_to_the_token(void **state)
{
    struct signer signers[SIGNERS] = { { .good = 0 } };
    pthread_t threads[SIGNERS];
    atomic_bool stop = false;
    struct made m;
    struct desk d;

    NEEDS_TOKEN();
    d = quick_desk();
    m = new_key(d.session, KEY_EC, CURVE_P256, 256);
    for (int i = 0; i < SIGNERS; i++) {
        signers[i] = (struct signer){ .where = &m.where, .stop = &stop };
        assert_int_equal(session_new(d.token, GROUP_USE, &signers[i].session), ERR_OK);
        assert_int_equal(pthread_create(&threads[i], NULL, sign_on, &signers[i]), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(rename(box_tokens, box_away), 0);
        await_state(d.token, TOKEN_DOWN);
        assert_int_equal(rename(box_away, box_tokens), 0);
        await_state(d.token, TOKEN_UP);
        break_signing(CKR_DEVICE_ERROR, SIGNERS);
        await_state(d.token, TOKEN_DOWN);
        await_state(d.token, TOKEN_UP);
        break_signing(CKR_SESSION_HANDLE_INVALID, 1);
        usleep(20 * 1000);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < SIGNERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(signers[i].bad, 0);
        assert_true(signers[i].good > 0);
        assert_true(signers[i].gone > 0);
        assert_int_equal(try_sign(signers[i].session, &m.where, ALG_ES256), ERR_OK);
        session_free(signers[i].session);
    }
    made_release(&m);
    desk_close(&d);
}

static void
count_hang(void *arg)
{
    sem_post(arg);
}

static void
await(sem_t *sem)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_MS / 1000;
    while (sem_timedwait(sem, &until) != 0)
        assert_int_equal(errno, EINTR);
}

static void
one_call_that_hangs_stops_nobody_else_all_of_them_end_the_process(void **state)
{
    struct token_config cfg = { .hang_ms = 100, .on_hang = count_hang };
    struct signer signers[2] = { { .good = 0 } };
    pthread_t threads[2];
    struct session *maker;
    sem_t hung;
    struct made m;
    struct desk d;

    NEEDS_TOKEN();
    sem_init(&hung, 0, 0);
    cfg.arg = &hung;
    d.token = token_opened(&cfg, BOX_PIN);
    assert_int_equal(session_new(d.token, GROUP_MAKE, &maker), ERR_OK);
    m = new_key(maker, KEY_EC, CURVE_P256, 256);
    for (int i = 0; i < 2; i++) {
        signers[i].where = &m.where;
        assert_int_equal(session_new(d.token, GROUP_USE, &signers[i].session), ERR_OK);
    }
    atomic_store(&shim->hang_sign, true);
    assert_int_equal(pthread_create(&threads[0], NULL, sign_once, &signers[0]), 0);
    await(&shim->hanging);
    atomic_store(&shim->hang_sign, false);
    usleep(300 * 1000); /* three times what is too long */
    assert_int_equal(try_sign(signers[1].session, &m.where, ALG_ES256), ERR_OK);
    assert_false(token_is_stuck(d.token, GROUP_USE, 0));
    assert_int_not_equal(sem_trywait(&hung), 0);
    atomic_store(&shim->hang_sign, true);
    assert_int_equal(pthread_create(&threads[1], NULL, sign_once, &signers[1]), 0);
    await(&hung);
    assert_true(token_is_stuck(d.token, GROUP_USE, 50));
    assert_false(token_is_stuck(d.token, GROUP_MAKE, 0));
    atomic_store(&shim->hang_sign, false);
    sem_post(&shim->go);
    sem_post(&shim->go);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(signers[i].said, ERR_OK);
        session_free(signers[i].session);
    }
    await(&shim->hanging);
    session_free(maker);
    made_release(&m);
    token_free(d.token);
    sem_destroy(&hung);
}

static void
opening_that_hangs_keeps_nobody_waiting(void **state)
{
    struct token_config cfg = { .hang_ms = 100, .patience_ms = 50, .on_hang = count_hang };
    struct session *s;
    struct token *t;
    struct made m;
    sem_t hung;

    NEEDS_TOKEN();
    sem_init(&hung, 0, 0);
    cfg.arg = &hung;
    atomic_store(&shim->hang_initialize, true);
    t = token_opened(&cfg, BOX_PIN);
    assert_int_equal(token_state(t), TOKEN_OPENING);
    assert_int_equal(session_new(t, GROUP_USE, &s), ERR_OK);
    assert_int_equal(try_new(s, KEY_EC, CURVE_P256, 256, &m), ERR_UNAVAILABLE);
    made_release(&m);
    await(&hung);
    atomic_store(&shim->hang_initialize, false);
    await(&shim->hanging);
    sem_post(&shim->go);
    await_state(t, TOKEN_UP);
    session_free(s);
    token_free(t);
    sem_destroy(&hung);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_pin_is_tried_once_and_never_again),
        cmocka_unit_test(locked_pin_is_not_tried_again_either),
        cmocka_unit_test(what_is_not_there_is_unavailable),
        cmocka_unit_test(removed_token_is_unavailable_at_once_and_comes_back),
        cmocka_unit_test(key_that_was_not_looked_up_yet_is_unavailable_too),
        cmocka_unit_test(device_that_fails_is_opened_anew),
        cmocka_unit_test(ended_session_is_opened_again_without_a_word),
        cmocka_unit_test(failure_of_one_call_is_not_the_end_of_the_token),
        cmocka_unit_test(many_sessions_survive_what_happens_to_the_token),
        cmocka_unit_test(one_call_that_hangs_stops_nobody_else_all_of_them_end_the_process),
        cmocka_unit_test(opening_that_hangs_keeps_nobody_waiting),
    };

    return cmocka_run_group_tests_name("token/life", tests, setup_shim, box_teardown);
}

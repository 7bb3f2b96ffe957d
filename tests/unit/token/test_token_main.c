/* SPDX-License-Identifier: Apache-2.0 */
/* The process: links, questions and refusals; killed and started again; a module that hangs. */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "box.h"
#include "ipc/control.h"
#include "ipc/peer.h"
#include "keeper/ask.h"
#include "token/main.h"

enum { ANSWER_ROOM = 256 * 1024, CALL_MS = 30 * 1000 };

struct process {
    pid_t pid;
    int control;
};

static int
pin_fd(const char *pin)
{
    char path[128];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/pin", box_dir);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, pin, strlen(pin)), (ssize_t)strlen(pin));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static struct process
start_with(const char *module, const char *pin)
{
    struct token_main_config cfg = { .module = module,
                                     .label = BOX_LABEL,
                                     .pin_fd = pin_fd(pin),
                                     .pin_path = "pin",
                                     .loops = 2,
                                     .threads = 2,
                                     .secmem_len = 4 * 1024 * 1024 };
    struct process p;
    struct control ready;
    int fds[2], fd;

    assert_int_equal(ipc_pair(fds), ERR_OK);
    p.pid = fork();
    assert_true(p.pid >= 0);
    if (p.pid == 0) {
        close(fds[0]);
        secmem_release();
        _exit(token_main(fds[1], &cfg));
    }
    close(fds[1]);
    close(cfg.pin_fd);
    p.control = fds[0];
    assert_int_equal(poll(&(struct pollfd){ .fd = p.control, .events = POLLIN }, 1, CALL_MS),
                     1);
    assert_int_equal(control_recv(p.control, &ready, &fd), ERR_OK);
    assert_int_equal(ready.op, CONTROL_READY);
    assert_int_equal(ready.role, ROLE_TOKEN);
    return p;
}

static int
ended(struct process *p)
{
    int status = 0;

    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    close(p->control);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
drain(struct process *p)
{
    struct control c = { .op = CONTROL_DRAIN };

    assert_int_equal(control_send(p->control, &c, -1), ERR_OK);
    assert_int_equal(ended(p), EX_OK);
}

static struct peer *
linked(const struct process *p, enum ipc_role as, unsigned index)
{
    struct control c = { .op = CONTROL_PEER, .role = (uint16_t)as, .index = index };
    struct peer *peer = NULL;
    int fds[2];

    assert_int_equal(ipc_pair(fds), ERR_OK);
    assert_int_equal(control_send(p->control, &c, fds[1]), ERR_OK);
    close(fds[1]);
    assert_int_equal(peer_new(fds[0], ROLE_TOKEN, ANSWER_ROOM, &peer), ERR_OK);
    return peer;
}

static struct key_place
placed(struct span sealed)
{
    struct key_place place = place_named("KEY", sealed);

    place.vault = (struct wrapped){ .purpose = PURPOSE_VAULT,
                                    .id = span_str(VAULT_A),
                                    .bytes = span_str("the vault's wrapped key") };
    return place;
}

static enum err
ask(struct peer *p, enum keeper_op op, struct secbuf *question, struct secbuf *answer)
{
    enum err e;

    assert_int_equal(question->err, ERR_OK);
    e = peer_call(p, (uint16_t)op, secbuf_span(question), answer, CALL_MS);
    secbuf_clear(question);
    return e;
}

static enum err
ask_new(struct peer *p, enum key_type type, enum key_curve curve, unsigned bits,
        struct made *out)
{
    struct key_spec spec = { .type = type, .curve = curve, .bits = bits };
    struct key_place place = placed(span_of(NULL, 0));
    struct secbuf *q = secbuf_new(ANSWER_ROOM);
    enum err e;

    *out = (struct made){ .answer = secbuf_new(ANSWER_ROOM) };
    keeper_pack_keypair_new(sink_sec(q), &place, &spec);
    e = ask(p, KEEPER_KEYPAIR_NEW, q, out->answer);
    if (e == ERR_OK)
        made_read(out);
    secbuf_free(q);
    return e;
}

static enum err
ask_use(struct peer *p, const struct made *m, const struct key_use *u, struct secbuf *answer)
{
    struct key_place place = placed(m->a.sealed);
    struct secbuf *q = secbuf_new(ANSWER_ROOM);
    enum err e;

    keeper_pack_key_use(sink_sec(q), &place, u);
    e = ask(p, KEEPER_KEY_USE, q, answer);
    secbuf_free(q);
    return e;
}

static enum err
ask_sign(struct peer *p, const struct made *m, enum key_alg alg)
{
    struct key_use u = { .op = KEY_SIGN, .alg = alg, .bytes = digest_for(alg) };
    struct secbuf *answer = secbuf_new(ANSWER_ROOM);
    struct key_use_answer a;
    struct key *k = NULL;
    struct used said;
    enum err e = ask_use(p, m, &u, answer);

    if (e == ERR_OK && m->a.public.type != KEY_OCT) {
        assert_int_equal(key_use_answer_read(secbuf_span(answer), &a), ERR_OK);
        assert_int_equal(key_from_public(&m->a.public, &k), ERR_OK);
        u.op = KEY_VERIFY;
        u.signature = a.value;
        said = used_by_key(k, &u);
        assert_int_equal(said.err, ERR_OK);
        used_release(&said);
        /* by the process too */
        assert_int_equal(ask_use(p, m, &u, NULL), ERR_OK);
        u.bytes = span_of(some_bytes + 1, u.bytes.len);
        assert_int_equal(ask_use(p, m, &u, NULL), ERR_DENIED);
        key_free(k);
    }
    secbuf_free(answer);
    return e;
}

static enum err
ask_destroy(struct peer *p, const struct made *m)
{
    struct key_place place = placed(m->a.sealed);
    struct secbuf *q = secbuf_new(ANSWER_ROOM);
    enum err e;

    keeper_pack_key_destroy(sink_sec(q), &place);
    e = ask(p, KEEPER_KEY_DESTROY, q, NULL);
    secbuf_free(q);
    return e;
}

static void
front_and_clerk_make_and_use_keys(void **state)
{
    struct process p;
    struct peer *front, *clerk;
    struct made rsa, ec, oct;

    NEEDS_TOKEN();
    p = start_with(box_module, BOX_PIN "\n");
    front = linked(&p, ROLE_FRONT, 1);
    clerk = linked(&p, ROLE_CLERK, 0);
    assert_int_equal(ask_new(front, KEY_RSA, CURVE_NONE, 2048, &rsa), ERR_OK);
    assert_int_equal(ask_new(clerk, KEY_EC, CURVE_P256, 256, &ec), ERR_OK);
    assert_int_equal(ask_new(front, KEY_OCT, CURVE_NONE, 256, &oct), ERR_OK);
    assert_int_equal(ask_sign(front, &rsa, ALG_PS256), ERR_OK);
    assert_int_equal(ask_sign(front, &ec, ALG_ES256), ERR_OK);
    assert_int_equal(ask_sign(front, &oct, ALG_HS512), ERR_OK);
    assert_int_equal(ask_sign(front, &ec, ALG_ES384), ERR_ARG);
    assert_int_equal(ask_destroy(front, &ec), ERR_DENIED);
    assert_int_equal(ask_destroy(clerk, &ec), ERR_OK);
    assert_int_equal(ask_sign(front, &ec, ALG_ES256), ERR_NOT_FOUND);
    made_release(&rsa);
    made_release(&ec);
    made_release(&oct);
    peer_free(front);
    peer_free(clerk);
    drain(&p);
}

static void
there_is_nothing_but_keys_here(void **state)
{
    struct process p;
    struct peer *front;
    struct made m;
    struct secbuf *q;

    NEEDS_TOKEN();
    p = start_with(box_module, BOX_PIN);
    front = linked(&p, ROLE_FRONT, 0);
    q = secbuf_new(ANSWER_ROOM);
    assert_int_equal(ask(front, KEEPER_ROOT_STATE, q, NULL), ERR_DENIED);
    keeper_pack_key_new(sink_sec(q), PURPOSE_VAULT, span_str(VAULT_A));
    assert_int_equal(ask(front, KEEPER_KEY_NEW, q, NULL), ERR_DENIED);
    keeper_pack_password_hash(sink_sec(q), span_str("secret"));
    assert_int_equal(ask(front, KEEPER_PASSWORD_HASH, q, NULL), ERR_DENIED);
    /* Nor what the keeper sealed, nor a release. */
    m = (struct made){ .a = { .sealed = span_str("\001not a place in a token") } };
    assert_int_equal(ask_sign(front, &m, ALG_ES256), ERR_FORMAT);
    assert_int_equal(ask_new(front, KEY_RSA, CURVE_NONE, 2048, &m), ERR_OK);
    {
        struct key_place place = placed(m.a.sealed);

        keeper_pack_key_release(sink_sec(q), &place, TRANSPORT_CKM_RSA_AES, &m.a.public);
        assert_int_equal(ask(front, KEEPER_KEY_RELEASE, q, NULL), ERR_UNSUPPORTED);
    }
    made_release(&m);
    secbuf_free(q);
    peer_free(front);
    drain(&p);
}

static void
keys_outlive_the_process(void **state)
{
    struct process p;
    struct peer *front;
    struct made m;
    int status;

    NEEDS_TOKEN();
    p = start_with(box_module, BOX_PIN);
    front = linked(&p, ROLE_FRONT, 0);
    assert_int_equal(ask_new(front, KEY_EC, CURVE_P384, 384, &m), ERR_OK);
    assert_int_equal(kill(p.pid, SIGKILL), 0);
    assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
    close(p.control);
    peer_free(front);
    p = start_with(box_module, BOX_PIN);
    front = linked(&p, ROLE_FRONT, 0);
    assert_int_equal(ask_sign(front, &m, ALG_ES384), ERR_OK);
    made_release(&m);
    peer_free(front);
    drain(&p);
}

static enum err
sign_until(struct peer *p, const struct made *m, enum err want)
{
    uint64_t until = clock_mono_ms() + WAIT_MS;
    enum err e;

    do {
        e = ask_sign(p, m, ALG_ES256);
        usleep(2000);
    } while (e != want && clock_mono_ms() < until);
    return e;
}

static void
removed_token_is_503_and_back_without_a_restart(void **state)
{
    struct process p;
    struct peer *front;
    struct made m, none;

    NEEDS_TOKEN();
    p = start_with(box_module, BOX_PIN);
    front = linked(&p, ROLE_FRONT, 0);
    assert_int_equal(ask_new(front, KEY_EC, CURVE_P256, 256, &m), ERR_OK);
    assert_int_equal(rename(box_tokens, box_away), 0);
    assert_int_equal(ask_sign(front, &m, ALG_ES256), ERR_UNAVAILABLE);
    assert_int_equal(ask_new(front, KEY_RSA, CURVE_NONE, 2048, &none), ERR_UNAVAILABLE);
    assert_int_equal(rename(box_away, box_tokens), 0);
    assert_int_equal(sign_until(front, &m, ERR_OK), ERR_OK);
    made_release(&m);
    made_release(&none);
    peer_free(front);
    drain(&p);
}

static void
reload_brings_another_pin(void **state)
{
    struct control c = { .op = CONTROL_RELOAD, .index = 1 };
    struct process p;
    struct peer *front;
    struct made m;
    int fd;

    NEEDS_TOKEN();
    p = start_with(box_module, BOX_PIN);
    front = linked(&p, ROLE_FRONT, 0);
    assert_int_equal(ask_new(front, KEY_EC, CURVE_P256, 256, &m), ERR_OK);
    peer_free(front);
    drain(&p);
    p = start_with(box_module, "wrong\n");
    front = linked(&p, ROLE_FRONT, 0);
    assert_int_equal(ask_sign(front, &m, ALG_ES256), ERR_UNAVAILABLE);
    fd = pin_fd(BOX_PIN "\r\n");
    assert_int_equal(control_send(p.control, &c, fd), ERR_OK);
    close(fd);
    assert_int_equal(sign_until(front, &m, ERR_OK), ERR_OK);
    made_release(&m);
    peer_free(front);
    drain(&p);
}

static void
pin_file_that_holds_none_ends_the_start(void **state)
{
    static const char *const pins[] = { "", "\n1234\n" };
    struct token_main_config cfg = { .module = "/nowhere", .label = "x", .pin_path = "pin" };

    NEEDS_TOKEN();
    for (size_t i = 0; i < 2; i++) {
        struct process p = { .control = -1 };
        int fds[2];

        assert_int_equal(ipc_pair(fds), ERR_OK);
        cfg.pin_fd = pin_fd(pins[i]);
        p.pid = fork();
        if (p.pid == 0) {
            secmem_release();
            _exit(token_main(fds[1], &cfg));
        }
        close(cfg.pin_fd);
        close(fds[1]);
        p.control = fds[0];
        assert_int_equal(ended(&p), EX_CONFIG);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(front_and_clerk_make_and_use_keys),
        cmocka_unit_test(there_is_nothing_but_keys_here),
        cmocka_unit_test(keys_outlive_the_process),
        cmocka_unit_test(removed_token_is_503_and_back_without_a_restart),
        cmocka_unit_test(reload_brings_another_pin),
        cmocka_unit_test(pin_file_that_holds_none_ends_the_start),
    };

    return cmocka_run_group_tests_name("token/main", tests, box_setup, box_teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* box.h - a token of SoftHSM in a directory of its own, for one test program. */
#ifndef TEST_TOKEN_BOX_H
#define TEST_TOKEN_BOX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secbuf.h"
#include "codec/pack.h"
#include "crypto/setup.h"
#include "keeper/ask_key.h"
#include "token/make.h"
#include "token/provider.h"
#include "token/session.h"
#include "token/token.h"
#include "token/use.h"

#define BOX_LABEL "keyhold test"
#define BOX_PIN   "2718"
#define VAULT_A   "11111111-2222-3333-4444-555555555555"
#define VERSION_1 "0123456789abcdef0123456789abcdef"

enum { WAIT_MS = 60 * 1000, HANG_MS = 600 * 1000 };

static char box_dir[64], box_tokens[96], box_away[96];
static const char *box_module; /* NULL: no SoftHSM here */

static inline int
run_quietly(const char *path, char *const argv[])
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL)
            _exit(126);
        execv(path, argv);
        _exit(127);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline const char *
box_find_module(void)
{
    static const char *const places[] = { "/usr/lib/softhsm/libsofthsm2.so",
                                          "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                                          "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
                                          "/usr/lib64/pkcs11/libsofthsm2.so" };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (access(places[i], R_OK) == 0 && access("/usr/bin/softhsm2-util", X_OK) == 0)
            return places[i];
    return NULL;
}

static inline int
box_make(void)
{
    char conf[96],
        *argv[] = { (char *)(uintptr_t) "softhsm2-util", (char *)(uintptr_t) "--init-token",
                    (char *)(uintptr_t) "--free",        (char *)(uintptr_t) "--label",
                    (char *)(uintptr_t)BOX_LABEL,        (char *)(uintptr_t) "--so-pin",
                    (char *)(uintptr_t) "31415926",      (char *)(uintptr_t) "--pin",
                    (char *)(uintptr_t)BOX_PIN,          NULL };
    FILE *f;

    box_module = box_find_module();
    if (secmem_init(4 * 1024 * 1024) != ERR_OK || crypto_setup() != ERR_OK)
        return -1;
    if (box_module == NULL) {
        print_message("skipped: there is no softhsm2 here\n");
        return 0;
    }
    (void)snprintf(box_dir, sizeof(box_dir), "/tmp/keyhold-token-XXXXXX");
    if (mkdtemp(box_dir) == NULL)
        return -1;
    (void)snprintf(box_tokens, sizeof(box_tokens), "%s/tokens", box_dir);
    (void)snprintf(box_away, sizeof(box_away), "%s/away", box_dir);
    (void)snprintf(conf, sizeof(conf), "%s/softhsm2.conf", box_dir);
    f = fopen(conf, "w");
    if (f == NULL || mkdir(box_tokens, 0700) != 0)
        return -1;
    (void)fprintf(f, "directories.tokendir = %s\nlog.level = ERROR\n", box_tokens);
    (void)fclose(f);
    (void)setenv("SOFTHSM2_CONF", conf, 1);
    return run_quietly("/usr/bin/softhsm2-util", argv);
}

static inline int
box_setup(void **state)
{
    (void)state;
    return box_make();
}

static inline int
unlink_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline int
box_teardown(void **state)
{
    (void)state;
    return box_module == NULL ? 0 : nftw(box_dir, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define NEEDS_TOKEN()                                                                          \
    do {                                                                                       \
        (void)state;                                                                           \
        if (box_module == NULL)                                                                \
            skip();                                                                            \
    } while (0)

/* ------------------------------------------------------------------ the token */

static inline struct token *
token_opened(const struct token_config *over, const char *pin)
{
    /* A machine that is slow is not a module that hangs. */
    struct token_config cfg = { .module = box_module, .label = BOX_LABEL, .hang_ms = HANG_MS };
    struct token *t = NULL;

    if (over != NULL) {
        cfg = *over;
        cfg.module = cfg.module == NULL ? box_module : cfg.module;
        cfg.label = cfg.label == NULL ? BOX_LABEL : cfg.label;
    }
    assert_int_equal(token_new(&cfg, span_str(pin), &t), ERR_OK);
    assert_int_equal(token_start(t), ERR_OK);
    return t;
}

/* A token that is there, with a session; most tests need no more. */
struct desk {
    struct token *token;
    struct session *session;
};

static inline struct desk
desk_open(void)
{
    struct desk d = { .token = token_opened(NULL, BOX_PIN) };

    assert_int_equal(token_state(d.token), TOKEN_UP);
    assert_int_equal(session_new(d.token, GROUP_USE, &d.session), ERR_OK);
    return d;
}

static inline void
desk_close(struct desk *d)
{
    session_free(d->session);
    token_free(d->token);
}

static inline struct key_place
place_named(const char *name, struct span sealed)
{
    struct key_place p = { .sealed = sealed };

    assert_true(guid_parse(span_str(VAULT_A), &p.id.vault));
    p.id.kind = KIND_KEY;
    p.id.name = span_str(name);
    p.id.version = span_str(VERSION_1);
    return p;
}

/* A key and what was told of it. */
struct made {
    struct secbuf *answer;
    struct keypair_answer a;
    struct where where;
};

static inline void
made_read(struct made *m)
{
    assert_int_equal(keypair_answer_read(secbuf_span(m->answer), &m->a), ERR_OK);
    assert_int_equal(where_unpack(m->a.sealed, &m->where), ERR_OK);
}

static inline void
made_release(struct made *m)
{
    secbuf_free(m->answer);
}

static inline enum err
try_new(struct session *s, enum key_type type, enum key_curve curve, unsigned bits,
        struct made *out)
{
    struct key_place place = place_named("KEY", span_of(NULL, 0));
    struct key_spec spec = { .type = type, .curve = curve, .bits = bits };
    enum err e;

    *out = (struct made){ .answer = secbuf_new(64 * 1024) };
    e = make_new(s, &place, &spec, out->answer);
    if (e == ERR_OK)
        made_read(out);
    return e;
}

static inline struct made
new_key(struct session *s, enum key_type type, enum key_curve curve, unsigned bits)
{
    struct made m;

    assert_int_equal(try_new(s, type, curve, bits, &m), ERR_OK);
    assert_int_equal(m.a.public.type, type);
    assert_int_equal(m.a.public.curve, curve);
    return m;
}

/* What one use answered; values live until the test ends. */
struct used {
    enum err err;
    struct secbuf *value;
    struct key_result result;
};

static inline struct used
used_by_token(struct session *s, const struct where *w, const struct key_use *u)
{
    struct used got = { .value = secbuf_new(256 * 1024) };

    got.err = use_key(s, w, u, got.value, &got.result);
    if (got.err != ERR_OK)
        assert_int_equal(got.value->len, 0);
    return got;
}

static inline struct used
used_by_key(struct key *k, const struct key_use *u)
{
    struct used got = { .value = secbuf_new(256 * 1024) };

    got.err = key_use(k, u, got.value, &got.result);
    return got;
}

static inline void
used_release(struct used *u)
{
    secbuf_free(u->value);
}

static const uint8_t some_bytes[64] =
    "sixty-four bytes of something that may be signed or wrapped....";

static inline struct span
digest_for(enum key_alg alg)
{
    unsigned len = key_alg_info(alg)->digest_len;

    return span_of(some_bytes, len == 0 ? 36 : len);
}

/* Does the token sign with it? */
static inline enum err
try_sign(struct session *s, const struct where *w, enum key_alg alg)
{
    struct key_use u = { .op = KEY_SIGN, .alg = alg, .bytes = digest_for(alg) };
    struct used got = used_by_token(s, w, &u);

    secbuf_free(got.value);
    return got.err;
}

#endif /* TEST_TOKEN_BOX_H */

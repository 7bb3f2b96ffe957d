/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_sign.c - signatures through the token process's machinery, with its
 * queue kept full, against plain loops on the module with as many sessions.
 *
 *   token_sign MODULE LABEL PIN [rsa|ec [rounds [threads [in flight]]]]
 *
 * A round is half a second of each. As with keeper_sign: on a machine that does
 * other things, the processor time of one signature says more than the rate.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/setup.h"
#include "keeper/ask_key.h"
#include "keeper/serve.h"
#include "token/provider.h"
#include "token/session.h"
#include "token/token.h"
#include "token/where.h"

#define VAULT "11111111-2222-4333-8444-555555555555"
enum { ROOM = 1024 * 1024, THREADS_MAX = 64, ROUND_MS = 500 };

static unsigned rounds = 6, threads = 2, flight = 128;
static atomic_bool stop;
static atomic_ulong done;
static uint8_t digest[SHA256_LEN] = { 1 };
static struct where where;
static struct token *token;

static void
must(enum err e, const char *what)
{
    if (e == ERR_OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, err_text(e));
    exit(1);
}

/* DigestInfo of SHA-256, or the digest alone. */
static struct span
input(void)
{
    static uint8_t info[51] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };

    return where.public.type == KEY_RSA ? span_of(info, sizeof(info))
                                        : span_of(digest, sizeof(digest));
}

/* What a program would do that talks to the module itself. */
static void *
plain_loop(void *arg)
{
    CK_FUNCTION_LIST *f = token_module(token)->f;
    bool rsa = where.public.type == KEY_RSA;
    CK_MECHANISM m = { rsa ? CKM_RSA_PKCS : CKM_ECDSA, NULL, 0 };
    CK_ATTRIBUTE id = { CKA_ID, where.id, sizeof(where.id) };
    struct span in = input();
    unsigned char sig[512];
    CK_SESSION_HANDLE h;
    CK_OBJECT_HANDLE key;
    CK_ULONG n = 0;

    (void)arg;
    if (f->C_OpenSession(token_module(token)->slot, CKF_SERIAL_SESSION, NULL, NULL, &h) !=
            CKR_OK ||
        f->C_FindObjectsInit(h, &id, 1) != CKR_OK ||
        f->C_FindObjects(h, &key, 1, &n) != CKR_OK || n != 1 ||
        f->C_FindObjectsFinal(h) != CKR_OK)
        exit(1);
    while (!atomic_load(&stop)) {
        n = sizeof(sig);
        if (f->C_SignInit(h, &m, key) != CKR_OK ||
            f->C_Sign(h, (CK_BYTE_PTR)(uintptr_t)in.ptr, in.len, sig, &n) != CKR_OK)
            exit(1);
        atomic_fetch_add(&done, 1);
    }
    (void)f->C_CloseSession(h);
    return NULL;
}

/* What was done, and what it took. */
struct bill {
    double count, wall, cpu; /* seconds */
};

static double
cpu_now(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
plain_round(struct bill *b)
{
    uint64_t begin = clock_mono_ms();
    double cpu = cpu_now();
    pthread_t t[THREADS_MAX];

    atomic_store(&stop, false);
    atomic_store(&done, 0);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&t[i], NULL, plain_loop, NULL) != 0)
            exit(1);
    (void)poll(NULL, 0, ROUND_MS);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    b->count += (double)atomic_load(&done);
    b->wall += (double)(clock_mono_ms() - begin) / 1000;
    b->cpu += cpu_now() - cpu;
}

struct asker {
    struct buf question;
    unsigned long answers, open;
    uint64_t until;
};

static void
on_answer(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct asker *a = arg;

    must(m->status, "answer");
    a->answers++;
    a->open--;
    if (clock_mono_ms() >= a->until)
        return;
    a->open++;
    must(peer_post(p, KEEPER_KEY_USE, m->id, ERR_OK, buf_span(&a->question)), "post");
}

static void
token_round(struct peer *p, struct asker *a, struct bill *b)
{
    struct pollfd f = { .fd = peer_fd(p), .events = POLLIN };
    uint64_t begin = clock_mono_ms();
    double cpu = cpu_now();

    a->until = begin + ROUND_MS;
    a->answers = 0;
    for (unsigned i = 0; i < flight; i++)
        must(peer_post(p, KEEPER_KEY_USE, i, ERR_OK, buf_span(&a->question)), "post");
    a->open = flight;
    must(peer_flush(p), "flush");
    while (a->open > 0) {
        if (poll(&f, 1, 5000) != 1)
            exit(1);
        must(peer_drain(p, on_answer, a), "drain");
        must(peer_flush(p), "flush");
    }
    b->count += (double)a->answers;
    b->wall += (double)(clock_mono_ms() - begin) / 1000;
    b->cpu += cpu_now() - cpu;
}

static void
make_question(struct peer *p, bool rsa, struct buf *out)
{
    struct key_place at = {
        .vault = { .purpose = PURPOSE_VAULT, .id = span_str(VAULT), .bytes = span_str("w") },
        .id = { .kind = KIND_KEY, .name = span_str("KEY"), .version = span_str("0") }
    };
    struct key_spec spec = { .type = rsa ? KEY_RSA : KEY_EC,
                             .curve = rsa ? CURVE_NONE : CURVE_P256,
                             .bits = rsa ? 2048 : 256 };
    struct key_use u = { KEY_SIGN, rsa ? ALG_RS256 : ALG_ES256,
                         .bytes = span_of(digest, sizeof(digest)) };
    struct secbuf *pair = secbuf_new(ROOM);
    struct keypair_answer a;

    if (!guid_parse(span_str(VAULT), &at.id.vault))
        exit(1);
    keeper_pack_keypair_new(sink_buf(out), &at, &spec);
    must(peer_call(p, KEEPER_KEYPAIR_NEW, buf_span(out), pair, 60000), "new key");
    must(keypair_answer_read(secbuf_span(pair), &a), "key");
    must(where_unpack(a.sealed, &where), "where it is");
    at.sealed = a.sealed;
    buf_clear(out);
    keeper_pack_key_use(sink_buf(out), &at, &u);
}

static void
serve(struct keeper_config *cfg, struct keeper **k, struct peer **p)
{
    int fds[2];

    must(keeper_new(cfg, k), "keeper");
    must(keeper_start(*k), "keeper");
    must(ipc_pair(fds), "link");
    must(keeper_link(*k, fds[1], ROLE_FRONT, 0), "link");
    must(peer_new(fds[0], ROLE_TOKEN, ROOM, p), "link");
}

static void
report(const char *name, const struct bill *b)
{
    (void)printf("%-7s %8.0f/s %8.1f us\n", name, b->count / b->wall, b->cpu / b->count * 1e6);
}

int
main(int argc, char **argv)
{
    unsigned *const args[] = { &rounds, &threads, &flight };
    struct token_config tc = { .module = argc > 1 ? argv[1] : NULL,
                               .label = argc > 2 ? argv[2] : NULL };
    bool rsa = argc < 5 || argv[4][0] == 'r';
    struct keeper_config cfg = {
        .root_fd = -1, .root_next_fd = -1, .loops = 1, .provider = &token_provider
    };
    struct bill plain = { 0 }, through = { 0 };
    struct asker a = { 0 };
    struct keeper *k = NULL;
    struct peer *p = NULL;

    if (argc < 4)
        return 64;
    for (int i = 5; i < argc && i < 8; i++)
        *args[i - 5] = (unsigned)strtoul(argv[i], NULL, 10);
    if (threads == 0 || threads > THREADS_MAX)
        return 64;
    must(secmem_init(16 * 1024 * 1024), "locked memory");
    must(crypto_setup_private(1024 * 1024), "crypto");
    must(token_new(&tc, span_str(argv[3]), &token), "token");
    cfg.provider_arg = token;
    cfg.threads = threads;
    serve(&cfg, &k, &p);
    buf_init(&a.question, ROOM);
    make_question(p, rsa, &a.question);
    for (unsigned i = 0; i < rounds; i++) {
        plain_round(&plain);
        token_round(p, &a, &through);
    }
    report("plain", &plain);
    report("token", &through);
    (void)printf("%s, %u threads: ratio of rates %.3f, of processor time %.3f\n",
                 rsa ? "RSA-2048" : "P-256", threads,
                 (through.count / through.wall) / (plain.count / plain.wall),
                 (plain.cpu / plain.count) / (through.cpu / through.count));
    peer_free(p);
    keeper_free(k);
    token_free(token);
    buf_release(&a.question);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper_sign.c - RSA signatures through a keeper's link, with its queue kept
 * full, against the same signatures in a plain loop on as many threads.
 *
 *   keeper_sign [rounds [threads [bits [in flight]]]]
 *
 * A round is half a second of each. On a machine that does other things, the
 * processor time that one signature takes says more than the rate: all of this
 * process's, so asker and lane are counted with the keeper.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secbuf.h"
#include "crypto/digest.h"
#include "crypto/setup.h"
#include "keeper/ask_key.h"
#include "keeper/serve.h"
#include "seal/keyfile.h"

#define VAULT "11111111-2222-4333-8444-555555555555"
enum { ROOM = 1024 * 1024, THREADS_MAX = 64, ROUND_MS = 500 };

static unsigned rounds = 6, threads = 1, bits = 2048, flight = 256;
static atomic_bool stop;
static atomic_ulong done;
static const uint8_t digest[SHA256_LEN];

static void
must(enum err e, const char *what)
{
    if (e == ERR_OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, err_text(e));
    exit(1);
}

static struct key_use
use_of(void)
{
    return (struct key_use){ KEY_SIGN, ALG_RS256, .bytes = span_of(digest, sizeof(digest)) };
}

static void *
plain_loop(void *arg)
{
    struct key_use u = use_of();
    struct key_result r;
    struct secbuf sig;

    secbuf_init(&sig, ROOM);
    while (!atomic_load(&stop)) {
        must(key_use(arg, &u, &sig, &r), "sign");
        secbuf_clear(&sig);
        atomic_fetch_add(&done, 1);
    }
    secbuf_release(&sig);
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
plain_round(struct key *const *keys, struct bill *b)
{
    uint64_t begin = clock_mono_ms();
    double cpu = cpu_now();
    pthread_t t[THREADS_MAX];

    atomic_store(&stop, false);
    atomic_store(&done, 0);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&t[i], NULL, plain_loop, keys[i]) != 0)
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
    unsigned long answers, busy, open;
    uint64_t until;
};

static void
on_answer(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct asker *a = arg;

    if (m->status == ERR_BUSY)
        a->busy++;
    else
        must(m->status, "answer");
    a->answers++;
    a->open--;
    if (clock_mono_ms() >= a->until)
        return;
    a->open++;
    must(peer_post(p, KEEPER_KEY_USE, m->id, ERR_OK, buf_span(&a->question)), "post");
}

static void
keeper_round(struct peer *p, struct asker *a, struct bill *b)
{
    struct pollfd f = { .fd = peer_fd(p), .events = POLLIN };
    uint64_t begin = clock_mono_ms();
    unsigned long refused = a->busy;
    double cpu = cpu_now();

    a->until = begin + ROUND_MS;
    a->answers = 0;
    for (unsigned i = 0; i < flight; i++)
        must(peer_post(p, KEEPER_KEY_USE, i, ERR_OK, buf_span(&a->question)), "post");
    a->open = flight;
    must(peer_flush(p), "flush");
    while (a->answers < flight || a->open > 0) {
        if (poll(&f, 1, 1000) != 1)
            exit(1);
        must(peer_drain(p, on_answer, a), "drain");
        must(peer_flush(p), "flush");
    }
    b->count += (double)(a->answers - (a->busy - refused));
    b->wall += (double)(clock_mono_ms() - begin) / 1000;
    b->cpu += cpu_now() - cpu;
}

static void
ask(struct peer *p, enum keeper_op op, struct buf *q, struct secbuf *answer)
{
    must(peer_call(p, (uint16_t)op, buf_span(q), answer, 60000), "question");
    buf_clear(q);
}

static void
make_question(struct peer *p, struct buf *out)
{
    struct key_place at = {
        .vault = { .purpose = PURPOSE_VAULT, .id = span_str(VAULT) },
        .id = { .kind = KIND_KEY, .name = span_str("KEY"), .version = span_str("0") }
    };
    struct key_spec spec = { .type = KEY_RSA, .bits = bits };
    struct secbuf *vault = secbuf_new(ROOM), *pair = secbuf_new(ROOM);
    struct key_use u = use_of();
    struct keypair_answer a;
    struct unpack r;

    keeper_pack_key_new(sink_buf(out), PURPOSE_VAULT, span_str(VAULT));
    ask(p, KEEPER_KEY_NEW, out, vault);
    r = unpack_of(secbuf_span(vault));
    at.vault.bytes = unpack_bytes(&r, WRAPPED_MAX);
    if (!guid_parse(span_str(VAULT), &at.id.vault))
        exit(1);
    keeper_pack_keypair_new(sink_buf(out), &at, &spec);
    ask(p, KEEPER_KEYPAIR_NEW, out, pair);
    must(keypair_answer_read(secbuf_span(pair), &a), "key");
    at.sealed = a.sealed;
    keeper_pack_key_use(sink_buf(out), &at, &u);
    secbuf_free(vault);
    secbuf_free(pair);
}

static struct keeper *
start_keeper(struct keeper_config *cfg)
{
    char path[] = "/tmp/keeper_sign-XXXXXX.key";
    struct root_key *root = NULL;
    struct keeper *k = NULL;
    int fd = mkstemps(path, 4);

    close(fd);
    (void)unlink(path);
    must(root_key_new(&root), "root key");
    must(keyfile_create(path, root), "root key");
    root_key_free(root);
    *cfg = (struct keeper_config){ .seal = SEAL_KEYFILE,
                                   .root_next_fd = -1,
                                   .root_path = path,
                                   .loops = 1,
                                   .threads = threads,
                                   .slow_threads = 1 };
    must(keyfile_open(path, SEAL_KEYFILE, &cfg->root_fd), "root key");
    must(keeper_new(cfg, &k), "keeper");
    must(keeper_start(k), "keeper");
    (void)unlink(path);
    return k;
}

static void
report(const char *name, const struct bill *b)
{
    (void)printf("%-7s %8.0f/s %8.1f us\n", name, b->count / b->wall, b->cpu / b->count * 1e6);
}

int
main(int argc, char **argv)
{
    unsigned *const args[] = { &rounds, &threads, &bits, &flight };
    struct keeper_config cfg;
    struct keeper *k;
    struct asker a = { 0 };
    struct peer *p = NULL;
    struct bill plain = { 0 }, through = { 0 };
    struct key_spec spec = { .type = KEY_RSA };
    struct key *keys[THREADS_MAX];
    int fds[2];

    for (int i = 1; i < argc && i <= 4; i++)
        *args[i - 1] = (unsigned)strtoul(argv[i], NULL, 10);
    if (threads == 0 || threads > THREADS_MAX)
        return 2;
    must(secmem_init(16 * 1024 * 1024), "locked memory");
    must(crypto_setup_private(1024 * 1024), "crypto");
    k = start_keeper(&cfg);
    must(ipc_pair(fds), "link");
    must(keeper_link(k, fds[1], ROLE_FRONT, 0), "link");
    must(peer_new(fds[0], ROLE_KEEPER, ROOM, &p), "link");
    buf_init(&a.question, ROOM);
    make_question(p, &a.question);
    spec.bits = bits;
    for (unsigned i = 0; i < threads; i++)
        must(key_new(&spec, &keys[i]), "key");
    for (unsigned i = 0; i < rounds; i++) {
        plain_round(keys, &plain);
        keeper_round(p, &a, &through);
    }
    for (unsigned i = 0; i < threads; i++)
        key_free(keys[i]);
    report("plain", &plain);
    report("keeper", &through);
    (void)printf(
        "RSA-%u, %u threads: ratio of rates %.3f, of processor time %.3f; %lu refused\n", bits,
        threads, (through.count / through.wall) / (plain.count / plain.wall),
        (plain.cpu / plain.count) / (through.cpu / through.count), a.busy);
    peer_free(p);
    keeper_free(k);
    buf_release(&a.question);
    secmem_release();
    return 0;
}

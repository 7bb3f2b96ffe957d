/* SPDX-License-Identifier: Apache-2.0 */
/* main.h - the keeper as a process. */
#ifndef KEEPER_MAIN_H
#define KEEPER_MAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/secbuf.h"
#include "ipc/peer.h"
#include "keeper/provider.h"
#include "seal/keyfile.h"

enum { STOCK_2048, STOCK_3072, STOCK_4096, STOCK__MAX };

struct keeper_config {
    enum seal_kind seal;
    int root_fd;               /* open key file; -1: start sealed (ERR_SEALED to everything) */
    int root_next_fd;          /* the next root key's file of an interrupted rotation, or -1 */
    const char *root_path;     /* for messages */
    struct secbuf *passphrase; /* SEAL_PASSPHRASE only, else NULL; borrowed */
    unsigned loops;            /* front loops: one thread for each */
    unsigned slow_threads;     /* scrypt; 0: one per processor */
    unsigned threads;     /* RSA and other long work with keys; 0: done on the lane itself */
    unsigned rsa_threads; /* making RSA keys; 0: 1 */
    unsigned stock[STOCK__MAX]; /* ready-made RSA keys to keep, by size */
    unsigned queue;             /* jobs that may wait for each kind of thread; 0: the usual */
    const struct key_provider *provider; /* NULL: software, under the root key */
    void *provider_arg;                  /* borrowed */
    const char *process;                 /* for logs; NULL: "keeper" */
    enum ipc_role role;                  /* towards the supervisor; 0: ROLE_KEEPER */
    size_t private_heap;     /* for crypto_setup_private(), a power of two; 0: 512 KiB */
    size_t key_cache;        /* bytes of opened keys of users, all threads together; 0: 2 MiB */
    unsigned stock_after_ms; /* after the start, the first key for the stock is begun then */
    size_t secmem_len;       /* for secmem_init(); 0: 4 MiB */
    bool pin;                /* thread i stays on processor i */
    unsigned index;          /* of this process among its kind, for logs */
    enum err (*confine)(void *arg); /* called once all is open, before threads and input */
    void *confine_arg;
    /* CONTROL_RELOAD came, with a file (adopted) or without (-1); NULL: it is nothing to us */
    void (*reload)(void *arg, int fd);
    void *reload_arg;
};

/*
 * Runs until CONTROL_DRAIN or until the supervisor is gone; returns the process's exit code.
 * Opens the root keys, confines itself, starts its threads, answers CONTROL_READY. Adopts
 * control_fd and the two key descriptors. Call once per process, after fork; main() should have
 * called crypto_wipe_freed() before anything touched OpenSSL.
 *
 * After confine() it needs: reading and fstat of descriptors, epoll, eventfd, send and
 * receive with descriptors, futex, clone of threads, mmap, munmap, mprotect, madvise, mlock,
 * getrandom, clock_gettime, sched_*, exit.
 */
int keeper_main(int control_fd, const struct keeper_config *cfg);

#endif /* KEEPER_MAIN_H */

/* SPDX-License-Identifier: Apache-2.0 */
/* main.h - the scribe as a process. */
#ifndef SCRIBE_MAIN_H
#define SCRIBE_MAIN_H

#include <stdint.h>

#include "base/err.h"
#include "keeper/ask.h"
#include "store/store.h"

struct scribe_config {
    struct store_config store; /* opened for writing */
    const char *audit_dir;     /* made 0750 if absent */
    uint64_t max_bytes;        /* rotate the audit file at this size; 0: 64 MiB */
    uint64_t accept_loss;      /* audit.accept_loss (docs/formats/audit.md); 0: accept none */
    size_t secmem_len;         /* for secmem_init(); 0: 1 MiB */
    /*
     * Reads the value of the row k/audit into the key to sign checkpoints with, borrowed from
     * the row. The row's layout belongs to vault/syskey.h, above this room. NULL: unsigned.
     */
    enum err (*audit_key)(struct span row, struct wrapped *out);
    enum err (*confine)(void *arg); /* called once all is open, before the first input byte */
    void *confine_arg;
};

/*
 * Exit codes. SCRIBE_EXIT_REFUSED: store and audit log contradict each other, or are damaged;
 * starting again will not help, a person must decide (the log says what and how).
 */
enum {
    SCRIBE_EXIT_OK = 0,
    SCRIBE_EXIT_REFUSED = 65, /* EX_DATAERR */
    SCRIBE_EXIT_SETUP = 71,   /* EX_OSERR: store or directory cannot be opened, no memory */
    SCRIBE_EXIT_IO = 74,      /* EX_IOERR */
};

/*
 * Runs until CONTROL_DRAIN or until the supervisor is gone; returns the process's exit code.
 * Opens store and audit directory, brings both in line, confines itself, answers
 * CONTROL_READY. Adopts control_fd. CONTROL_AUDIT_ROTATE is answered by CONTROL_DONE.
 * Call once per process, after fork, in a process with one thread.
 *
 * After confine() it needs, below the audit directory: openat (also O_CREAT), renameat2,
 * newfstatat, fstat, pread64, pwrite64, fallocate, ftruncate, fsync, fdatasync, close; what
 * the store engine needs; epoll, send and receive with descriptors, getrandom, clock_gettime.
 */
int scribe_main(int control_fd, const struct scribe_config *cfg);

#endif /* SCRIBE_MAIN_H */

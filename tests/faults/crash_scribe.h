/* SPDX-License-Identifier: Apache-2.0 */
/* crash_scribe.h - what the processes of the crash test share, across their deaths. */
#ifndef TESTS_CRASH_SCRIBE_H
#define TESTS_CRASH_SCRIBE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CLIENTS = 4, ROUND_CALL_MS = 20000 };

/* In memory mapped shared: it outlives every process but the judge. */
struct client_state {
    _Atomic uint64_t sent;  /* writes 1..sent were asked for */
    _Atomic uint64_t acked; /* writes 1..acked were answered with ERR_OK */
    _Atomic uint64_t reads_sent, reads_acked;
    _Atomic uint64_t last_rev; /* of the client's row LAST */
    _Atomic uint64_t conflicts;
    _Atomic int broken; /* an answer that must not be: its code */
};

struct shared {
    struct client_state client[CLIENTS];
    _Atomic uint64_t common_rev; /* newest known revision of the row they fight about */
    _Atomic bool reads_only;     /* no client writes, so that the head falls behind the log */
};

/* When the scribe shall die by its own hand: before the count-th time of a step. */
struct death {
    const char *step; /* NULL: not by itself */
    uint64_t count;
};

/* A client: asks until the link breaks. */
_Noreturn void client_main(struct shared *s, unsigned who, int fd, uint64_t seed);
/* The scribe, with the hooks that let it die. */
_Noreturn void scribe_process(int control, const char *dir, const struct death *death);

/* xorshift64*, so that a printed seed replays a run's choices. */
uint64_t crash_random(uint64_t *state);

/* Recovers, verifies, compares with what the clients know; false (told on stderr): broken. */
bool judge(struct shared *s, const char *dir, bool power_cut);
/* Takes away from the audit file what the kernel did not have to keep. */
bool power_cut(const char *dir, uint64_t random);

#endif /* TESTS_CRASH_SCRIBE_H */

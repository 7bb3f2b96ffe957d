/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup.h - OpenSSL made ready once per process: algorithms fetched and kept.
 *
 * Every noun of this room works without it (the first use fetches), but a
 * process that confines itself calls it before: fetching reads openssl.cnf.
 * No header of this room shows an OpenSSL type; no other room but http/tls*.c
 * includes OpenSSL.
 *
 * Threads: everything here may be called from any thread.
 */
#ifndef CRYPTO_SETUP_H
#define CRYPTO_SETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Fetches every algorithm we use. ERR_CRYPTO: one is missing, the log line says which. */
MUST_CHECK enum err crypto_setup(void);

/*
 * From now on OpenSSL wipes what it frees. First thing in main(), before anything else touches
 * OpenSSL: false when that is too late. Idempotent; inherited by fork.
 */
bool crypto_wipe_freed(void);

/*
 * For a process that holds private keys: crypto_wipe_freed() if that was not done yet (too
 * late is a warning in the log), and private numbers live in a locked heap of secure_len bytes
 * (a power of two) that is kept out of core dumps. Then as crypto_setup(). Once per process.
 *
 * ERR_NOMEM   the heap cannot be locked (RLIMIT_MEMLOCK)
 * ERR_CRYPTO  an algorithm is missing
 */
MUST_CHECK enum err crypto_setup_private(size_t secure_len);

/*
 * Known-answer tests of everything the keeper relies on. Hashes, sealing and derivation at
 * once: ERR_CRYPTO if one failed (logged); the process must not serve. Keys of each kind when
 * the first is about to be used, which then takes up to 10 ms longer; if one failed (logged),
 * all that is tried with such keys is ERR_CRYPTO.
 */
MUST_CHECK enum err crypto_selftest(void);
/* The same with every kind of key at once: ours, and those of vaults (key_selftest()). */
MUST_CHECK enum err crypto_selftest_all(void);

#endif /* CRYPTO_SETUP_H */

/* SPDX-License-Identifier: Apache-2.0 */
/* shim.h - what the tests tell the module of shim.c; each is a symbol of it. */
#ifndef TEST_TOKEN_SHIM_H
#define TEST_TOKEN_SHIM_H

#include <semaphore.h>
#include <stdatomic.h>

#include "token/pkcs11.h"

struct shim {
    /* The next so many calls return this instead of being made. */
    _Atomic CK_RV sign_rv, login_rv;
    _Atomic int sign_times;
    /* Calls wait for `go` where set. */
    atomic_bool hang_sign, hang_initialize;
    sem_t hanging, go; /* posted by who begins to wait; by who lets him go */
    atomic_uint logins, initialisations, sessions;
};

#endif /* TEST_TOKEN_SHIM_H */

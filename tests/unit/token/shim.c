/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shim.c - a PKCS#11 module in front of SoftHSM that fails and hangs when told
 * to. Everything it does not break, the real module does.
 */
#include "shim.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT struct shim shim_state;
EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out);

static CK_FUNCTION_LIST *real, mine;

static void
wait_here(void)
{
    sem_post(&shim_state.hanging);
    while (sem_wait(&shim_state.go) != 0)
        ;
}

static CK_RV
shim_initialize(void *args)
{
    atomic_fetch_add(&shim_state.initialisations, 1);
    if (atomic_load(&shim_state.hang_initialize))
        wait_here();
    return real->C_Initialize(args);
}

static CK_RV
shim_login(CK_SESSION_HANDLE h, CK_USER_TYPE who, unsigned char *pin, unsigned long len)
{
    CK_RV rv = atomic_load(&shim_state.login_rv);

    atomic_fetch_add(&shim_state.logins, 1);
    return rv != CKR_OK ? rv : real->C_Login(h, who, pin, len);
}

static CK_RV
shim_open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY fn,
                  CK_SESSION_HANDLE *h)
{
    atomic_fetch_add(&shim_state.sessions, 1);
    return real->C_OpenSession(slot, flags, app, fn, h);
}

static CK_RV
shim_sign_init(CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
    if (atomic_load(&shim_state.hang_sign))
        wait_here();
    if (atomic_load(&shim_state.sign_times) > 0) {
        atomic_fetch_sub(&shim_state.sign_times, 1);
        return atomic_load(&shim_state.sign_rv);
    }
    return real->C_SignInit(h, m, key);
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **out)
{
    const char *target = getenv("KEYHOLD_SHIM_TARGET");
    void *so = target == NULL ? NULL : dlopen(target, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;
    void *sym = so == NULL ? NULL : dlsym(so, "C_GetFunctionList");

    memcpy(&get, &sym, sizeof(get));
    if (get == NULL || get(&real) != CKR_OK)
        return CKR_GENERAL_ERROR;
    if (mine.C_Sign == NULL) {
        sem_init(&shim_state.hanging, 0, 0);
        sem_init(&shim_state.go, 0, 0);
    }
    mine = *real;
    mine.C_Initialize = shim_initialize;
    mine.C_Login = shim_login;
    mine.C_OpenSession = shim_open_session;
    mine.C_SignInit = shim_sign_init;
    *out = &mine;
    return CKR_OK;
}

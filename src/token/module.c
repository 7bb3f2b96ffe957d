/* SPDX-License-Identifier: Apache-2.0 */
/* module.c - dlopen, C_Initialize, and the slot whose token is ours. */
#include "token/module.h"

#include <dlfcn.h>
#include <string.h>

#include "base/log.h"
#include "token/rv.h"

enum { SLOTS_MAX = 256 };

enum err
module_load(const char *path, struct module *m)
{
    CK_C_GetFunctionList get = NULL;
    void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_RV rv = CKR_FUNCTION_NOT_SUPPORTED;
    void *sym;

    *m = (struct module){ 0 };
    if (so == NULL) {
        log_error("cannot load %s: %s", path, dlerror());
        return ERR_NOT_FOUND;
    }
    sym = dlsym(so, "C_GetFunctionList");
    /* ISO C has no conversion from an object pointer to a function pointer. */
    memcpy(&get, &sym, sizeof(get));
    if (get != NULL)
        rv = get(&m->f);
    if (rv == CKR_OK && m->f != NULL)
        return ERR_OK;
    m->f = NULL;
    log_error("%s is no PKCS#11 module", path);
    return ERR_NOT_FOUND;
}

/* Fields of a description are padded with blanks. */
static struct span
trimmed(const unsigned char *field, size_t len)
{
    while (len > 0 && (field[len - 1] == ' ' || field[len - 1] == '\0'))
        len--;
    return span_of(field, len);
}

static bool
takes_turns(const struct module *m)
{
    CK_INFO info;

    return m->f->C_GetInfo(&info) == CKR_OK &&
           span_is_str(trimmed(info.manufacturerID, sizeof(info.manufacturerID)), "SoftHSM") &&
           (info.libraryVersion.major < 2 ||
            (info.libraryVersion.major == 2 && info.libraryVersion.minor < 7));
}

CK_RV
module_initialise(struct module *m)
{
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
    CK_RV rv = m->f->C_Initialize(&args);

    if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
        rv = CKR_OK;
    m->initialised = rv == CKR_OK;
    m->takes_turns = m->initialised && takes_turns(m);
    return rv;
}

void
module_finalise(struct module *m)
{
    if (m->initialised)
        (void)m->f->C_Finalize(NULL);
    m->initialised = false;
    m->nmechanisms = 0;
}

static bool
is_wanted(const struct module *m, CK_SLOT_ID slot, const char *label, CK_TOKEN_INFO *info)
{
    return m->f->C_GetTokenInfo(slot, info) == CKR_OK &&
           (info->flags & CKF_TOKEN_INITIALIZED) != 0 &&
           span_is_str(trimmed(info->label, sizeof(info->label)), label);
}

static void
list_mechanisms(struct module *m)
{
    CK_MECHANISM_TYPE types[MECHANISMS_MAX];
    CK_ULONG n = MECHANISMS_MAX;
    CK_MECHANISM_INFO info;

    m->nmechanisms = 0;
    if (m->f->C_GetMechanismList(m->slot, types, &n) != CKR_OK)
        return;
    for (CK_ULONG i = 0; i < n && i < MECHANISMS_MAX; i++)
        if (m->f->C_GetMechanismInfo(m->slot, types[i], &info) == CKR_OK)
            m->mechanisms[m->nmechanisms++] = (struct mechanism){ types[i], info.flags };
}

CK_RV
module_find(struct module *m, const char *label)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG n = SLOTS_MAX;
    CK_TOKEN_INFO info;
    CK_RV rv = m->f->C_GetSlotList(CK_TRUE, slots, &n);

    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG i = 0; i < n; i++) {
        if (!is_wanted(m, slots[i], label, &info))
            continue;
        m->slot = slots[i];
        (void)span_copy_str(trimmed(info.serialNumber, sizeof(info.serialNumber)), m->serial,
                            sizeof(m->serial));
        list_mechanisms(m);
        return CKR_OK;
    }
    return CKR_TOKEN_NOT_PRESENT;
}

bool
module_has_token(const struct module *m)
{
    CK_TOKEN_INFO info;
    CK_SLOT_INFO slot;

    return m->f->C_GetSlotInfo(m->slot, &slot) == CKR_OK &&
           (slot.flags & CKF_TOKEN_PRESENT) != 0 &&
           m->f->C_GetTokenInfo(m->slot, &info) == CKR_OK &&
           span_is_str(trimmed(info.serialNumber, sizeof(info.serialNumber)), m->serial);
}

bool
module_can(const struct module *m, CK_MECHANISM_TYPE type, CK_FLAGS how)
{
    for (size_t i = 0; i < m->nmechanisms; i++)
        if (m->mechanisms[i].type == type)
            return (m->mechanisms[i].flags & how) == how;
    return false;
}

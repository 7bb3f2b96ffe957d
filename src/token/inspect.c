/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.c - the way that token.c goes, once, and what the token has mechanisms for. */
#include "token/inspect.h"

#include <stdio.h>

#include "base/buf.h"
#include "token/module.h"
#include "token/rv.h"
#include "token/template.h"

static const struct need {
    CK_MECHANISM_TYPE type;
    CK_FLAGS how;
    const char *what; /* cannot be done without it */
} needs[] = {
    { CKM_RSA_PKCS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR, "making RSA keys" },
    { CKM_RSA_PKCS, CKF_SIGN, "RS256 to RS512" },
    { CKM_RSA_PKCS_PSS, CKF_SIGN, "PS256 to PS512" },
    { CKM_RSA_X_509, CKF_DECRYPT, "RSA-OAEP-256, and RSA1_5 without an oracle" },
    { CKM_EC_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR, "making EC keys" },
    { CKM_ECDSA, CKF_SIGN, "ES256 to ES512" },
    { CKM_AES_KEY_GEN, CKF_GENERATE, "making oct keys" },
    { CKM_AES_GCM, CKF_ENCRYPT, "AES-GCM" },
    { CKM_AES_CBC, CKF_ENCRYPT, "AES-CBC" },
    { CKM_AES_ECB, CKF_ENCRYPT, "AES key wrap" },
    { CKM_SHA256_HMAC, CKF_SIGN, "HS256 to HS512" },
    { CKM_AES_KEY_WRAP_PAD, CKF_UNWRAP, "BYOK" },
};

static void
say(struct inspection *out, const char *what, const char *label, CK_RV rv)
{
    (void)snprintf(out->text, sizeof(out->text), "%s %s: %s (0x%lx)", what, label, rv_name(rv),
                   rv);
}

static CK_RV
try_pin(const struct module *m, struct span pin)
{
    CK_SESSION_HANDLE h;
    CK_RV rv =
        m->f->C_OpenSession(m->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &h);

    if (rv == CKR_OK)
        rv = m->f->C_Login(h, CKU_USER, token_bytes(pin), pin.len);
    return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

static void
list_lacking(const struct module *m, const char *label, struct inspection *out)
{
    struct buf lacking;

    buf_init(&lacking, INSPECT_TEXT);
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (!module_can(m, needs[i].type, needs[i].how))
            buf_put_fmt(&lacking, "%s%s", lacking.len > 0 ? ", " : "", needs[i].what);
    out->lacks = lacking.len > 0;
    (void)snprintf(out->text, sizeof(out->text), "token %s (serial number %s) opens%s%s", label,
                   m->serial, out->lacks ? ", but lacks: " : " and does all we need",
                   buf_str(&lacking));
    buf_release(&lacking);
}

void
inspect_token(const char *module, const char *label, struct span pin, struct inspection *out)
{
    static struct module m;
    CK_RV rv;

    *out = (struct inspection){ .works = false };
    if (module_load(module, &m) != ERR_OK) {
        (void)snprintf(out->text, sizeof(out->text),
                       "%s cannot be loaded, or is no PKCS#11 module", module);
        return;
    }
    rv = module_initialise(&m);
    if (rv != CKR_OK) {
        say(out, "cannot initialise", module, rv);
        return;
    }
    rv = module_find(&m, label);
    if (rv != CKR_OK) {
        say(out, "there is no token", label, rv);
    } else {
        rv = try_pin(&m, pin);
        out->works = rv == CKR_OK;
        if (out->works)
            list_lacking(&m, label, out);
        else
            say(out,
                rv_class_of(rv) == RV_PIN ? "the PIN is refused by token" : "cannot open token",
                label, rv);
    }
    module_finalise(&m);
}

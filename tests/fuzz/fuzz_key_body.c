/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_key_body.c - bodies about keys: first byte says which, the rest is the JSON.
 * Whatever binds must be within the bounds that its readers promise.
 */
#include <stdint.h>

#include "api/data/key_body.h"
#include "api/data/key_use_body.h"
#include "api/data/rotation_policy_body.h"
#include "codec/jsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct vault vault = {
    .premium = true, .allow_oct = true, .allow_okp = true, .retention_days = 90
};

static void
try_body(enum key_body_kind kind, struct span text)
{
    struct http_request req = { .body = text };
    struct exchange x = { .req = &req, .version = V2026_04_01, .vault = &vault };
    struct key_body b;
    struct key_detail d = { 0 };
    struct byok_blob blob;
    char why[KEY_WHY_MAX] = "";

    if (key_body_read(&x, kind, &b) == ERR_OK) {
        d.hsm = b.hsm;
        d.exportable = b.exportable;
        bug_on(b.nops > KEY_OPS_MAX || b.release.data.len > RELEASE_POLICY_MAX);
        if (kind != KEY_BODY_UPDATE && key_body_ops(&b, b.spec.type, &d) == ERR_OK)
            bug_on(d.nops > KEY_OPS_MAX);
        if (b.byok.len > 0) {
            if (byok_blob_read(b.byok, &blob, why) == ERR_OK)
                bug_on(blob.ciphertext.len == 0 || blob.kid.len == 0);
            byok_blob_release(&blob);
        }
    }
    bug_on(memchr(b.why, '\0', sizeof(b.why)) == NULL);
    key_body_release(&b);
}

static void
try_use(enum key_op op, struct span text)
{
    struct key_use_body b;

    if (key_use_body_read(op, V2026_04_01, text, &b) == ERR_OK)
        bug_on(b.alg == ALG_NONE || b.value.ptr == NULL ||
               (key_alg_info(b.alg)->ops & KEY_OP_BIT(op)) == 0);
    key_use_body_release(&b);
}

static void
try_policy(struct span text)
{
    struct rotation_policy p;
    const char *why = NULL;

    if (rotation_policy_body_read(text, &p) != ERR_OK)
        return;
    if (rotation_policy_check(&p, &why) == ERR_OK)
        bug_on(p.norder == 0 || p.norder > ACTION__MAX);
    else
        bug_on(why == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static bool ready;
    struct span text;

    if (!ready) {
        bug_on(secmem_init(32 * 1024 * 1024) != ERR_OK);
        jsn_setup();
        ready = true;
    }
    if (len == 0)
        return 0;
    text = span_of(bytes + 1, len - 1);
    switch (bytes[0] % 10) {
    case 0:
        try_body(KEY_BODY_CREATE, text);
        break;
    case 1:
        try_body(KEY_BODY_IMPORT, text);
        break;
    case 2:
        try_body(KEY_BODY_UPDATE, text);
        break;
    case 3:
        try_policy(text);
        break;
    default:
        try_use((enum key_op)(bytes[0] % 10 - 4), text);
        break;
    }
    return 0;
}

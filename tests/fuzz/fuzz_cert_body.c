/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cert_body.c - bodies about certificates and their policies: first byte says which, the
 * rest is the JSON; and rows, whose payload it is then. A policy that is accepted must survive
 * being stored.
 */
#include <stdint.h>

#include "api/data/cert_body.h"
#include "api/data/cert_parts.h"
#include "api/data/cert_policy_body.h"
#include "codec/jsn.h"
#include "vault/cert_contacts.h"
#include "vault/issuer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct vault vault = { .premium = true, .retention_days = 90 };
static struct cert_policy policy, again; /* too much for a stack */

static void
try_policy(enum api_version version, struct span text)
{
    struct http_request req = { .body = text };
    struct exchange x = { .req = &req, .version = version, .vault = &vault };
    char why[KEY_WHY_MAX] = "";
    struct jsn *root = NULL;
    struct buf room;
    struct jsw w;
    enum err e = jsn_parse(text, &root);

    buf_init(&room, CERT_POLICY_ROW_MAX);
    if (e == ERR_OK && jsn_is_object(root)) {
        cert_policy_defaults(&policy);
        e = cert_policy_body_read(&x, root, &policy, why);
        if (e == ERR_OK)
            e = cert_policy_body_check(&policy, why);
        bug_on(e == ERR_BAD_PARAMETER && why[0] == '\0');
        if (e == ERR_OK) {
            struct key_detail d;
            struct buf out;

            bug_on(policy.nactions == 0 || policy.months == 0);
            bug_on(cert_policy_copy(&policy, &room, &again) != ERR_OK);
            cert_policy_key_ops(&again, &d);
            bug_on(d.nops > KEY_OPS_MAX);
            buf_init(&out, 1024 * 1024);
            w = jsw_of(sink_buf(&out));
            jsw_object(&w, NULL);
            cert_policy_body_put(&x, "policy", &(struct object_name){ .spelled = "n" }, &again,
                                 &w);
            jsw_end(&w);
            bug_on(out.err != ERR_OK);
            buf_release(&out);
        }
    }
    buf_release(&room);
    jsn_free(root);
}

static void
try_body(enum cert_body_kind kind, struct span text)
{
    struct http_request req = { .body = text };
    struct exchange x = { .req = &req, .version = V2026_04_01, .vault = &vault };
    struct cert_body b = { 0 };

    if (cert_body_read(&x, kind, &b) == ERR_OK)
        bug_on(kind == CERT_BODY_MERGE && jsn_len(b.x5c) == 0);
    cert_body_release(&b);
}

static void
try_rows(struct span payload)
{
    static struct cert_contacts contacts;
    static struct issuer issuer;
    struct cert_operation op;
    struct cert_detail d;

    if (cert_policy_read(payload, &policy) == ERR_OK)
        bug_on(policy.nusage > CERT_USAGES);
    if (cert_detail_read(payload, &d) == ERR_OK)
        bug_on(d.n > CERT_CHAIN_MAX);
    (void)!cert_operation_read(payload, &op);
    (void)!cert_contacts_read(payload, &contacts);
    (void)!issuer_read(payload, &issuer);
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
    switch (bytes[0] % 7) {
    case 0:
        try_policy(V2026_04_01, text);
        break;
    case 1:
        try_policy(V7_0, text);
        break;
    case 2:
        try_rows(text);
        break;
    default:
        try_body((enum cert_body_kind)(bytes[0] % 7 - 3), text);
        break;
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cert_policy.c - any text as the policy of a certificate. One that is accepted is shown,
 * and what is shown is accepted again and shown as the same: clients send back what they got.
 */
#include <stdint.h>

#include "api/data/cert_policy_body.h"
#include "codec/jsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { SHOWN_MAX = 1024 * 1024 };

static struct vault vault = { .premium = true, .retention_days = 90 };
static struct cert_policy policy; /* too much for a stack */

/* Reads it over the defaults, as a create does, and appends how it is shown. */
static bool
show(struct span text, struct buf *out)
{
    struct http_request req = { .body = text };
    struct exchange x = { .req = &req, .version = V2026_04_01, .vault = &vault };
    char why[KEY_WHY_MAX] = "";
    struct jsn *root = NULL;
    struct jsw w;
    enum err e = jsn_parse(text, &root);

    if (e == ERR_OK && jsn_is_object(root)) {
        cert_policy_defaults(&policy);
        e = cert_policy_body_read(&x, root, &policy, why);
        if (e == ERR_OK)
            e = cert_policy_body_check(&policy, why);
        bug_on(e == ERR_BAD_PARAMETER && why[0] == '\0');
        if (e == ERR_OK) {
            w = jsw_of(sink_buf(out));
            cert_policy_body_put(&x, NULL, &(struct object_name){ .spelled = "n" }, &policy,
                                 &w);
            bug_on(out->err != ERR_OK);
        }
    }
    jsn_free(root);
    return out->len > 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static bool ready;
    struct buf one, two;

    if (!ready) {
        bug_on(secmem_init(32 * 1024 * 1024) != ERR_OK);
        jsn_setup();
        ready = true;
    }
    buf_init(&one, SHOWN_MAX);
    buf_init(&two, SHOWN_MAX);
    if (show(span_of(bytes, len), &one)) {
        bug_on(!show(buf_span(&one), &two));
        bug_on(!span_is_equal(buf_span(&one), buf_span(&two)));
    }
    buf_release(&one);
    buf_release(&two);
    return 0;
}

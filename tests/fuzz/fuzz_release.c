/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_release.c - release policies: the first line is the policy, the second the claims of an
 * attestation, the rest who signed it. The canonical form of a policy is its own canonical form
 * and decides as the policy does; no claims open nothing.
 */
#include <stdlib.h>

#include "api/data/release_policy.h"
#include "auth/release_rule.h"
#include "base/secbuf.h"
#include "codec/b64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { TEXT_MAX = 1024 * 1024 };

/* The policy as a body carries it. */
static enum err
canonical(struct span policy, struct buf *text)
{
    struct release_policy p;
    struct jsn *root = NULL;
    struct buf body;
    enum err e;

    buf_init(&body, TEXT_MAX);
    buf_put_str(&body, "{\"data\":\"");
    b64url_put(sink_buf(&body), policy);
    buf_put_str(&body, "\"}");
    e = jsn_parse(buf_span(&body), &root);
    if (e == ERR_OK)
        e = release_policy_read(root, text, &p);
    if (e == ERR_OK && (!p.is_set || p.data.len > RELEASE_POLICY_MAX))
        abort();
    jsn_free(root);
    buf_release(&body);
    return e;
}

static void
decide(struct span policy, struct span canon, struct span claims_text, struct span iss)
{
    struct jsn *claims = NULL, *none = NULL;
    enum err e;

    if (jsn_parse(span_str("{}"), &none) != ERR_OK ||
        release_rule_check(canon, iss, none) != ERR_DENIED)
        abort();
    jsn_free(none);
    if (jsn_parse(claims_text, &claims) != ERR_OK)
        return;
    e = release_rule_check(canon, iss, claims);
    if ((e != ERR_OK && e != ERR_DENIED) || release_rule_check(policy, iss, claims) != e)
        abort();
    jsn_free(claims);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    struct span all = span_of(data, len), policy = span_head(all, span_find(all, '\n')), claims;
    struct buf once, twice;

    if (!ready) {
        if (secmem_init(32 * 1024 * 1024) != ERR_OK)
            abort();
        jsn_setup();
        ready = true;
    }
    all = span_tail(all, policy.len + 1);
    claims = span_head(all, span_find(all, '\n'));
    buf_init(&once, RELEASE_POLICY_MAX);
    buf_init(&twice, RELEASE_POLICY_MAX);
    if (canonical(policy, &once) == ERR_OK) {
        if (canonical(buf_span(&once), &twice) != ERR_OK ||
            !span_is_equal(buf_span(&once), buf_span(&twice)))
            abort();
        decide(policy, buf_span(&once), claims, span_tail(all, claims.len + 1));
    }
    buf_release(&once);
    buf_release(&twice);
    return 0;
}

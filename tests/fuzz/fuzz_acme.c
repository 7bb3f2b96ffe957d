/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_acme.c - what an ACME server says: the first byte chooses the message. What is accepted
 * keeps its bounds.
 */
#include <stdlib.h>

#include "acme/message.h"
#include "base/secbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(bool ok)
{
    if (!ok)
        abort();
}

static void
read_order(struct span body)
{
    struct span name = span_str("a.example");
    struct acmec_order o;

    if (acmec_order_read(body, &o) != ERR_OK)
        return;
    check(o.authz_count > 0 && o.authz_count <= ACME_AUTHZ_MAX);
    for (size_t i = 0; i < o.authz_count; i++)
        check(acmec_url_is_ok(o.authz[i]));
    check(acmec_url_is_ok(o.finalize));
    (void)acmec_order_is_for(&o, &name, 1);
    acmec_order_release(&o);
}

static void
read_authz(struct span body)
{
    struct acmec_authz a;
    const struct acmec_challenge *c;

    if (acmec_authz_read(body, &a) != ERR_OK)
        return;
    check(a.count <= ACME_CHALLENGES_MAX && a.name.len > 0);
    c = acmec_authz_find(&a, ACME_HTTP_01);
    check(c == NULL || (c->token.len >= ACME_TOKEN_MIN && c->token.len <= ACME_TOKEN_MAX &&
                        acmec_url_is_ok(c->url)));
    acmec_authz_release(&a);
}

static void
read_problem(struct span body)
{
    struct buf text;

    buf_init(&text, 4 * ACME_TEXT_MAX);
    (void)acmec_problem_read(body, 400, &text);
    check(text.err == ERR_OK && text.len <= ACME_TEXT_MAX + 32);
    for (size_t i = 0; i < text.len; i++)
        check(text.ptr[i] >= ' ' && text.ptr[i] < 0x7f);
    buf_release(&text);
}

static void
read_headers(struct span text)
{
    struct span url;
    unsigned wait = acmec_retry_after(text, 7);

    check(wait >= 1 && wait <= ACME_RETRY_AFTER_MAX);
    if (acmec_link_read(text, "alternate", &url))
        check(acmec_url_is_ok(url));
    (void)acmec_nonce_is_ok(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    struct acmec_directory d;
    struct span rest;
    int64_t from, to;

    if (!ready) {
        check(secmem_init(64 * 1024 * 1024) == ERR_OK ||
              secmem_init(4 * 1024 * 1024) == ERR_OK);
        jsn_setup();
        ready = true;
    }
    if (len == 0)
        return 0;
    rest = span_of(data + 1, len - 1);
    switch (data[0] % 6) {
    case 0:
        if (acmec_directory_read(rest, &d) == ERR_OK)
            acmec_directory_release(&d);
        break;
    case 1:
        read_order(rest);
        break;
    case 2:
        read_authz(rest);
        break;
    case 3:
        read_problem(rest);
        break;
    case 4:
        read_headers(rest);
        break;
    default:
        if (acmec_renewal_info_read(rest, &from, &to) == ERR_OK)
            check(from <= to);
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_config.c - any bytes as keyhold.conf. Refusal names its reasons in plain
 * text; what is accepted is within every bound that others rely on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool
is_terminated(const char *s, size_t cap)
{
    return memchr(s, '\0', cap) != NULL;
}

static void
check_accepted(const struct config *c)
{
    if (c->nlisten == 0 || c->nlisten > CONFIG_MAX_LISTEN || c->loops == 0 || c->loops > 64 ||
        c->keeper_slow_threads > 64 || c->clock_offset != 0)
        abort();
    if (c->keeper_threads > 64 || c->keeper_rsa_threads < 1 || c->keeper_rsa_threads > 64)
        abort();
    for (size_t i = 0; i < 3; i++)
        if (c->keeper_stock[i] > 32)
            abort();
    if (!is_terminated(c->domain, sizeof(c->domain)) || c->domain[0] == '\0' ||
        !is_terminated(c->seal_file, sizeof(c->seal_file)) || c->seal_file[0] != '/' ||
        !is_terminated(c->store_dir, sizeof(c->store_dir)) || c->store_dir[0] != '/' ||
        !is_terminated(c->audit_dir, sizeof(c->audit_dir)) || c->audit_dir[0] != '/')
        abort();
    if ((c->tls_chain[0] == '\0') != (c->tls_key[0] == '\0'))
        abort();
}

static void
check_report(const struct config_report *r)
{
    if (r->errors == 0 || r->text.len == 0)
        abort();
    for (size_t i = 0; i < r->text.len; i++)
        if (r->text.ptr[i] != '\n' && (r->text.ptr[i] < 0x20 || r->text.ptr[i] > 0x7e))
            abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct config_report r;
    struct config *c = NULL;

    config_report_init(&r);
    if (config_parse(span_of(data, len), "fuzz", NULL, 0, &c, &r) == ERR_OK) {
        if (r.errors != 0)
            abort();
        check_accepted(c);
    } else {
        if (c != NULL)
            abort();
        check_report(&r);
    }
    config_free(c);
    config_report_release(&r);
    return 0;
}

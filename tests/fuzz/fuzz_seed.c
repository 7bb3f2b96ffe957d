/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_seed.c - seed files, JSON and YAML. Property: what is accepted has a
 * tenant id that parses and a tenant name; nothing leaks or crashes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/secbuf.h"
#include "codec/jsn.h"
#include "jobs/seed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    struct seed *s;
    struct guid id, again;

    if (!ready) {
        if (secmem_init(4 * 1024 * 1024) != ERR_OK)
            abort();
        log_set_level(LOG_ERROR);
        jsn_setup();
        ready = true;
    }
    if (len > 64 * 1024 || seed_parse(span_of(data, len), &s) != ERR_OK)
        return 0;
    id = seed_tenant(s);
    if (!guid_parse(span_str(id.text), &again) || !guid_is_equal(&id, &again) ||
        seed_tenant_name(s) == NULL)
        abort();
    seed_free(s);
    return 0;
}

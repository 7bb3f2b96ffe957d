/* SPDX-License-Identifier: Apache-2.0 */
/* keeper_fixture.h - secret memory and small helpers for the keeper's tests. */
#ifndef TEST_KEEPER_KEEPER_FIXTURE_H
#define TEST_KEEPER_KEEPER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secbuf.h"
#include "codec/pack.h"
#include "keeper/ask.h"

#define GUID_A    "11111111-2222-4333-8444-555555555555"
#define GUID_B    "aaaaaaaa-2222-4333-8444-555555555555"
#define VERSION_1 "00000000000000000000000000000001"
#define VERSION_2 "00000000000000000000000000000002"

static inline int
secmem_setup(void **state)
{
    (void)state;
    return secmem_init(4 * 1024 * 1024) == ERR_OK ? 0 : -1;
}

static inline int
secmem_teardown(void **state)
{
    size_t used, total;

    (void)state;
    secmem_usage(&used, &total);
    secmem_release();
    return used == 0 ? 0 : -1;
}

static inline struct wrapped
wrapped_of(enum key_purpose purpose, const char *id, struct span bytes)
{
    return (struct wrapped){ purpose, span_str(id), bytes };
}

static inline struct object_id
object_of(const char *vault, const char *name, const char *version)
{
    struct object_id id = { .kind = KIND_SECRET,
                            .name = span_str(name),
                            .version = span_str(version) };

    assert_true(guid_parse(span_str(vault), &id.vault));
    return id;
}

#endif /* TEST_KEEPER_KEEPER_FIXTURE_H */

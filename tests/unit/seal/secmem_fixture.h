/* SPDX-License-Identifier: Apache-2.0 */
/* secmem_fixture.h - secret memory for a test program, and a look for what it forgot. */
#ifndef TEST_SEAL_SECMEM_FIXTURE_H
#define TEST_SEAL_SECMEM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secbuf.h"

static inline int
secmem_setup(void **state)
{
    (void)state;
    return secmem_init(1024 * 1024) == ERR_OK ? 0 : -1;
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

#endif /* TEST_SEAL_SECMEM_FIXTURE_H */

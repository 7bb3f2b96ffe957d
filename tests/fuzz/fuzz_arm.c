/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_arm.c - requests to the resource manager: ids, filters, and bodies about vaults, roles,
 * locks, tags, identities (bench.h). */
#include "bench.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    (void)bench_run("management.keyhold.test", span_of(data, len));
    return 0;
}

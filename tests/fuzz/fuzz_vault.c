/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_vault.c - requests to a vault with roles: bodies about keys and secrets, and the
 * questions made of them (bench.h). */
#include "bench.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    (void)bench_run("kv1.vault.keyhold.test", span_of(data, len));
    return 0;
}

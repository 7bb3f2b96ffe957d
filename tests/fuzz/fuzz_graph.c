/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_graph.c - requests to the directory: its queries, and bodies about people, groups and
 * applications (bench.h). */
#include "bench.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    (void)bench_run("graph.keyhold.test", span_of(data, len));
    return 0;
}

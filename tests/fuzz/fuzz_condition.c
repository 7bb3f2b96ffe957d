/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions of role assignments: what parses can be written and parses again
 * to the same, and its value does not change on the way.
 */
#include <stdlib.h>

#include "auth/condition.h"

static const struct span more[] = { { (const uint8_t *)"b", 1 } };
static const struct attribute attributes[] = {
    { ATTRIBUTE_REQUEST, "a", { (const uint8_t *)"a", 1 }, more, 1, false },
    { ATTRIBUTE_RESOURCE,
      "Microsoft.KeyVault/vaults/secrets:name",
      { (const uint8_t *)"prod-1", 6 },
      NULL,
      0,
      true },
    { ATTRIBUTE_ENVIRONMENT, "isPrivateLink", { (const uint8_t *)"true", 4 }, NULL, 0, false },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct condition_facts facts = {
        .action = span_str("microsoft.authorization/roleassignments/write"),
        .attributes = attributes,
        .nattributes = sizeof(attributes) / sizeof(attributes[0]),
        .now = 1800000000,
    };
    struct condition *a = NULL, *b = NULL;
    struct condition_fault why;
    struct buf once, twice;
    enum err e;

    buf_init(&once, 1024 * 1024);
    buf_init(&twice, 1024 * 1024);
    if (condition_parse(span_of(data, len), &a, &why) != ERR_OK)
        goto out;
    condition_write(a, &once);
    /* Written out it may be longer and deeper than is allowed. */
    e = condition_parse(buf_span(&once), &b, &why);
    if (e != ERR_OK && len < 1024 && !span_is_str(span_str(why.what), "nested too deeply") &&
        !span_is_str(span_str(why.what), "too long"))
        abort();
    if (e != ERR_OK)
        goto out;
    condition_write(b, &twice);
    if (!span_is_equal(buf_span(&once), buf_span(&twice)) ||
        condition_truth(a, &facts) != condition_truth(b, &facts))
        abort();
out:
    condition_free(b);
    condition_free(a);
    buf_release(&twice);
    buf_release(&once);
    return 0;
}

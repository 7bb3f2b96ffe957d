/* SPDX-License-Identifier: Apache-2.0 */
/* recall.c - a table of sets with four places each; the oldest of a set makes room. */
#include "keeper/recall.h"

#include <stdlib.h>

#include "base/wipe.h"

enum { WAYS = 4, SETS = RECALL_MAX / WAYS };

struct recall {
    struct place {
        uint8_t tag[MAC_LEN];
        uint64_t until_ms; /* 0: empty */
    } sets[SETS][WAYS];
};

enum err
recall_new(struct recall **out)
{
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? ERR_NOMEM : ERR_OK;
}

void
recall_free(struct recall *r)
{
    if (r == NULL)
        return;
    wipe(r, sizeof(*r));
    free(r);
}

enum err
recall_tag(const struct mac_key *key, struct span record, struct span password,
           uint8_t tag[static MAC_LEN])
{
    /* The length in front keeps record and password apart. */
    const uint8_t len[4] = { (uint8_t)(record.len >> 24), (uint8_t)(record.len >> 16),
                             (uint8_t)(record.len >> 8), (uint8_t)record.len };
    const struct span parts[3] = { span_of(len, sizeof(len)), record, password };

    return mac_key_make(key, parts, 3, tag);
}

static struct place *
set_of(struct recall *r, const uint8_t *tag)
{
    return r->sets[((size_t)tag[0] << 8 | tag[1]) % SETS];
}

bool
recall_has(struct recall *r, const uint8_t tag[static MAC_LEN], uint64_t now_ms)
{
    const struct place *set = set_of(r, tag);

    for (size_t i = 0; i < WAYS; i++)
        if (set[i].until_ms > now_ms &&
            ct_equal(span_of(set[i].tag, MAC_LEN), span_of(tag, MAC_LEN)))
            return true;
    return false;
}

void
recall_put(struct recall *r, const uint8_t tag[static MAC_LEN], uint64_t now_ms)
{
    struct place *set = set_of(r, tag), *at = &set[0];

    for (size_t i = 1; i < WAYS; i++)
        if (set[i].until_ms < at->until_ms)
            at = &set[i];
    memcpy(at->tag, tag, MAC_LEN);
    at->until_ms = now_ms + RECALL_MS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_rows.c - the payloads of objects' rows: heads, versions, details of
 * secrets and keys, rotation policies, and the durations in them.
 *
 * The first byte says which reader gets the rest. What a reader accepts can be
 * used: details pack to the bytes they were read from, policies are due some
 * time, durations lead there and back within a month's length.
 */
#include <stdint.h>
#include <stdlib.h>

#include "vault/key.h"
#include "vault/object_head.h"
#include "vault/object_version.h"
#include "vault/rotation_policy.h"
#include "vault/secret.h"

enum { READERS = 6, DAY = 86400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void
try_key_detail(struct span payload)
{
    struct attrs a = { .enabled = true };
    struct key_detail d;
    struct buf again;

    if (key_detail_read(payload, &d) != ERR_OK) {
        must(d.nops == 0 && d.public.type == KEY_NONE && !d.release.is_set);
        return;
    }
    for (enum key_op op = 0; op < KEY_OP__MAX; op++)
        must(key_may(&d, &a, op, 0) ==
             ((op == KEY_EXPORT ? d.exportable : key_has_op(&d, op)) ? ERR_OK : ERR_KEY_OP));
    buf_init(&again, DETAIL_MAX);
    key_detail_pack(sink_buf(&again), &d);
    must(again.err == ERR_OK && span_is_equal(buf_span(&again), payload));
    buf_release(&again);
}

static void
try_policy(struct span payload)
{
    struct attrs v = { .created = 1700000000, .has_exp = true, .exp = 1800000000 };
    struct rotation_policy p, checked;
    const char *why;
    int64_t when;

    if (rotation_policy_read(payload, &p) != ERR_OK) {
        must(p.norder == 0 && !p.stored);
        return;
    }
    must(p.norder <= ACTION__MAX);
    for (unsigned i = 0; i < p.norder; i++)
        must(p.trigger[p.order[i]].is_set);
    for (int a = 0; a < ACTION__MAX; a++)
        if (rotation_policy_due(&p, (enum lifetime_action)a, &v, &when))
            must(when > 0 && p.trigger[a].is_set &&
                 (a != ACTION_ROTATE || when >= v.created + 7 * DAY));
    checked = p;
    if (rotation_policy_check(&checked, &why) == ERR_OK)
        must(why == NULL && checked.trigger[ACTION_NOTIFY].is_set);
    else
        must(why != NULL);
}

static void
try_duration(struct span text)
{
    const int64_t from = 1700000000;
    struct duration d;
    int64_t there, back;

    if (!duration_parse(text, &d)) {
        must(!duration_is_set(&d));
        return;
    }
    must(span_is_str(text, d.text) && d.months <= 1200 && d.days <= 36500);
    there = duration_shift(&d, from, 1);
    back = duration_shift(&d, there, -1);
    /* The end of a month may cost up to three days on the way, and again on the way back. */
    must(there >= from && back >= from - 31 * DAY && back <= from + 31 * DAY);
}

static void
try_version(struct span payload)
{
    struct object_version v = { .generation = 0 }, w = { .generation = 0 };
    struct buf meta;

    if (object_version_read(payload, &v) != ERR_OK)
        return;
    buf_init(&meta, OBJECT_META_MAX);
    object_meta_pack(sink_buf(&meta), &v);
    must(meta.err == ERR_OK && object_meta_read(buf_span(&meta), &w) == ERR_OK);
    must(span_is_equal(w.detail, v.detail) && w.tags.n == v.tags.n && w.tags.n <= MAX_TAGS);
    buf_release(&meta);
}

static void
try_secret_detail(struct span payload)
{
    uint8_t room[SECRET_DETAIL_MAX];
    struct object_change c = { .has_detail = false };
    struct secret_detail d;

    if (secret_detail_read(payload, &d) != ERR_OK)
        return;
    if (d.has_type)
        must(secret_detail_set(&c, d.content_type, room));
    must(span_is_equal(c.detail, payload));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span payload = span_of(data + 1, len == 0 ? 0 : len - 1);
    struct object_head head;

    if (len == 0)
        return 0;
    switch (data[0] % READERS) {
    case 0:
        try_key_detail(payload);
        break;
    case 1:
        try_policy(payload);
        break;
    case 2:
        if (object_head_read(payload, &head) == ERR_OK)
            must(head.due[0] >= 0 && head.due[1] >= 0 && head.name.key[0] != '\0');
        break;
    case 3:
        try_version(payload);
        break;
    case 4:
        try_secret_detail(payload);
        break;
    case 5:
        try_duration(payload);
        break;
    default:
        break;
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_skiptoken.c - any text as $skiptoken. What is accepted is exactly what we
 * give out for its position; what we give out is accepted.
 */
#include <stdint.h>
#include <stdlib.h>

#include "api/page.h"
#include "base/secbuf.h"
#include "codec/b64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct guid vault = { "11111111-1111-4111-8111-111111111111" };
static struct rows *rows;

static void
setup(void)
{
    static const uint8_t key[ROW_KEY_LEN] = { 1, 2, 3 };

    if (rows == NULL && (secmem_init(1024 * 1024) != ERR_OK ||
                         rows_new(span_of(key, sizeof(key)), &rows) != ERR_OK))
        abort();
}

static void
check_ours(const char *position)
{
    char got[MAX_OBJECT_NAME + 1];
    struct buf token;

    buf_init(&token, 1024);
    if (skiptoken_put(rows, &vault, "/secrets", position, sink_buf(&token)) != ERR_OK ||
        skiptoken_get(rows, &vault, "/secrets", buf_span(&token), got) != ERR_OK ||
        strcmp(got, position) != 0 ||
        skiptoken_get(rows, &vault, "/deletedsecrets", buf_span(&token), got) != ERR_BAD_PAGE)
        abort();
    buf_release(&token);
}

/* An accepted text may differ from ours in its padding only. */
static void
check_accepted(struct span text, const char *position)
{
    struct buf token;

    while (text.len > 0 && text.ptr[text.len - 1] == '=')
        text.len--;
    buf_init(&token, 1024);
    if (skiptoken_put(rows, &vault, "/secrets", position, sink_buf(&token)) != ERR_OK ||
        !span_is_equal(text, buf_span(&token)))
        abort();
    buf_release(&token);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char position[MAX_OBJECT_NAME + 1];
    struct span text = span_of(data, len);
    enum err e;

    setup();
    e = skiptoken_get(rows, &vault, "/secrets", text, position);
    if (e == ERR_OK)
        check_accepted(text, position);
    else if (e != ERR_BAD_PAGE || position[0] != '\0')
        abort();
    if (len > 0 && span_copy_str(text, position, sizeof(position)))
        check_ours(position);
    return 0;
}

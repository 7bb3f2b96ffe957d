/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_jwt.c - a bearer token as it comes from outside. What parses is composed
 * again and must give the same text: no two texts are the same token. And no
 * text is ever good where no key is published.
 */
#include <stdlib.h>

#include "auth/jwt.h"
#include "auth/token.h"
#include "base/log.h"
#include "base/secbuf.h"
#include "codec/jsn.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct rows *rows;
static struct store *store;

static void
setup_once(void)
{
    static const uint8_t key[ROW_KEY_LEN];
    struct store_config cfg = { .engine = "mem" };

    if (rows != NULL)
        return;
    log_set_level(LOG_ERROR);
    if (secmem_init(4 * 1024 * 1024) != ERR_OK || store_open(&cfg, &store) != ERR_OK ||
        rows_new(span_of(key, sizeof(key)), &rows) != ERR_OK)
        abort();
    jsn_setup();
}

static void
try_parse(struct span text)
{
    struct buf again;
    int64_t when;
    struct jwt j;

    buf_init(&again, 2 * MAX_TOKEN);
    if (jwt_parse(text, &j) == ERR_OK) {
        jwt_put(sink_buf(&again), j.signing_input, span_of(j.sig, j.sig_len));
        if (!span_is_equal(buf_span(&again), text))
            abort();
        if (jwt_get_time(&j, "exp", &when) == JSN_OK && when < 0)
            abort();
    }
    jwt_release(&j);
    buf_release(&again);
}

static void
try_verify(struct span text)
{
    static const char *const audiences[] = { "https://vault.keyhold.test" };
    struct token_expect expect = { audiences, 1, "https://login.keyhold.test" };
    struct store_view *view;
    struct caller caller;
    struct buf why;

    if (store_begin(store, &view) != ERR_OK)
        abort();
    buf_init(&why, 4096);
    if (token_verify(NULL, rows, view, &expect, text, &caller, &why) == ERR_OK || caller.known)
        abort();
    if (why.err != ERR_OK)
        abort(); /* every reason fits */
    buf_release(&why);
    store_end(view);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    setup_once();
    try_parse(span_of(data, len));
    try_verify(span_of(data, len));
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_json.c - what is accepted as JSON is written so that it reads the same.
 *
 * Strings, objects and arrays are written back (other values as null, since the
 * reader gives them by member only); reading that and writing it once more must
 * give the same bytes. Nothing may stay in secret memory.
 */
#include <stdint.h>

#include "base/buf.h"
#include "base/secbuf.h"
#include "codec/jsn.h"
#include "codec/jsw.h"

enum { BOUND = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void write_node(struct jsw *w, const char *name, const struct jsn *j);

static bool
write_member(void *arg, struct span name, const struct jsn *value)
{
    struct buf text;

    buf_init(&text, BOUND);
    buf_put(&text, name);
    must(span_find(name, 0) == name.len); /* no NUL in names */
    if (jsn_is_str(value))
        jsw_member(arg, name, jsn_str(value));
    else
        write_node(arg, buf_str(&text), value);
    buf_release(&text);
    return true;
}

static void
write_node(struct jsw *w, const char *name, const struct jsn *j)
{
    if (jsn_is_object(j)) {
        jsw_object(w, name);
        jsn_each(j, write_member, w);
        jsw_end(w);
    } else if (jsn_is_array(j)) {
        jsw_array(w, name);
        for (size_t i = 0; i < jsn_len(j); i++)
            write_node(w, NULL, jsn_at(j, i));
        jsw_end(w);
    } else if (jsn_is_str(j)) {
        jsw_span(w, name, jsn_str(j));
    } else {
        jsw_null(w, name);
    }
}

static void
ask_everything(const struct jsn *j, const char *name)
{
    const struct jsn *node;
    struct span s;
    int64_t i;
    double d;
    bool b;
    unsigned right = 0;

    right += jsn_get_str(j, name, &s) == JSN_OK;
    right += jsn_get_bool(j, name, &b) == JSN_OK;
    right += jsn_get_num(j, name, &d) == JSN_OK;
    right += jsn_get_object(j, name, &node) == JSN_OK;
    right += jsn_get_array(j, name, &node) == JSN_OK;
    must(right <= 1); /* a value has one type */
    must(jsn_get_i64(j, name, &i) != JSN_OK || jsn_get_num(j, name, &d) == JSN_OK);
}

static void
write_tree(struct buf *out, const struct jsn *j)
{
    struct jsw w = jsw_of(sink_buf(out));

    write_node(&w, NULL, j);
    must(out->err == ERR_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool is_ready;
    struct jsn *first = NULL, *second = NULL;
    struct buf once, twice;
    size_t used, total;

    if (!is_ready) {
        /* An ordinary user may lock 8 MiB: enough for the corpus. */
        must(secmem_init(64 * 1024 * 1024) == ERR_OK || secmem_init(4 * 1024 * 1024) == ERR_OK);
        jsn_setup();
        is_ready = true;
    }
    buf_init(&once, BOUND);
    buf_init(&twice, BOUND);
    if (jsn_parse(span_of(data, len), &first) == ERR_OK) {
        ask_everything(first, "a");
        write_tree(&once, first);
        must(jsn_parse(buf_span(&once), &second) == ERR_OK);
        write_tree(&twice, second);
        must(span_is_equal(buf_span(&once), buf_span(&twice)));
    }
    jsn_free(first);
    jsn_free(second);
    secmem_usage(&used, &total);
    must(used == 0);
    buf_release(&once);
    buf_release(&twice);
    return 0;
}

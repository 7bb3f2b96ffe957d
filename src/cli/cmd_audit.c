/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_audit.c - `keyhold audit verify` proves the log whole; `audit rotate`
 * has a running server begin a new file.
 */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/order.h"
#include "codec/jsw.h"
#include "scribe/chain.h"
#include "scribe/verify.h"
#include "vault/row.h"
#include "vault/syskey.h"

struct proof {
    struct store *store;
    struct store_view *view;
    struct span key; /* audit public key */
    struct chain head;
    bool have_key, have_head;
};

/* What the store knows about the log; without a store the files are judged alone. */
static void
open_proof(const struct config *c, struct proof *p)
{
    struct store_config sc = { .engine = c->store_engine,
                               .path = c->store_dir,
                               .read_only = true };
    struct store_row row;
    struct syskey key;

    *p = (struct proof){ 0 };
    if (store_open(&sc, &p->store) != ERR_OK || store_begin(p->store, &p->view) != ERR_OK) {
        complain("cannot read the store at %s: signatures and the end of the log are not "
                 "checked",
                 c->store_dir);
        return;
    }
    if (store_get(p->view, span_str("k/audit"), &row) == ERR_OK &&
        row.value.len > ROW_TAG_LEN &&
        syskey_read(span_head(row.value, row.value.len - ROW_TAG_LEN), &key) == ERR_OK) {
        p->key = key.pub;
        p->have_key = true;
    }
    if (store_get(p->view, span_str("a/head"), &row) == ERR_OK &&
        chain_unpack(row.value, &p->head) == ERR_OK)
        p->have_head = true;
}

static void
close_proof(struct proof *p)
{
    store_end(p->view);
    store_close(p->store);
}

static void
print_json(const struct verify_result *r, enum err e)
{
    struct buf text;
    struct jsw w;

    buf_init(&text, 16 * 1024);
    w = jsw_of(sink_buf(&text));
    jsw_object(&w, NULL);
    jsw_bool(&w, "whole", e == ERR_OK);
    jsw_i64(&w, "files", (int64_t)r->files);
    jsw_i64(&w, "lines", (int64_t)r->lines);
    jsw_i64(&w, "firstSeq", (int64_t)r->first_seq);
    jsw_i64(&w, "lastSeq", (int64_t)r->last_seq);
    jsw_i64(&w, "checkpoints", (int64_t)r->checkpoints);
    jsw_i64(&w, "signedSeq", (int64_t)r->signed_seq);
    jsw_i64(&w, "notices", (int64_t)r->notices);
    jsw_i64(&w, "faults", (int64_t)r->faults);
    if (e != ERR_OK) {
        jsw_str(&w, "file", r->bad_file);
        jsw_i64(&w, "line", (int64_t)r->bad_line);
        jsw_str(&w, "why", r->why);
    }
    jsw_end(&w);
    puts(buf_str(&text));
    buf_release(&text);
}

static void
print_words(const struct verify_result *r, enum err e)
{
    printf("%llu lines in %llu files, numbers %llu to %llu, %llu checkpoints\n",
           (unsigned long long)r->lines, (unsigned long long)r->files,
           (unsigned long long)r->first_seq, (unsigned long long)r->last_seq,
           (unsigned long long)r->checkpoints);
    if (r->notices > 0)
        printf("%llu notices: the log itself reports something; look for \"AuditLog\"\n",
               (unsigned long long)r->notices);
    if (e == ERR_OK)
        puts("the audit log is whole");
    else if (r->why[0] != '\0')
        printf("NOT WHOLE: %s, line %llu: %s (%llu faults)\n", r->bad_file,
               (unsigned long long)r->bad_line, r->why, (unsigned long long)r->faults);
}

static int
verify(const struct config *c, bool json)
{
    struct verify_config vc = { .dir = c->audit_dir };
    struct verify_result result = { 0 };
    struct proof p;
    enum err e;

    open_proof(c, &p);
    if (p.have_key) {
        vc.keys = &p.key;
        vc.nkeys = 1;
    }
    if (p.have_head)
        vc.head = &p.head;
    e = verify_log(&vc, &result);
    close_proof(&p);
    if (json)
        print_json(&result, e);
    else
        print_words(&result, e);
    if (e == ERR_OK)
        return EX_OK;
    if (e == ERR_INTEGRITY)
        return EX_DATAERR;
    complain("nothing was proven: %s", err_text(e));
    return e == ERR_NOT_FOUND ? EX_NOINPUT : EX_IOERR;
}

int
cmd_audit(int argc, char **argv)
{
    struct options o;
    struct config *c;
    bool is_verify = argc >= 1 && span_is_str(span_str(argv[0]), "verify");
    int code;

    if (argc < 1 || (!is_verify && !span_is_str(span_str(argv[0]), "rotate"))) {
        complain("usage: keyhold audit verify|rotate [--config FILE] [--json]");
        return EX_USAGE;
    }
    code = options_begin(&o, argc - 1, argv + 1, &c);
    if (code != EX_OK)
        return code;
    code = is_verify ? verify(c, o.json)
                     : order(c, ADMIN_AUDIT_ROTATE, 30000, "rotate its audit log");
    config_free(c);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_explain.c - `keyhold explain`: why may, or may not, a principal do
 * something; and who can.
 *
 * Reads the store as it lies there, beside a running server or without one, and
 * changes nothing. Rows are believed only with their tags, so the root key is
 * opened for the key of the tags, and for nothing else.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "auth/explain.h"
#include "auth/founding.h"
#include "base/secbuf.h"
#include "cli/cli.h"
#include "cli/rows_key.h"
#include "keeper/ask.h"

enum { EXPLAIN_SECMEM = 1024 * 1024, EXPLAIN_TEXT_MAX = 64 * 1024 * 1024 };

struct reading {
    const struct config *config;
    struct store *store;
    struct store_view *view;
    struct rows *rows;
    struct guid tid;
};

static void
close_reading(struct reading *r)
{
    store_end(r->view);
    store_close(r->store);
    rows_free(r->rows);
}

static int
open_reading(const struct config *c, struct reading *r)
{
    struct store_config sc = { .engine = c->store_engine,
                               .path = c->store_dir,
                               .read_only = true };
    enum err e;

    *r = (struct reading){ .config = c };
    e = store_open(&sc, &r->store);
    if (e == ERR_OK)
        e = store_begin(r->store, &r->view);
    if (e != ERR_OK) {
        complain("cannot read the store at %s: %s", c->store_dir, err_text(e));
        return e == ERR_NOT_FOUND ? EX_NOINPUT : EX_IOERR;
    }
    e = rows_key_open(c, r->view, &r->rows);
    if (e != ERR_OK) {
        complain("cannot use the root key %s: %s. Without it no row can be believed",
                 c->seal_file, err_text(e));
        return e == ERR_NOT_FOUND ? EX_NOINPUT : EX_NOPERM;
    }
    e = tenant_default(r->rows, r->view, &r->tid);
    if (e == ERR_OK)
        return EX_OK;
    complain("the store has no default tenant: %s", err_text(e));
    return EX_DATAERR;
}

static int
exit_code(enum err e)
{
    complain("cannot tell: %s", err_text(e));
    return e == ERR_INTEGRITY || e == ERR_FORMAT ? EX_DATAERR : EX_SOFTWARE;
}

static int
make_target(struct reading *r, char **words, struct explain_target *t)
{
    enum err e =
        explain_target_make(r->rows, r->view, span_str(words[0]), span_str(words[1]), t);

    if (e == ERR_OK)
        return EX_OK;
    if (e == ERR_ARG)
        complain("'%s' is no action, or '%s' no resource", words[0], words[1]);
    else if (e == ERR_NO_VAULT)
        complain("'%s' names no vault", words[1]);
    else
        return exit_code(e);
    return e == ERR_ARG ? EX_USAGE : EX_DATAERR;
}

static int
make_subject(struct reading *r, const char *word, struct explain_subject *who)
{
    enum err e = explain_find_subject(r->rows, r->view, &r->tid, span_str(word), who);

    if (e == ERR_OK)
        return EX_OK;
    if (e == ERR_NOT_FOUND)
        complain("nobody is called '%s', and no id either", word);
    else if (e == ERR_CONFLICT)
        complain("several are called '%s': give the object id", word);
    else
        return exit_code(e);
    return EX_DATAERR;
}

static int
answer(struct reading *r, bool who_can, bool json, char **words)
{
    struct explain_subject who;
    struct explain_target what;
    bool allowed = true;
    struct buf text;
    enum err e;
    int code = who_can ? EX_OK : make_subject(r, words[0], &who);

    if (code == EX_OK)
        code = make_target(r, who_can ? words : words + 1, &what);
    if (code != EX_OK)
        return code;
    buf_init(&text, EXPLAIN_TEXT_MAX);
    if (who_can)
        e = explain_write_who(r->rows, r->view, &r->tid, &what, json, &text);
    else
        e = explain_write(r->rows, r->view, &who, &what, json, &text, &allowed);
    if (e == ERR_OK) {
        fputs(buf_str(&text), stdout);
        if (json)
            putchar('\n');
        code = allowed ? EX_OK : EX_NOPERM;
    } else {
        code = exit_code(e);
    }
    buf_release(&text);
    explain_target_release(&what);
    return code;
}

/* Takes "--who-can" out of the words. */
static bool
take_who_can(int *argc, char **argv)
{
    for (int i = 0; i < *argc; i++) {
        if (!span_is_str(span_str(argv[i]), "--who-can"))
            continue;
        for (; i + 1 < *argc; i++)
            argv[i] = argv[i + 1];
        --*argc;
        return true;
    }
    return false;
}

int
cmd_explain(int argc, char **argv)
{
    bool who_can = take_who_can(&argc, argv);
    struct reading r = { 0 };
    struct options o;
    struct config *c;
    int code = options_parse(&o, argc, argv);

    if (code == EX_OK && o.nrest != (who_can ? 2 : 3)) {
        complain("usage: keyhold explain [--json] PRINCIPAL ACTION RESOURCE\n"
                 "       keyhold explain [--json] --who-can ACTION RESOURCE");
        code = EX_USAGE;
    }
    if (code != EX_OK)
        return code;
    c = options_config(&o);
    if (c == NULL)
        return EX_CONFIG;
    if (secmem_init(EXPLAIN_SECMEM) != ERR_OK)
        code = EX_OSERR;
    else
        code = open_reading(c, &r);
    if (code == EX_OK)
        code = answer(&r, who_can, o.json, o.rest);
    close_reading(&r);
    config_free(c);
    return code;
}

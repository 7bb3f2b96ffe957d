/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the words behind a command. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

#define DEFAULT_CONFIG "/etc/keyhold/keyhold.conf"

void
complain(const char *fmt, ...)
{
    va_list ap;

    fputs("keyhold: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

void
options_set(struct options *o, const char *key, const char *value)
{
    bug_on(o->nset == OPTIONS_SET_MAX);
    o->set[o->nset++] = (struct config_override){ key, value };
}

/* --set KEY=VALUE: cuts the word at the '='. */
static int
set_pair(struct options *o, char *word)
{
    char *eq = strchr(word, '=');

    if (eq == NULL) {
        complain("--set wants KEY=VALUE, not '%s'", word);
        return EX_USAGE;
    }
    if (o->nset == OPTIONS_GIVEN_MAX) {
        complain("--set may be given %d times: write a configuration file", OPTIONS_GIVEN_MAX);
        return EX_USAGE;
    }
    *eq = '\0';
    options_set(o, word, eq + 1);
    return EX_OK;
}

static int
take_value(struct options *o, struct span name, char *value)
{
    const struct {
        const char *name;
        const char **to;
    } known[] = { { "--config", &o->config }, { "--seed", &o->seed },
                  { "--vault", &o->vault },   { "--data-dir", &o->data_dir },
                  { "--clock", &o->clock },   { "--passphrase-file", &o->passphrase } };
    const char **to = NULL;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (span_is_str(name, known[i].name))
            to = known[i].to;
    if (to == NULL && !span_is_str(name, "--set")) {
        complain("unknown option %.*s", (int)name.len, (const char *)name.ptr);
        return EX_USAGE;
    }
    if (value == NULL) {
        complain("%.*s wants a value", (int)name.len, (const char *)name.ptr);
        return EX_USAGE;
    }
    if (to == NULL)
        return set_pair(o, value);
    *to = value;
    return EX_OK;
}

/* One option at argv[0]; *used is how many words it took. */
static int
take_option(struct options *o, int argc, char **argv, int *used)
{
    char *eq = strchr(argv[0], '=');
    struct span word = span_str(argv[0]);

    *used = 1;
    if (span_is_str(word, "--json")) {
        o->json = true;
        return EX_OK;
    }
    if (span_is_str(word, "--ephemeral")) {
        o->ephemeral = true;
        return EX_OK;
    }
    if (eq != NULL)
        return take_value(o, span_head(word, (size_t)(eq - argv[0])), eq + 1);
    *used = 2;
    return take_value(o, word, argc > 1 ? argv[1] : NULL);
}

int
options_parse(struct options *o, int argc, char **argv)
{
    int i = 0;

    *o = (struct options){ 0 };
    while (i < argc && argv[i][0] == '-') {
        int used, code;

        if (span_is_str(span_str(argv[i]), "--")) {
            o->dashes = true;
            i++;
            break;
        }
        code = take_option(o, argc - i, argv + i, &used);
        if (code != EX_OK)
            return code;
        i += used;
    }
    o->rest = argv + i;
    o->nrest = argc - i;
    return EX_OK;
}

int
options_parse_all(struct options *o, int argc, char **argv)
{
    int code = options_parse(o, argc, argv);

    if (code == EX_OK && o->nrest > 0) {
        complain("what is '%s'?", o->rest[0]);
        code = EX_USAGE;
    }
    return code;
}

struct config *
options_config(struct options *o)
{
    const char *path = o->config;
    struct config_report report;
    struct config *c = NULL;

    if (o->data_dir != NULL)
        options_set(o, "data_dir", o->data_dir);
    if (o->passphrase != NULL)
        options_set(o, "seal.passphrase", o->passphrase);
    if (path == NULL && access(DEFAULT_CONFIG, R_OK) == 0)
        path = DEFAULT_CONFIG;
    config_report_init(&report);
    if (config_load(path, o->set, o->nset, &c, &report) != ERR_OK) {
        fputs(buf_str(&report.text), stderr);
        complain("the configuration has %u error%s", report.errors,
                 report.errors == 1 ? "" : "s");
    }
    config_report_release(&report);
    return c;
}

int
options_begin(struct options *o, int argc, char **argv, struct config **c)
{
    int code = options_parse_all(o, argc, argv);

    *c = NULL;
    if (code != EX_OK)
        return code;
    *c = options_config(o);
    return *c == NULL ? EX_CONFIG : EX_OK;
}

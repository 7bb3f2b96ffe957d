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

    if (eq == NULL || o->nset == OPTIONS_SET_MAX) {
        complain("--set wants KEY=VALUE, not '%s'", word);
        return EX_USAGE;
    }
    *eq = '\0';
    options_set(o, word, eq + 1);
    return EX_OK;
}

/* The option's value is the next word. */
static int
take_value(struct options *o, const char *name, char *value)
{
    const struct {
        const char *name;
        const char **to;
    } known[] = { { "--config", &o->config }, { "--seed", &o->seed },
                  { "--vault", &o->vault },   { "--data-dir", &o->data_dir },
                  { "--clock", &o->clock },   { "--passphrase-file", &o->passphrase } };

    if (value == NULL) {
        complain("%s wants a value", name);
        return EX_USAGE;
    }
    if (span_is_str(span_str(name), "--set"))
        return set_pair(o, value);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (span_is_str(span_str(name), known[i].name)) {
            *known[i].to = value;
            return EX_OK;
        }
    complain("unknown option %s", name);
    return EX_USAGE;
}

int
options_parse(struct options *o, int argc, char **argv)
{
    int i = 0;

    *o = (struct options){ 0 };
    while (i < argc && argv[i][0] == '-') {
        struct span word = span_str(argv[i]);
        int code;

        if (span_is_str(word, "--")) {
            o->dashes = true;
            i++;
            break;
        }
        if (span_is_str(word, "--json")) {
            o->json = true;
            i++;
            continue;
        }
        if (span_is_str(word, "--ephemeral")) {
            o->ephemeral = true;
            i++;
            continue;
        }
        code = take_value(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
        if (code != EX_OK)
            return code;
        i += 2;
    }
    o->rest = argv + i;
    o->nrest = argc - i;
    return EX_OK;
}

struct config *
options_config(struct options *o)
{
    const char *path = o->config;
    struct config_report report;
    struct config *c = NULL;

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

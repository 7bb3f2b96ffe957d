/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - the commands of `keyhold`, one file each.
 *
 * A command gets the words behind its name. Messages for people go to stderr
 * and begin with "keyhold: "; what was asked for goes to stdout. Exit codes
 * are those of sysexits.h.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <sysexits.h>

#include "daemon/config.h"

struct command {
    const char *name;
    const char *usage; /* behind "keyhold " */
    const char *summary;
    int (*run)(int argc, char **argv);
};

int cmd_init(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_dev(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_routes(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_seal(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_tls(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* "keyhold: ..." on stderr. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The options that commands share; each names what it accepts. */
enum { OPTIONS_SET_MAX = 48, OPTIONS_GIVEN_MAX = 32 /* of --set; the rest is the commands' */ };
struct options {
    const char *config; /* --config FILE; NULL: /etc/keyhold/keyhold.conf if it exists */
    struct config_override set[OPTIONS_SET_MAX]; /* --set KEY=VALUE and options that mean one */
    size_t nset;
    const char *seed;       /* --seed FILE */
    const char *vault;      /* --vault NAME */
    const char *data_dir;   /* --data-dir DIR; options_config() takes it */
    const char *passphrase; /* --passphrase-file FILE; options_config() takes it */
    const char *clock;      /* --clock TIME */
    bool json;              /* --json */
    bool ephemeral;         /* --ephemeral */
    char **rest;            /* words behind the options, or behind "--" */
    int nrest;
    bool dashes; /* "--" stood before the rest */
};
/* --name value and --name=value. EX_OK or EX_USAGE (already complained). */
int options_parse(struct options *o, int argc, char **argv);
/* The same for a command that takes no words behind its options. */
int options_parse_all(struct options *o, int argc, char **argv);
/* One more override; both borrowed. */
void options_set(struct options *o, const char *key, const char *value);
/* Loads the configuration; on failure prints every reason and gives NULL. */
struct config *options_config(struct options *o);
/* How most commands begin: options_parse_all(), then the configuration. EX_OK, or complained
 * and an exit code, *c being NULL. */
int options_begin(struct options *o, int argc, char **argv, struct config **c);

#endif /* CLI_CLI_H */

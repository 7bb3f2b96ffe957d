/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - finds the command; everything else is the command's. */
#include "cli/cli.h"

#include <stdio.h>

#include "crypto/setup.h"

static const struct command commands[] = {
    { "serve", "serve [--config FILE]", "run the vault", cmd_serve },
    { "init", "init [--config FILE] [--vault NAME] [--seed FILE]",
      "make root key, private CA, tenant and first administrator", cmd_init },
    { "dev", "dev [--data-dir DIR] [--seed FILE] [-- COMMAND...]",
      "run a vault for development, or COMMAND against a throw-away one", cmd_dev },
    { "doctor", "doctor [--config FILE]", "look for what would keep it from working",
      cmd_doctor },
    { "config", "config check [--config FILE]", "check the configuration file", cmd_config },
    { "routes", "routes [--json]", "list every operation and the permission it needs",
      cmd_routes },
    { "explain", "explain PRINCIPAL|--who-can ACTION RESOURCE",
      "tell why somebody may or may not do something, or who can", cmd_explain },
    { "audit", "audit verify|rotate [--config FILE]", "prove the audit log whole", cmd_audit },
    { "seal", "seal rotate [--config FILE]", "replace the root key while running", cmd_seal },
    { "tls", "tls reload|ca [--config FILE]", "renew the certificate, print the CA", cmd_tls },
    { "version", "version", "print the version", cmd_version },
};
enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
print_help(FILE *to)
{
    fputs("usage: keyhold COMMAND [OPTION...]\n\n", to);
    for (size_t i = 0; i < NCOMMANDS; i++)
        fprintf(to, "  %-58s %s\n", commands[i].usage, commands[i].summary);
    fputs("\nSee keyhold(1) and keyhold.conf(5).\n", to);
}

static int
run(const struct command *c, int argc, char **argv)
{
    if (argc > 0 && span_is_str(span_str(argv[0]), "--help")) {
        printf("usage: keyhold %s\n\n%s. See keyhold(1).\n", c->usage, c->summary);
        return EX_OK;
    }
    return c->run(argc, argv);
}

int
main(int argc, char **argv)
{
    /* First of all: from here on OpenSSL wipes what it frees, in every process. */
    if (!crypto_wipe_freed())
        return EX_SOFTWARE;
    if (argc >= 2) {
        struct span word = span_str(argv[1]);

        for (size_t i = 0; i < NCOMMANDS; i++)
            if (span_is_str(word, commands[i].name))
                return run(&commands[i], argc - 2, argv + 2);
        if (span_is_str(word, "--version"))
            return cmd_version(0, argv + 2);
        if (span_is_str(word, "help") || span_is_str(word, "--help") ||
            span_is_str(word, "-h")) {
            print_help(stdout);
            return EX_OK;
        }
        complain("unknown command '%s'", argv[1]);
    }
    print_help(stderr);
    return EX_USAGE;
}

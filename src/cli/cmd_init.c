/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_init.c - `keyhold init`: root key, private CA, tenant, subscription and
 * the application that administers them, whose secret is shown once.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "cli/cafile.h"
#include "cli/cli.h"
#include "cli/founding.h"
#include "cli/run.h"
#include "codec/jsn.h"
#include "codec/jsw.h"

enum { CLI_SECMEM = 256 * 1024 };

/* In a child: the supervisor wants a process of one thread that has opened nothing. */
static int
run_once(const struct config *c, int seed_fd)
{
    struct run r = { .config = c, .seed_fd = seed_fd, .dev = true, .found_only = true };
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return EX_OSERR;
    if (pid == 0) {
        secmem_release(); /* the children lock memory of their own */
        _exit(run_server(&r));
    }
    if (waitpid(pid, &status, 0) != pid)
        return EX_OSERR;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

static void
print_json(const struct founding *f, const struct config *c)
{
    struct secbuf text;
    struct jsw w;

    secbuf_init(&text, 8192);
    w = jsw_of(sink_sec(&text));
    jsw_object(&w, NULL);
    jsw_str(&w, "tenantId", f->tenant.text);
    jsw_str(&w, "subscriptionId", f->subscription.text);
    jsw_str(&w, "resourceGroup", f->group);
    jsw_str(&w, "clientId", f->client.text);
    jsw_str(&w, "objectId", f->object.text);
    jsw_str(&w, "clientSecret", f->secret);
    jsw_str(&w, "vault", f->vault);
    jsw_str(&w, "dataDir", c->data_dir);
    jsw_end(&w);
    secbuf_put_byte(&text, '\n');
    (void)fwrite(text.ptr, 1, text.len, stdout);
    (void)fflush(stdout);
    secbuf_release(&text);
}

static void
print_words(const struct founding *f, const struct config *c)
{
    printf("Founded in %s.\n\n"
           "  tenant          %s\n"
           "  subscription    %s\n"
           "  resource group  %s\n"
           "  vault           %s\n"
           "  client id       %s   (Owner of the subscription)\n"
           "  client secret   %s\n"
           "  root key        %s\n"
           "  private CA      %s/ca.pem\n\n"
           "The client secret is shown this once. Keep a copy of the root key where this\n"
           "machine's backups are not: without it nothing here can be read again.\n"
           "Start the server with: keyhold serve\n",
           c->data_dir, f->tenant.text, f->subscription.text, f->group,
           f->vault[0] == '\0' ? "(none)" : f->vault, f->client.text, f->secret, c->seal_file,
           c->data_dir);
    (void)fflush(stdout);
}

/* The operator's own seed comes after ours, which it may refer to. */
static int
apply_seed(const struct config *c, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), code;

    if (fd < 0) {
        complain("cannot open the seed file %s", path);
        return EX_NOINPUT;
    }
    code = run_once(c, fd);
    close(fd);
    return code;
}

static int
found(const struct config *c, const struct options *o, struct founding *f)
{
    int fd = -1, code = run_prepare(c);

    if (code != EX_OK)
        return code;
    if (founding_seed(f, &fd) != ERR_OK)
        return EX_OSERR;
    code = run_once(c, fd);
    close(fd);
    if (code == EX_OK && o->seed != NULL)
        code = apply_seed(c, o->seed);
    if (code == EX_OK)
        code = cafile_write(c);
    return code;
}

int
cmd_init(int argc, char **argv)
{
    struct options o;
    struct founding f;
    struct config *c;
    int code = options_parse(&o, argc, argv);

    if (code != EX_OK)
        return code;
    if (o.data_dir != NULL)
        options_set(&o, "data_dir", o.data_dir);
    c = options_config(&o);
    if (c == NULL)
        return EX_CONFIG;
    if (run_is_founded(c)) {
        complain("%s exists already; nothing was changed", c->store_dir);
        config_free(c);
        return EX_CANTCREAT;
    }
    if (secmem_init(CLI_SECMEM) != ERR_OK)
        return EX_OSERR;
    jsn_setup();
    founding_make(&f, o.vault == NULL ? "" : o.vault, "keyhold", c->location);
    code = found(c, &o, &f);
    if (code == EX_OK) {
        if (o.json)
            print_json(&f, c);
        else
            print_words(&f, c);
    }
    founding_release(&f);
    config_free(c);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_init.c - `keyhold init`: root key, private CA, tenant, subscription and
 * the application and the user that administer them, whose secrets are shown
 * once.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "cli/cafile.h"
#include "cli/cli.h"
#include "cli/founding.h"
#include "cli/run.h"
#include "codec/jsn.h"
#include "codec/jsw.h"

enum { CLI_SECMEM = 256 * 1024 };

static int
run_once(const struct config *c, int seed_fd)
{
    const struct run r = { .config = c, .seed_fd = seed_fd, .found_only = true };

    return run_server_apart(&r);
}

static bool
print_json(const struct founding *f, const struct config *c)
{
    struct secbuf text;
    struct jsw w;
    bool ok;

    secbuf_init(&text, 8192);
    w = jsw_of(sink_sec(&text));
    jsw_object(&w, NULL);
    jsw_str(&w, "tenantId", f->tenant.text);
    jsw_str(&w, "subscriptionId", f->subscription.text);
    jsw_str(&w, "resourceGroup", f->group);
    jsw_str(&w, "clientId", f->client.text);
    jsw_str(&w, "objectId", f->object.text);
    jsw_str(&w, "clientSecret", f->secret);
    jsw_str(&w, "user", f->user);
    jsw_str(&w, "password", f->password);
    jsw_str(&w, "vault", f->vault);
    jsw_str(&w, "dataDir", c->data_dir);
    jsw_end(&w);
    secbuf_put_byte(&text, '\n');
    ok = text.err == ERR_OK && fwrite(text.ptr, 1, text.len, stdout) == text.len &&
         fflush(stdout) == 0;
    secbuf_release(&text);
    return ok;
}

static bool
print_words(const struct founding *f, const struct config *c)
{
    printf("Founded in %s.\n\n"
           "  tenant          %s\n"
           "  subscription    %s\n"
           "  resource group  %s\n"
           "  vault           %s\n"
           "  client id       %s   (Owner of the subscription)\n"
           "  client secret   %s\n"
           "  user            %s   (Owner of the subscription)\n"
           "  password        %s\n"
           "  root key        %s\n"
           "  private CA      %s/ca.pem\n\n"
           "The client secret and the password are shown this once. Keep a copy of the root "
           "key where this\n"
           "machine's backups are not: without it nothing here can be read again.\n"
           "Start the server with: keyhold serve\n",
           c->data_dir, f->tenant.text, f->subscription.text, f->group,
           f->vault[0] == '\0' ? "(none)" : f->vault, f->client.text, f->secret, f->user,
           f->password, c->seal_file, c->data_dir);
    return fflush(stdout) == 0 && ferror(stdout) == 0;
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

/* Until the secret was shown, what was begun is kept: then it can be gone on with. */
static int
begin(const struct config *c, const struct options *o, const char *kept, struct founding *f)
{
    int founded = run_founded(c), code;
    bool again;
    enum err e;

    if (founded == EX_OK && access(kept, F_OK) != 0) {
        complain("there is an installation in %s; nothing was changed", c->store_dir);
        return EX_CANTCREAT;
    }
    if (founded != EX_OK && founded != EX_NOINPUT)
        return founded;
    code = run_make_dir(c->data_dir, 0700);
    if (code != EX_OK)
        return code;
    e = founding_begin(f, kept, o->vault == NULL ? "" : o->vault, "keyhold", c->location,
                       c->domain, &again);
    if (e != ERR_OK) {
        complain("cannot use %s: %s", kept, err_text(e));
        return EX_CANTCREAT;
    }
    if (again)
        fprintf(stderr, "keyhold: going on with what an interrupted `init` began\n");
    return EX_OK;
}

static int
init(const struct config *c, const struct options *o)
{
    char kept[CONFIG_PATH_MAX + 16];
    struct founding f;
    int code;

    (void)snprintf(kept, sizeof(kept), "%s/init.json", c->data_dir);
    code = begin(c, o, kept, &f);
    if (code != EX_OK)
        return code;
    code = found(c, o, &f);
    if (code == EX_OK && !(o->json ? print_json(&f, c) : print_words(&f, c))) {
        complain("the secret could not be shown: run `keyhold init` again");
        code = EX_IOERR;
    }
    if (code == EX_OK && unlink(kept) != 0) {
        complain("remove %s yourself: it holds the client secret", kept);
        code = EX_IOERR;
    }
    founding_release(&f);
    return code;
}

int
cmd_init(int argc, char **argv)
{
    struct options o;
    struct config *c;
    int code = options_parse_all(&o, argc, argv);

    if (code == EX_OK)
        code = run_check_vault(o.vault);
    if (code != EX_OK)
        return code;
    c = options_config(&o);
    if (c == NULL)
        return EX_CONFIG;
    if (secmem_init(CLI_SECMEM) == ERR_OK) {
        jsn_setup();
        code = init(c, &o);
    } else {
        code = EX_OSERR;
    }
    config_free(c);
    return code;
}

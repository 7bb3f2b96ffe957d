/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_doctor.c - `keyhold doctor`: looks for what would keep a vault from
 * working, and says what to do about each thing it finds. Changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/doctor_rows.h"
#include "cli/doctor_token.h"
#include "cli/run.h"
#include "codec/jsw.h"
#include "crypto/setup.h"
#include "daemon/admin.h"
#include "daemon/confine.h"

enum { FINDINGS_MAX = 16, FREE_MIB_MIN = 256, LOCK_MIN = 4 * 1024 * 1024 };

enum verdict { FINE, WORTH_KNOWING, WRONG };

struct finding {
    const char *name;
    enum verdict verdict;
    char text[512];
};

struct findings {
    struct finding at[FINDINGS_MAX];
    size_t n;
};

__attribute__((format(printf, 4, 5))) static void
find(struct findings *f, const char *name, enum verdict v, const char *fmt, ...)
{
    struct finding *one = &f->at[f->n];
    va_list ap;

    bug_on(f->n == FINDINGS_MAX);
    f->n++;
    one->name = name;
    one->verdict = v;
    va_start(ap, fmt);
    (void)vsnprintf(one->text, sizeof(one->text), fmt, ap);
    va_end(ap);
}

static void
look_at_names(struct findings *f, const struct config *c)
{
    static const char *const labels[] = { "login", "doctor.vault" };
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;

    for (size_t i = 0; i < 2; i++) {
        char host[CONFIG_NAME_MAX + 32];
        int r;

        (void)snprintf(host, sizeof(host), "%s.%s", labels[i], c->domain);
        r = getaddrinfo(host, NULL, &hints, &found);
        if (r != 0) {
            find(f, "names", WRONG,
                 "%s does not resolve (%s). For names below .localhost install "
                 "libnss-myhostname; for a real domain add DNS records for login, "
                 "management, graph, portal, pki and *.vault",
                 host, gai_strerror(r));
            return;
        }
        freeaddrinfo(found);
    }
    find(f, "names", FINE, "login.%s and vault names resolve", c->domain);
}

static void
look_at_key(struct findings *f, const struct config *c)
{
    struct stat st;

    if (stat(c->seal_file, &st) != 0)
        find(f, "root key", WRONG, "%s: %s. `keyhold init` makes it", c->seal_file,
             strerror(errno));
    else if ((st.st_mode & 077) != 0 && c->seal != SEAL_CREDENTIAL)
        find(f, "root key", WRONG, "%s is readable by others (mode %04o): chmod 600 it",
             c->seal_file, st.st_mode & 07777);
    else
        find(f, "root key", FINE, "%s is there and private", c->seal_file);
}

static void
look_at_space(struct findings *f, const struct config *c)
{
    struct statvfs v;
    unsigned long long mib;

    if (statvfs(c->data_dir, &v) != 0) {
        find(f, "data directory", WRONG, "%s: %s", c->data_dir, strerror(errno));
        return;
    }
    mib = (unsigned long long)v.f_bavail * v.f_frsize >> 20;
    find(f, "data directory", mib < FREE_MIB_MIN ? WORTH_KNOWING : FINE,
         "%llu MiB are free at %s", mib, c->data_dir);
}

static void
look_at_memory(struct findings *f)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_MEMLOCK, &r) != 0)
        return;
    if (r.rlim_max != RLIM_INFINITY && r.rlim_max < LOCK_MIN && geteuid() != 0)
        find(f, "locked memory", WRONG,
             "only %llu KiB may be locked: raise the limit (LimitMEMLOCK=64M in the unit)",
             (unsigned long long)r.rlim_max >> 10);
    else
        find(f, "locked memory", FINE, "enough memory may be locked for secrets");
}

static void
look_at_kernel(struct findings *f)
{
    if (confine_landlock_abi() == 0)
        find(f, "confinement", WORTH_KNOWING,
             "this kernel has no Landlock: processes are confined by seccomp alone");
    else
        find(f, "confinement", FINE, "seccomp and Landlock are there");
}

static int
prove(const struct config *c)
{
    (void)c;
    return crypto_selftest_all() == ERR_OK ? EX_OK : EX_SOFTWARE;
}

/* A server asks a kind of key for its known answers when it is used first; here all are asked.
 */
static void
look_at_algorithms(struct findings *f, const struct config *c)
{
    if (run_apart(prove, c) == EX_OK)
        find(f, "algorithms", FINE, "all known answers are right");
    else
        find(f, "algorithms", WRONG,
             "not all known answers of OpenSSL are right (see above): what fails is not used");
}

static void
look_at_token(struct findings *f, const struct config *c)
{
    struct inspection found;

    if (c->hsm_module[0] == '\0')
        return;
    doctor_token(c, &found);
    find(f, "token",
         !found.works  ? WRONG
         : found.lacks ? WORTH_KNOWING
                       : FINE,
         "%s", found.text);
}

static void
look_at_rows(struct findings *f, const struct config *c)
{
    struct row_census found;

    if (run_founded(c) != EX_OK)
        return; /* the store's own finding says so */
    doctor_rows(c, &found);
    find(f, "rows",
         !found.looked       ? WORTH_KNOWING
         : found.damaged > 0 ? WRONG
                             : FINE,
         "%s", found.text);
}

static void
look_at_server(struct findings *f, const struct config *c)
{
    struct admin_answer a;
    enum err e = admin_call(c->data_dir, ADMIN_STATUS, -1, 2000, &a);
    unsigned missing = 0;
    int founded = run_founded(c);

    if (founded == EX_NOINPUT)
        find(f, "store", WRONG, "no installation in %s: run `keyhold init`", c->store_dir);
    else if (founded != EX_OK)
        find(f, "store", WRONG, "%s cannot be read, or not by you", c->store_dir);
    else
        find(f, "store", FINE, "there is an installation in %s", c->store_dir);
    if (e != ERR_OK) {
        find(f, "server", WORTH_KNOWING, "not running (%s)", err_text(e));
        return;
    }
    for (int role = ROLE_FRONT; role < ROLE__MAX; role++)
        if ((a.child[role].pid == 0 || a.child[role].ready == 0) &&
            (role != ROLE_TOKEN || c->hsm_module[0] != '\0'))
            missing++;
    if (missing > 0)
        find(f, "server", WRONG, "runs on port %u, but %u of its processes do not serve",
             a.public_port, missing);
    else
        find(f, "server", FINE, "runs on port %u for %u s", a.public_port, a.uptime_s);
}

static void
print_json(const struct findings *f)
{
    static const char *const verdicts[] = { "ok", "note", "problem" };
    struct buf text;
    struct jsw w;

    buf_init(&text, 64 * 1024);
    w = jsw_of(sink_buf(&text));
    jsw_object(&w, NULL);
    jsw_array(&w, "findings");
    for (size_t i = 0; i < f->n; i++) {
        jsw_object(&w, NULL);
        jsw_str(&w, "name", f->at[i].name);
        jsw_str(&w, "verdict", verdicts[f->at[i].verdict]);
        jsw_str(&w, "text", f->at[i].text);
        jsw_end(&w);
    }
    jsw_end(&w);
    jsw_end(&w);
    puts(buf_str(&text));
    buf_release(&text);
}

int
cmd_doctor(int argc, char **argv)
{
    static const char *const marks[] = { "ok     ", "note   ", "PROBLEM" };
    struct findings f = { .n = 0 };
    struct options o;
    struct config *c;
    int code = options_begin(&o, argc, argv, &c);

    if (code != EX_OK)
        return code;
    look_at_names(&f, c);
    look_at_key(&f, c);
    look_at_space(&f, c);
    look_at_memory(&f);
    look_at_kernel(&f);
    look_at_algorithms(&f, c);
    look_at_token(&f, c);
    look_at_rows(&f, c);
    look_at_server(&f, c);
    if (o.json)
        print_json(&f);
    for (size_t i = 0; i < f.n; i++) {
        if (!o.json)
            printf("%s  %-14s  %s\n", marks[f.at[i].verdict], f.at[i].name, f.at[i].text);
        if (f.at[i].verdict == WRONG)
            code = EX_UNAVAILABLE;
    }
    config_free(c);
    return code;
}

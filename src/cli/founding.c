/* SPDX-License-Identifier: Apache-2.0 */
/* founding.c - ids, a secret, and the seed made of them. */
#include "cli/founding.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/secbuf.h"
#include "base/wipe.h"
#include "codec/b64.h"
#include "codec/jsn.h"
#include "codec/jsw.h"

enum { FOUNDING_BYTES_MAX = 8192, PATH_CAP = 4096 };

/* Four groups of four letters and digits that are not mistaken for others: 80 bits. */
static void
make_password(char out[static USER_PASSWORD_LEN + 1])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";

    for (size_t i = 0; i < USER_PASSWORD_LEN; i++)
        out[i] = i % 5 == 4 ? '-' : letters[rand_below(sizeof(letters) - 1)];
    out[USER_PASSWORD_LEN] = '\0';
}

void
founding_make(struct founding *f, const char *vault, const char *group, const char *location,
              const char *domain)
{
    WIPED32 uint8_t random[32];
    struct secbuf text;

    *f = (struct founding){ .tenant = guid_new(),
                            .subscription = guid_new(),
                            .client = guid_new(),
                            .object = guid_new() };
    (void)span_copy_str(span_str(vault), f->vault, sizeof(f->vault));
    (void)span_copy_str(span_str(group), f->group, sizeof(f->group));
    (void)span_copy_str(span_str(location), f->location, sizeof(f->location));
    rand_fill_shown(random, sizeof(random));
    secbuf_init(&text, 128);
    b64url_put(sink_sec(&text), span_of(random, sizeof(random)));
    bug_on(text.err != ERR_OK || text.len != CLIENT_SECRET_LEN);
    memcpy(f->secret, text.ptr, text.len);
    secbuf_release(&text);
    (void)snprintf(f->user, sizeof(f->user), "admin@%s", domain);
    make_password(f->password);
}

void
founding_release(struct founding *f)
{
    wipe(f, sizeof(*f));
}

static void
put_places(struct jsw *w, const struct founding *f)
{
    jsw_object(w, "tenant");
    jsw_str(w, "id", f->tenant.text);
    jsw_str(w, "name", "Keyhold");
    jsw_end(w);
    jsw_array(w, "subscriptions");
    jsw_object(w, NULL);
    jsw_str(w, "id", f->subscription.text);
    jsw_str(w, "name", f->group);
    jsw_end(w);
    jsw_end(w);
    jsw_array(w, "resourceGroups");
    jsw_object(w, NULL);
    jsw_str(w, "name", f->group);
    jsw_str(w, "subscription", f->subscription.text);
    jsw_str(w, "location", f->location);
    jsw_end(w);
    jsw_end(w);
    if (f->vault[0] == '\0')
        return;
    jsw_array(w, "vaults");
    jsw_object(w, NULL);
    jsw_str(w, "name", f->vault);
    jsw_str(w, "subscription", f->subscription.text);
    jsw_str(w, "resourceGroup", f->group);
    jsw_end(w);
    jsw_end(w);
}

static void
put_assignment(struct jsw *w, const struct founding *f, const char *who, const char *role,
               bool on_vault)
{
    char scope[128];

    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s", f->subscription.text);
    jsw_object(w, NULL);
    jsw_str(w, "principal", who);
    jsw_str(w, "role", role);
    if (on_vault)
        jsw_str(w, "vault", f->vault);
    else
        jsw_str(w, "scope", scope);
    jsw_end(w);
}

static void
put_directory_role(struct jsw *w, const char *who)
{
    jsw_object(w, NULL);
    jsw_str(w, "principal", who);
    jsw_str(w, "role", "Global Administrator");
    jsw_str(w, "scope", "/");
    jsw_end(w);
}

static void
put_people(struct jsw *w, const struct founding *f)
{
    jsw_array(w, "applications");
    jsw_object(w, NULL);
    jsw_str(w, "name", "administrator");
    jsw_str(w, "appId", f->client.text);
    jsw_str(w, "objectId", f->object.text);
    jsw_array(w, "secrets");
    jsw_object(w, NULL);
    jsw_str(w, "value", f->secret);
    jsw_end(w);
    jsw_end(w);
    jsw_end(w);
    jsw_end(w);
    if (f->user[0] != '\0') {
        jsw_array(w, "users");
        jsw_object(w, NULL);
        jsw_str(w, "upn", f->user);
        jsw_str(w, "name", "Administrator");
        jsw_str(w, "password", f->password);
        jsw_end(w);
        jsw_end(w);
    }
    jsw_array(w, "managedIdentities");
    jsw_object(w, NULL);
    jsw_str(w, "name", "host");
    jsw_str(w, "subscription", f->subscription.text);
    jsw_str(w, "resourceGroup", f->group);
    jsw_end(w);
    jsw_end(w);
    jsw_array(w, "roleAssignments");
    for (size_t i = 0; i < 2; i++) {
        const char *who = i == 0 ? f->object.text : f->user;

        if (who[0] == '\0')
            continue;
        put_assignment(w, f, who, "Owner", false);
        put_directory_role(w, who);
        if (f->vault[0] != '\0')
            put_assignment(w, f, who, "Key Vault Administrator", true);
    }
    jsw_end(w);
}

enum err
founding_seed(const struct founding *f, int *fd)
{
    struct secbuf text;
    struct jsw w;
    enum err e;

    *fd = memfd_create("keyhold-seed", MFD_CLOEXEC);
    if (*fd < 0)
        return ERR_IO;
    secbuf_init(&text, FOUNDING_BYTES_MAX);
    w = jsw_of(sink_sec(&text));
    jsw_object(&w, NULL);
    put_places(&w, f);
    put_people(&w, f);
    jsw_end(&w);
    e = text.err;
    if (e == ERR_OK &&
        (write(*fd, text.ptr, text.len) != (ssize_t)text.len || lseek(*fd, 0, SEEK_SET) != 0))
        e = ERR_IO;
    secbuf_release(&text);
    if (e != ERR_OK) {
        close(*fd);
        *fd = -1;
    }
    return e;
}

static enum err
write_part(const char *part, struct span text)
{
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum err e = ERR_IO;

    if (fd < 0)
        return ERR_IO;
    if (fchmod(fd, 0600) == 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len &&
        fsync(fd) == 0)
        e = ERR_OK;
    if (close(fd) != 0)
        e = ERR_IO;
    return e;
}

enum err
founding_save(const struct founding *f, const char *path)
{
    char part[PATH_CAP + 8];
    struct secbuf text;
    struct jsw w;
    enum err e;

    if (strlen(path) >= PATH_CAP)
        return ERR_TOO_LARGE;
    (void)snprintf(part, sizeof(part), "%s.new", path);
    secbuf_init(&text, FOUNDING_BYTES_MAX);
    w = jsw_of(sink_sec(&text));
    jsw_object(&w, NULL);
    jsw_str(&w, "tenant", f->tenant.text);
    jsw_str(&w, "subscription", f->subscription.text);
    jsw_str(&w, "client", f->client.text);
    jsw_str(&w, "object", f->object.text);
    jsw_str(&w, "secret", f->secret);
    jsw_str(&w, "user", f->user);
    jsw_str(&w, "password", f->password);
    jsw_str(&w, "vault", f->vault);
    jsw_str(&w, "group", f->group);
    jsw_str(&w, "location", f->location);
    jsw_end(&w);
    secbuf_put_byte(&text, '\n');
    e = text.err != ERR_OK ? text.err : write_part(part, secbuf_span(&text));
    secbuf_release(&text);
    if (e == ERR_OK && rename(part, path) != 0)
        e = ERR_IO;
    if (e != ERR_OK)
        (void)unlink(part);
    return e;
}

static bool
take_guid(const struct jsn *j, const char *name, struct guid *out)
{
    struct span s;

    return jsn_get_str(j, name, &s) == JSN_OK && guid_parse(s, out);
}

static bool
take_text(const struct jsn *j, const char *name, char *dst, size_t cap)
{
    struct span s;

    return jsn_get_str(j, name, &s) == JSN_OK && span_copy_str(s, dst, cap);
}

/* Installations of before there were people have none. */
static bool
take_user(const struct jsn *j, struct founding *f)
{
    struct span s;

    return jsn_get_str(j, "user", &s) == JSN_ABSENT ||
           (take_text(j, "user", f->user, sizeof(f->user)) &&
            take_text(j, "password", f->password, sizeof(f->password)));
}

static enum err
parse(struct span text, struct founding *f)
{
    struct jsn *j;
    enum err e = jsn_parse(text, &j);
    bool ok;

    if (e != ERR_OK)
        return e;
    ok = take_guid(j, "tenant", &f->tenant) && take_guid(j, "subscription", &f->subscription) &&
         take_guid(j, "client", &f->client) && take_guid(j, "object", &f->object) &&
         take_text(j, "secret", f->secret, sizeof(f->secret)) && take_user(j, f) &&
         take_text(j, "vault", f->vault, sizeof(f->vault)) &&
         take_text(j, "group", f->group, sizeof(f->group)) &&
         take_text(j, "location", f->location, sizeof(f->location));
    jsn_free(j);
    return ok ? ERR_OK : ERR_FORMAT;
}

enum err
founding_read(const char *path, struct founding *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct secbuf text;
    enum err e = ERR_IO;
    uint8_t *p;
    ssize_t n;

    *f = (struct founding){ 0 };
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    secbuf_init(&text, FOUNDING_BYTES_MAX);
    p = secbuf_grow(&text, FOUNDING_BYTES_MAX);
    n = p == NULL ? -1 : read(fd, p, FOUNDING_BYTES_MAX);
    if (n > 0) {
        secbuf_truncate(&text, (size_t)n);
        e = parse(secbuf_span(&text), f);
    }
    secbuf_release(&text);
    close(fd);
    if (e != ERR_OK)
        founding_release(f);
    return e == ERR_SYNTAX || e == ERR_TOO_LARGE ? ERR_FORMAT : e;
}

enum err
founding_begin(struct founding *f, const char *path, const char *vault, const char *group,
               const char *location, const char *domain, bool *again)
{
    enum err e = founding_read(path, f);

    *again = e == ERR_OK;
    if (*again && vault[0] != '\0')
        (void)span_copy_str(span_str(vault), f->vault, sizeof(f->vault));
    if (e != ERR_NOT_FOUND)
        return e;
    founding_make(f, vault, group, location, domain);
    return founding_save(f, path);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - listing; names of another spelling are other people's files and left alone. */
#include "scribe/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/span.h"

void
audit_name_put(char out[static AUDIT_NAME_MAX], uint64_t first_seq)
{
    (void)snprintf(out, AUDIT_NAME_MAX, "audit-%020llu.jsonl", (unsigned long long)first_seq);
}

bool
audit_name_get(const char *name, uint64_t *first_seq)
{
    struct span s = span_str(name);
    char same[AUDIT_NAME_MAX];

    *first_seq = 0;
    if (!span_has_prefix(s, span_str("audit-")))
        return false;
    s = span_tail(s, strlen("audit-"));
    if (!span_get_u64(span_head(s, span_find(s, '.')), first_seq))
        return false;
    audit_name_put(same, *first_seq);
    return span_is_str(span_str(name), same);
}

static enum err
files_add(struct audit_files *f, size_t *room, uint64_t first_seq)
{
    if (f->count == *room) {
        size_t more = *room == 0 ? 16 : *room * 2;
        struct audit_file *list = reallocarray(f->list, more, sizeof(*list));

        if (list == NULL)
            return ERR_NOMEM;
        f->list = list;
        *room = more;
    }
    f->list[f->count].first_seq = first_seq;
    audit_name_put(f->list[f->count].name, first_seq);
    f->count++;
    return ERR_OK;
}

static int
by_first_seq(const void *a, const void *b)
{
    uint64_t x = ((const struct audit_file *)a)->first_seq;
    uint64_t y = ((const struct audit_file *)b)->first_seq;

    return x < y ? -1 : x > y;
}

static enum err
files_read(DIR *d, struct audit_files *out)
{
    size_t room = 0;
    uint64_t first_seq;
    enum err e = ERR_OK;

    while (e == ERR_OK) {
        struct dirent *ent;

        errno = 0;
        ent = readdir(d);
        if (ent == NULL)
            return errno == 0 ? ERR_OK : ERR_IO;
        if (audit_name_get(ent->d_name, &first_seq))
            e = files_add(out, &room, first_seq);
    }
    return e;
}

enum err
audit_files_get(int dir, struct audit_files *out)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    enum err e;

    *out = (struct audit_files){ 0 };
    if (d == NULL) {
        log_error("audit: cannot list the directory: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return ERR_IO;
    }
    e = files_read(d, out);
    closedir(d);
    if (e != ERR_OK) {
        audit_files_release(out);
        return e;
    }
    if (out->count > 0)
        qsort(out->list, out->count, sizeof(*out->list), by_first_seq);
    return ERR_OK;
}

void
audit_files_release(struct audit_files *f)
{
    free(f->list);
    *f = (struct audit_files){ 0 };
}

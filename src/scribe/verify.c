/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.c - one pass over all files. After a fault the pass goes on from the
 * line that broke the chain, so that one fault is counted once.
 *
 * The current file is opened before the finished ones are listed: if it is
 * rotated meanwhile, we hold it and skip its new name.
 */
#include "scribe/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/verify.h"
#include "scribe/checkpoint.h"
#include "scribe/record.h"
#include "scribe/walk.h"

/* How far back a checkpoint may reach: what is chained while the keeper signs. */
enum { HASHES = 1 << 18 };

struct proof {
    const struct verify_config *cfg;
    struct verify_result *res;
    struct verifykey **keys;
    uint8_t (*hashes)[LINE_HASH_LEN]; /* of line seq at seq % HASHES */
    struct chain chain;
    bool started;
    const char *file;
    uint64_t line; /* in the file */
};

static void fault(struct proof *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
fault(struct proof *p, const char *fmt, ...)
{
    va_list ap;

    if (p->res->faults++ > 0)
        return;
    (void)snprintf(p->res->bad_file, sizeof(p->res->bad_file), "%s", p->file);
    p->res->bad_line = p->line;
    va_start(ap, fmt);
    (void)vsnprintf(p->res->why, sizeof(p->res->why), fmt, ap);
    va_end(ap);
}

/* Why a line that has a link does not follow the one before. */
static void
explain_break(struct proof *p, const struct line_link *link)
{
    unsigned long long want = p->chain.seq + 1, have = link->seq;

    if (have > want)
        fault(p, "lines %llu to %llu are missing", want, have - 1);
    else if (have < want)
        fault(p, "line %llu stands where line %llu should: repeated or out of order", have,
              want);
    else if (link->rev < p->chain.rev)
        fault(p, "the revision goes back from %llu to %llu", (unsigned long long)p->chain.rev,
              (unsigned long long)link->rev);
    else
        fault(p, "prev of line %llu does not fit the line before: one of the two was changed",
              have);
}

static const uint8_t *
hash_of(const struct proof *p, uint64_t seq)
{
    if (seq < p->res->first_seq || seq > p->chain.seq || p->chain.seq - seq >= HASHES)
        return NULL;
    return p->hashes[seq % HASHES];
}

static bool
is_signed(const struct proof *p, const struct checkpoint_line *c)
{
    struct buf text;
    bool ok = p->cfg->nkeys == 0;

    buf_init(&text, CHECKPOINT_TEXT_MAX);
    checkpoint_put_text(&c->what, &text);
    for (size_t i = 0; !ok && text.err == ERR_OK && i < p->cfg->nkeys; i++)
        ok = verifykey_check(p->keys[i], SIG_ED25519, buf_span(&text),
                             span_of(c->signature, c->signature_len)) == ERR_OK;
    buf_release(&text);
    return ok;
}

static void
prove_checkpoint(struct proof *p, const struct checkpoint_line *c)
{
    unsigned long long seq = c->what.seq;
    const uint8_t *hash = hash_of(p, seq);

    if (!is_signed(p, c)) {
        fault(p, "the checkpoint over line %llu is not signed with a known audit key", seq);
        return;
    }
    if (seq >= p->chain.seq ||
        (hash != NULL &&
         !span_is_equal(span_of(hash, LINE_HASH_LEN), span_of(c->what.head, LINE_HASH_LEN)))) {
        fault(p, "the checkpoint vouches for another line %llu than the one in the log", seq);
        return;
    }
    /* The first one of a walk that began in the middle has nothing to be compared with. */
    if ((p->res->checkpoints > 0 || p->res->first_seq == 1) &&
        c->what.count != c->what.seq - p->res->signed_seq)
        fault(p, "a checkpoint between line %llu and line %llu is missing",
              (unsigned long long)p->res->signed_seq, seq);
    p->res->checkpoints++;
    p->res->signed_seq = c->what.seq;
}

static void
prove_content(struct proof *p, struct span line)
{
    struct checkpoint_line c;
    struct span category;

    if (record_category(line, &category) != ERR_OK) {
        fault(p, "not a JSON object");
        return;
    }
    p->res->notices += span_is_str(category, RECORD_NOTICE);
    if (!span_is_str(category, RECORD_CHECKPOINT))
        return;
    if (checkpoint_read(line, &c) == ERR_OK)
        prove_checkpoint(p, &c);
    else
        fault(p, "a checkpoint that cannot be read");
}

static enum err
prove_line(struct proof *p, struct span line, uint64_t name_seq)
{
    const struct chain *head = p->cfg->head;
    struct line_link link;
    enum err e;

    p->line++;
    p->res->lines++;
    if (line_parse(line, &link) != ERR_OK) {
        fault(p, "not a line of this log");
        return ERR_OK;
    }
    if (p->line == 1 && name_seq != 0 && link.seq != name_seq)
        fault(p, "the file's name says that it begins with line %llu; it begins with %llu",
              (unsigned long long)name_seq, (unsigned long long)link.seq);
    if (!p->started && link.seq > 1) {
        e = chain_start_at(&p->chain, line);
    } else {
        e = chain_follow(&p->chain, line);
        if (e == ERR_INTEGRITY) {
            explain_break(p, &link);
            e = chain_start_at(&p->chain, line);
        }
    }
    if (e != ERR_OK)
        return e;
    if (!p->started)
        p->res->first_seq = link.seq;
    p->started = true;
    memcpy(p->hashes[link.seq % HASHES], p->chain.hash, LINE_HASH_LEN);
    if (head != NULL && head->seq == link.seq &&
        !span_is_equal(span_of(head->hash, LINE_HASH_LEN),
                       span_of(p->chain.hash, LINE_HASH_LEN)))
        fault(p, "line %llu is not the one that the store knows", (unsigned long long)link.seq);
    prove_content(p, line);
    return ERR_OK;
}

static enum err
prove_file(struct proof *p, int fd, const char *name, uint64_t name_seq)
{
    struct walk w;
    struct span line;
    enum err e = walk_init(&w, fd);

    p->file = name;
    p->line = 0;
    p->res->files++;
    while (e == ERR_OK) {
        e = walk_next(&w, &line);
        if (e == ERR_OK)
            e = prove_line(p, line, name_seq);
    }
    if (e == ERR_TOO_LARGE || (e == ERR_NOT_FOUND && walk_rest(&w) > 0)) {
        p->line++;
        fault(p, e == ERR_TOO_LARGE ? "not a line of this log: too long"
                                    : "the last line is incomplete");
    }
    if (e == ERR_NOT_FOUND && p->line == 0 && name_seq != 0)
        fault(p, "the file is empty");
    walk_release(&w);
    return e == ERR_TOO_LARGE || e == ERR_NOT_FOUND ? ERR_OK : e;
}

static bool
is_same_file(int a, int b)
{
    struct stat x, y;

    return a >= 0 && b >= 0 && fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino &&
           x.st_dev == y.st_dev;
}

static enum err
prove_finished(struct proof *p, int dir, int current, const struct audit_files *files)
{
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < files->count; i++) {
        int fd;

        /* The next file's first line tells where this one ends. */
        if (i + 1 < files->count && files->list[i + 1].first_seq <= p->cfg->from_seq)
            continue;
        fd = openat(dir, files->list[i].name, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            log_error("%s: %s", files->list[i].name, strerror(errno));
            return ERR_IO;
        }
        if (!is_same_file(fd, current))
            e = prove_file(p, fd, files->list[i].name, files->list[i].first_seq);
        close(fd);
    }
    return e;
}

static void
prove_end(struct proof *p)
{
    const struct chain *head = p->cfg->head;

    p->res->last_seq = p->chain.seq;
    if (head == NULL || p->chain.seq >= head->seq)
        return;
    p->line++;
    fault(p,
          "the log ends with line %llu, but the store knows of line %llu: its end is cut off",
          (unsigned long long)p->chain.seq, (unsigned long long)head->seq);
}

static enum err
prove_dir(struct proof *p, int dir)
{
    int current = openat(dir, AUDIT_CURRENT, O_RDONLY | O_CLOEXEC);
    struct audit_files files = { 0 };
    enum err e = ERR_OK;

    if (current < 0 && errno != ENOENT) {
        log_error(AUDIT_CURRENT ": %s", strerror(errno));
        return ERR_IO;
    }
    e = audit_files_get(dir, &files);
    if (e == ERR_OK && current < 0 && files.count == 0)
        e = ERR_NOT_FOUND;
    p->file = AUDIT_CURRENT;
    if (e == ERR_OK)
        e = prove_finished(p, dir, current, &files);
    if (e == ERR_OK && current >= 0)
        e = prove_file(p, current, AUDIT_CURRENT, 0);
    if (e == ERR_OK)
        prove_end(p);
    audit_files_release(&files);
    if (current >= 0)
        close(current);
    return e;
}

static enum err
load_keys(struct proof *p)
{
    p->keys = calloc(p->cfg->nkeys + 1, sizeof(struct verifykey *));
    p->hashes = calloc(HASHES, sizeof(*p->hashes));
    if (p->keys == NULL || p->hashes == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < p->cfg->nkeys; i++) {
        enum err e = verifykey_from_spki(p->cfg->keys[i], &p->keys[i]);

        if (e != ERR_OK)
            return e == ERR_NOMEM ? e : ERR_FORMAT;
        if (verifykey_kind(p->keys[i]) != SIGNKEY_ED25519)
            return ERR_FORMAT;
    }
    return ERR_OK;
}

enum err
verify_log(const struct verify_config *cfg, struct verify_result *out)
{
    struct proof p = { .cfg = cfg, .res = out };
    int dir = -1;
    enum err e;

    *out = (struct verify_result){ 0 };
    e = load_keys(&p);
    if (e != ERR_OK)
        goto out;
    dir = open(cfg->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        e = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    else
        e = prove_dir(&p, dir);
    if (e == ERR_OK && out->faults > 0)
        e = ERR_INTEGRITY;
out:
    for (size_t i = 0; p.keys != NULL && i < cfg->nkeys; i++)
        verifykey_free(p.keys[i]);
    free(p.keys);
    free(p.hashes);
    if (dir >= 0)
        close(dir);
    return e;
}

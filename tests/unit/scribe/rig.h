/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig.h - a committer over a real store in a directory of its own, for tests.
 */
#ifndef TESTS_SCRIBE_RIG_H
#define TESTS_SCRIBE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "scribe/commit.h"
#include "scribe/fault.h"
#include "scribe/files.h"
#include "scribe/verify.h"
#include "scribe/walk.h"

struct rig {
    char root[64];
    char audit[96];
    char path[96]; /* of the store */
    struct store_config store_cfg;
    struct store *store;
    struct committer c;
    struct batch batch;
    bool open;
};

void rig_remove_tree(const char *path);
enum err rig_open_with(struct rig *r, uint64_t max_bytes, uint64_t accept_loss);
void rig_open(struct rig *r);
/* As a kill would: nothing is synced or noted on the way out. */
void rig_close(struct rig *r);
int rig_setup(void **state);
int rig_teardown(void **state);
/* Adds a submit to the batch. */
void rig_add_as(struct rig *r, enum ipc_role role, const struct store_write *w,
                const char *record);
void rig_add(struct rig *r, const struct store_write *w, const char *record);
/* Adds a write of one row; expect -1 is no precondition. */
void rig_add_put(struct rig *r, const char *key, const char *value, int64_t expect,
                 const char *record);
/* The results stay in r->batch until the next rig_begin. */
void rig_run(struct rig *r);
void rig_begin(struct rig *r);
enum err rig_put(struct rig *r, const char *key, const char *value, int64_t expect);
enum err rig_read(struct rig *r, const char *what);
/* The second has passed after which the file is synced: a/pending will not carry what it has.
 */
void rig_sync(struct rig *r);
bool rig_has(struct rig *r, const char *key);
struct chain rig_head(struct rig *r);
enum err rig_verify(struct rig *r, struct verify_result *res);
void rig_assert_whole(struct rig *r);
/* A whole file of the audit directory; the caller frees. */
char *rig_slurp(struct rig *r, const char *name, size_t *len);
void rig_spit(struct rig *r, const char *name, const char *text, size_t len);
size_t rig_count_lines(struct rig *r, const char *name, const char *with);
/* Cuts the last `lines` lines off a file. */
void rig_cut_lines(struct rig *r, const char *name, unsigned lines);

#endif /* TESTS_SCRIBE_RIG_H */

/* SPDX-License-Identifier: Apache-2.0 */
/* served.h - a real keeper on real socket pairs, and its askers. */
#ifndef TEST_KEEPER_SERVED_H
#define TEST_KEEPER_SERVED_H

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../slowness.h"
#include "ipc/peer.h"
#include "keeper/serve.h"
#include "keeper_fixture.h"

enum { QUESTION_ROOM = 1024 * 1024 };
#define ASK_MS (20000 * slowness())

static char served_dir[] = "/tmp/keyhold-test-keeper-XXXXXX";
static char served_path[128], served_next[160];
static struct keeper_config served_cfg;
static struct keeper *served;

/* The asking end of a new link to the keeper. */
static inline struct peer *
link_as(enum ipc_role role, uint32_t index)
{
    struct peer *p = NULL;
    int fds[2];

    assert_int_equal(ipc_pair(fds), ERR_OK);
    assert_int_equal(keeper_link(served, fds[1], role, index), ERR_OK);
    assert_int_equal(peer_new(fds[0], ROLE_KEEPER, QUESTION_ROOM, &p), ERR_OK);
    return p;
}

static inline enum err
ask(struct peer *p, enum keeper_op op, const struct buf *question, struct secbuf *answer)
{
    return peer_call(p, (uint16_t)op, buf_span(question), answer, ASK_MS);
}

static inline struct buf
question(void)
{
    struct buf b;

    buf_init(&b, QUESTION_ROOM);
    return b;
}

static inline void
wait_readable(const struct peer *p)
{
    struct pollfd f = { .fd = peer_fd(p), .events = POLLIN };

    assert_int_equal(poll(&f, 1, (int)ASK_MS), 1);
}

/* The first pack_bytes() of an answer, copied. The caller releases it. */
static inline struct buf
field(const struct secbuf *answer, unsigned which)
{
    struct unpack u = unpack_of(secbuf_span(answer));
    struct span s = { NULL, 0 };
    struct buf b = question();

    for (unsigned i = 0; i <= which; i++)
        s = unpack_bytes(&u, WRAPPED_MAX * 2);
    assert_int_equal(u.err, ERR_OK);
    buf_put(&b, s);
    return b;
}

/* A new symmetric key, wrapped. The caller releases it. */
static inline struct buf
new_key(struct peer *p, enum key_purpose purpose, const char *id)
{
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct buf q = question(), w;

    keeper_pack_key_new(sink_buf(&q), purpose, span_str(id));
    assert_int_equal(ask(p, KEEPER_KEY_NEW, &q, answer), ERR_OK);
    w = field(answer, 0);
    buf_release(&q);
    secbuf_free(answer);
    return w;
}

/* Seals or opens; *out is appended to. */
static inline enum err
row(struct peer *p, enum keeper_op op, struct span wrapped, const char *name, struct span bytes,
    struct secbuf *out)
{
    struct wrapped w = wrapped_of(PURPOSE_VAULT, GUID_A, wrapped);
    struct object_id id = object_of(GUID_A, name, VERSION_1);
    struct buf q = question();
    enum err e;

    keeper_pack_seal(sink_buf(&q), &w, &id, bytes);
    e = ask(p, op, &q, out);
    buf_release(&q);
    return e;
}

static inline int
open_key_file(const char *path)
{
    int fd;

    assert_int_equal(keyfile_open(path, SEAL_KEYFILE, &fd), ERR_OK);
    return fd;
}

static inline int
make_key_file(const char *path)
{
    struct root_key *root = NULL;
    enum err e = root_key_new(&root);

    if (e == ERR_OK)
        e = keyfile_create(path, root);
    root_key_free(root);
    return e == ERR_OK ? 0 : -1;
}

/* With what cfg says about threads, queues and stock. */
static inline int
served_start_with(struct keeper_config cfg)
{
    cfg.seal = SEAL_KEYFILE;
    cfg.root_fd = cfg.provider == NULL ? open_key_file(served_path) : -1;
    cfg.root_next_fd = -1;
    cfg.root_path = served_path;
    cfg.loops = 2;
    served_cfg = cfg;
    return keeper_new(&served_cfg, &served) != ERR_OK || keeper_start(served) != ERR_OK ? -1
                                                                                        : 0;
}

static inline int
served_start(void **state)
{
    (void)state;
    return served_start_with((struct keeper_config){ .slow_threads = 2, .threads = 2 });
}

static inline int
served_stop(void **state)
{
    (void)state;
    keeper_free(served);
    served = NULL;
    (void)unlink(served_next);
    return 0;
}

static inline int
served_group_setup(void **state)
{
    if (secmem_setup(state) != 0 || mkdtemp(served_dir) == NULL)
        return -1;
    (void)snprintf(served_path, sizeof(served_path), "%s/root.key", served_dir);
    (void)snprintf(served_next, sizeof(served_next), "%s.next", served_path);
    return make_key_file(served_path);
}

static inline int
served_group_teardown(void **state)
{
    (void)unlink(served_path);
    (void)rmdir(served_dir);
    return secmem_teardown(state);
}

#endif /* TEST_KEEPER_SERVED_H */

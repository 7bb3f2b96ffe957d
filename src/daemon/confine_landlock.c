/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_landlock.c - which paths a process may still reach, by the kernel's
 * Landlock. Raw system calls and our own constants: the headers of a
 * distribution are often older than the kernel. Rights that the running kernel
 * does not know are left out, never the whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/confine_int.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

struct ruleset {
    uint64_t fs;
    uint64_t net;    /* from ABI 4 */
    uint64_t scoped; /* from ABI 6 */
};

struct path_rule {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };
enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_MAKE_SOCK = 1 << 9,
    FS_MAKE_FIFO = 1 << 10,
    FS_MAKE_SYM = 1 << 12,
    FS_REFER = 1 << 13,
    FS_TRUNCATE = 1 << 14,
    FS_IOCTL_DEV = 1 << 15,
};
enum { NET_BIND = 1 << 0, NET_CONNECT = 1 << 1 };
enum { SCOPE_ABSTRACT_SOCKET = 1 << 0, SCOPE_SIGNAL = 1 << 1 };

static const uint64_t read_rights = FS_READ_FILE | FS_READ_DIR;
static const uint64_t write_rights =
    FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE;

static const uint64_t own_rights = FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_REMOVE_FILE |
                                   FS_REMOVE_DIR | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK |
                                   FS_MAKE_FIFO | FS_MAKE_SYM | FS_REFER | FS_TRUNCATE |
                                   FS_IOCTL_DEV;
/* All that can be granted on what is no directory. */
static const uint64_t file_rights =
    FS_EXECUTE | FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV;

int
confine_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

    return abi < 0 ? 0 : (int)abi;
}

/* All file system rights of an ABI: bits 0-12, refer, truncate, ioctl. */
static uint64_t
fs_rights(int abi)
{
    if (abi >= 5)
        return (1 << 16) - 1;
    if (abi >= 3)
        return (1 << 15) - 1;
    return abi == 2 ? (1 << 14) - 1 : (1 << 13) - 1;
}

static enum err
allow_path(int ruleset, const struct path_grant *g, uint64_t known)
{
    static const uint64_t *const rights[] = { &read_rights, &write_rights, &own_rights };
    struct path_rule rule = { .allowed = *rights[g->right] };
    struct stat st;
    long rc;

    rule.parent_fd = open(g->path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return ERR_OK; /* not there: nothing to allow */
    if (fstat(rule.parent_fd, &st) != 0 || !S_ISDIR(st.st_mode))
        rule.allowed &= file_rights;
    rule.allowed &= known;
    rc = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    (void)close(rule.parent_fd);
    return rc == 0 ? ERR_OK : ERR_INTERNAL;
}

static enum err
restrict_to(int ruleset, const struct profile *p, const struct config *cfg, uint64_t known)
{
    struct path_grant grants[MAX_PATH_GRANTS];
    size_t n = p->paths == NULL ? 0 : p->paths(cfg, grants);

    for (size_t i = 0; i < n; i++)
        if (allow_path(ruleset, &grants[i], known) != ERR_OK)
            return ERR_INTERNAL;
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? ERR_OK : ERR_INTERNAL;
}

enum err
confine_landlock(const struct profile *p, const struct config *cfg)
{
    int abi = confine_landlock_abi();
    struct ruleset r = { .fs = fs_rights(abi) };
    long ruleset;
    enum err e;

    if (abi == 0)
        return ERR_OK;
    r.net = abi < 4 ? 0 : p->dials ? NET_BIND : NET_BIND | NET_CONNECT;
    r.scoped = abi < 6 ? 0 : p->foreign ? SCOPE_SIGNAL : SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
    ruleset = syscall(SYS_landlock_create_ruleset, &r,
                      abi < 4   ? sizeof(r.fs)
                      : abi < 6 ? sizeof(r.fs) + sizeof(r.net)
                                : sizeof(r),
                      0);
    if (ruleset < 0) {
        log_error("confine: Landlock: %s", strerror(errno));
        return ERR_INTERNAL;
    }
    e = restrict_to((int)ruleset, p, cfg, r.fs);
    if (e != ERR_OK)
        log_error("confine: Landlock: %s", strerror(errno));
    (void)close((int)ruleset);
    return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * estate.c - directories and owners. Nothing is followed through a symbolic link
 * and nothing is given away that somebody else could have put there: only what
 * root owns, in a directory that only root can write.
 */
#include "daemon/estate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

static int
find_user(const struct config *cfg, bool lenient, struct estate *e)
{
    const struct passwd *pw;

    if (geteuid() != 0)
        return 0;
    pw = getpwnam(cfg->user);
    if (pw == NULL && lenient)
        pw = getpwnam("nobody");
    if (pw == NULL) {
        log_error("user %s does not exist: create it (useradd --system %s) or set user in the "
                  "configuration",
                  cfg->user, cfg->user);
        return EX_NOUSER;
    }
    if (pw->pw_uid == 0) {
        log_error("user must not be root: it is who the processes become");
        return EX_CONFIG;
    }
    e->drop = true;
    e->uid = pw->pw_uid;
    e->gid = pw->pw_gid;
    return 0;
}

/* Whom the token process becomes. */
static int
find_token_user(const struct config *cfg, struct estate *e)
{
    const struct passwd *pw;

    e->token_uid = e->uid;
    e->token_gid = e->gid;
    if (!e->drop || cfg->hsm_user[0] == '\0')
        return 0;
    pw = getpwnam(cfg->hsm_user);
    if (pw == NULL || pw->pw_uid == 0) {
        log_error("hsm.user: %s %s", cfg->hsm_user, pw == NULL ? "does not exist" : "is root");
        return pw == NULL ? EX_NOUSER : EX_CONFIG;
    }
    e->token_uid = pw->pw_uid;
    e->token_gid = pw->pw_gid;
    return 0;
}

/* Files that root made here (keyhold init) become the user's. */
static int
give_files(int dir, const char *path, const struct estate *e)
{
    int copy = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *ent;
    struct stat st;
    int rc = 0;

    if (d == NULL) {
        if (copy >= 0)
            (void)close(copy);
        return EX_OSERR;
    }
    while (rc == 0 && (ent = readdir(d)) != NULL) {
        if (fstatat(dir, ent->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
            st.st_uid != 0 || st.st_nlink != 1)
            continue;
        if (fchownat(dir, ent->d_name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) != 0) {
            log_error("cannot give %s/%s to the user: %s", path, ent->d_name, strerror(errno));
            rc = EX_NOPERM;
        }
    }
    (void)closedir(d);
    return rc;
}

/* Owner and mode of a directory, new or old. */
static int
settle(int fd, const char *path, uid_t uid, gid_t gid, mode_t mode, const struct estate *e)
{
    struct stat st;
    int rc;

    if (fstat(fd, &st) != 0)
        return EX_OSERR;
    if ((st.st_mode & 022) != 0) {
        log_error("%s can be written by others: chmod go-w %s", path, path);
        return EX_NOPERM;
    }
    if (st.st_uid != uid && st.st_uid != geteuid()) {
        log_error("%s belongs to user %u, not to %u: chown it, or set user", path,
                  (unsigned)st.st_uid, (unsigned)uid);
        return EX_NOPERM;
    }
    if (!e->drop)
        return 0;
    if (uid != 0 && st.st_uid == 0) {
        rc = give_files(fd, path, e);
        if (rc != 0)
            return rc;
    }
    if (fchown(fd, uid, gid) != 0 || fchmod(fd, mode) != 0) {
        log_error("%s: cannot set owner and mode: %s", path, strerror(errno));
        return EX_NOPERM;
    }
    return 0;
}

static int
settle_dir(const char *path, uid_t uid, gid_t gid, mode_t mode, const struct estate *e)
{
    int fd, rc;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        log_error("cannot create %s: %s", path, strerror(errno));
        return EX_CANTCREAT;
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        log_error("cannot open directory %s: %s", path, strerror(errno));
        return errno == EACCES ? EX_NOPERM : EX_CANTCREAT;
    }
    rc = settle(fd, path, uid, gid, mode, e);
    (void)close(fd);
    return rc;
}

/* One instance per data directory. */
static int
take_lock(const struct config *cfg, struct estate *e)
{
    char path[CONFIG_PATH_MAX + 8];

    (void)snprintf(path, sizeof(path), "%s/lock", cfg->data_dir);
    e->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (e->lock_fd < 0) {
        log_error("cannot open %s: %s", path, strerror(errno));
        return EX_CANTCREAT;
    }
    if (flock(e->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    log_error("%s is in use by another keyhold", cfg->data_dir);
    return EX_TEMPFAIL;
}

/* In a child that became the user: does every part of the path let it through? */
static bool
user_reaches(const struct estate *e, const char *path, int how)
{
    pid_t pid = fork();
    int status = 0;

    if (pid < 0)
        return false;
    if (pid == 0) {
        bool ok = setgroups(0, NULL) == 0 && setresgid(e->gid, e->gid, e->gid) == 0 &&
                  setresuid(e->uid, e->uid, e->uid) == 0 && access(path, how) == 0;

        _exit(ok ? 0 : 1);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* dev may run as root in a place that is closed to others: then nobody is not an option. */
static void
stay_if_unreachable(const struct config *cfg, struct estate *e)
{
    if (!e->drop || user_reaches(e, cfg->data_dir, X_OK))
        return;
    log_warn("user %u cannot reach %s: staying root", (unsigned)e->uid, cfg->data_dir);
    e->drop = false;
    e->uid = geteuid();
    e->gid = getegid();
}

static int
settle_all(const struct config *cfg, bool lenient, struct estate *e)
{
    const int all = R_OK | W_OK | X_OK;
    /* A developer's other users need the CA's certificate, which lies there. What is private
     * has its own mode. */
    int rc = settle_dir(cfg->data_dir, geteuid(), e->gid, lenient ? 0755 : 0750, e);

    if (rc == 0)
        rc = take_lock(cfg, e);
    if (rc == 0 && lenient)
        stay_if_unreachable(cfg, e);
    if (rc == 0)
        rc = settle_dir(cfg->store_dir, e->uid, e->gid, 0700, e);
    if (rc == 0)
        rc = settle_dir(cfg->audit_dir, e->uid, e->gid, 0700, e);
    if (rc == 0 && e->drop &&
        (!user_reaches(e, cfg->store_dir, all) || !user_reaches(e, cfg->audit_dir, all))) {
        log_error("user %u cannot reach %s and %s: a directory above is closed to it",
                  (unsigned)e->uid, cfg->store_dir, cfg->audit_dir);
        rc = EX_NOPERM;
    }
    return rc;
}

int
estate_open(const struct config *cfg, bool lenient, struct estate *out)
{
    int rc;

    *out = (struct estate){ .uid = geteuid(), .gid = getegid(), .lock_fd = -1 };
    rc = find_user(cfg, lenient, out);
    if (rc == 0)
        rc = settle_all(cfg, lenient, out);
    if (rc == 0)
        rc = find_token_user(cfg, out);
    if (rc != 0)
        estate_close(out);
    return rc;
}

void
estate_close(struct estate *e)
{
    if (e->lock_fd >= 0)
        (void)close(e->lock_fd);
    e->lock_fd = -1;
}

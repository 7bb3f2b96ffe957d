/* SPDX-License-Identifier: Apache-2.0 */
/* shell.h - other programs as witnesses: files in a scratch directory, and commands there. */
#ifndef TEST_SHELL_H
#define TEST_SHELL_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

static char shell_dir[] = "/tmp/keyhold-test-XXXXXX";

static inline bool
shell_begin(void)
{
    return mkdtemp(shell_dir) != NULL;
}

/* Runs a command in the directory, its words to `out` there; its exit code, or 127. */
static inline int shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline int
shell(const char *fmt, ...)
{
    char words[4096], line[8192];
    int status = -1;
    va_list ap;
    pid_t pid;

    va_start(ap, fmt);
    (void)vsnprintf(words, sizeof(words), fmt, ap);
    va_end(ap);
    (void)snprintf(line, sizeof(line), "cd %s && { %s ; } >out 2>&1 </dev/null", shell_dir,
                   words);
    pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

static inline bool
shell_has(const char *program)
{
    return shell("command -v %s", program) == 0;
}

static inline void
shell_path(const char *name, char path[static 256])
{
    (void)snprintf(path, 256, "%s/%s", shell_dir, name);
}

static inline bool
shell_write(const char *name, struct span bytes)
{
    char path[256];
    FILE *f;
    bool ok;

    shell_path(name, path);
    f = fopen(path, "wb");
    if (f == NULL)
        return false;
    ok = bytes.len == 0 || fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len;
    return fclose(f) == 0 && ok;
}

/* Appends the file. */
static inline bool
shell_read(const char *name, struct buf *out)
{
    uint8_t piece[4096];
    char path[256];
    size_t n;
    FILE *f;

    shell_path(name, path);
    f = fopen(path, "rb");
    if (f == NULL)
        return false;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_put(out, span_of(piece, n));
    return fclose(f) == 0 && out->err == ERR_OK;
}

/* Does what the last command said hold these words? */
static inline bool
shell_said(const char *words)
{
    struct buf b;
    bool found;

    buf_init(&b, 1024 * 1024);
    found = shell_read("out", &b) && strstr(buf_str(&b), words) != NULL;
    buf_release(&b);
    return found;
}

static inline void
shell_end(void)
{
    (void)shell("rm -f -- *");
    (void)rmdir(shell_dir);
}

#endif /* TEST_SHELL_H */

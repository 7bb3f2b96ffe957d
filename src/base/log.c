/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - one line, one write; no allocation, so it works when memory is gone. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *process = "keyhold";
static enum log_level threshold = LOG_INFO;

void
log_set_process(const char *name)
{
    process = name;
    /* gmtime_r reads the zone's file at its first call: now, before the process is confined. */
    tzset();
}

void
log_set_level(enum log_level level)
{
    threshold = level;
}

static size_t
put_prefix(char *line, size_t cap, enum log_level level)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    struct timespec now;
    struct tm tm;
    int n;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    n = snprintf(line, cap, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s: ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                 now.tv_nsec / 1000000, process, names[level]);
    return n < 0 ? 0 : (size_t)n;
}

void
log_at(enum log_level level, const char *fmt, ...)
{
    char line[1024];
    size_t len;
    va_list ap;
    int n, saved = errno;

    if (level > threshold)
        return;
    len = put_prefix(line, sizeof(line) - 1, level);
    va_start(ap, fmt);
    n = vsnprintf(line + len, sizeof(line) - 1 - len, fmt, ap);
    va_end(ap);
    if (n > 0)
        len += (size_t)n < sizeof(line) - 1 - len ? (size_t)n : sizeof(line) - 2 - len;
    /* A name that came from outside may hold anything: no forged lines. */
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    n = (int)write(STDERR_FILENO, line, len);
    (void)n;
    errno = saved;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - plain lines on stderr for the operator. The audit is apart (scribe/).
 *
 * A line is one write(2): "<time> <process> <level>: <text>\n", at most 1,024
 * bytes, control characters replaced. Names and ids may be logged, values of
 * secrets, tokens and passwords never; a secbuf has no printf form.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Name of this process for its lines ("front"); borrowed for ever. */
void log_set_process(const char *name);
void log_set_level(enum log_level level);

void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif /* BASE_LOG_H */

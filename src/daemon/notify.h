/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h - tells systemd how we are (sd_notify(3)), where it asks to be told. */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* state: "READY=1", "STOPPING=1". Does nothing without NOTIFY_SOCKET; failures do not matter.
 */
void notify(const char *state);

#endif /* DAEMON_NOTIFY_H */

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devinfo.h - a running development server as its users need to know it:
 * printed for people, as JSON for scripts, as the environment of a command
 * (design 8).
 */
#ifndef CLI_DEVINFO_H
#define CLI_DEVINFO_H

#include "cli/founding.h"
#include "daemon/config.h"

struct devinfo {
    const struct config *config;
    const struct founding *founding;
    const char *identity_secret; /* of the App Service shape */
    uint16_t port;
    uint16_t local_port; /* 0: no loopback listener */
};

void devinfo_print(const struct devinfo *d);
void devinfo_print_json(const struct devinfo *d);
/* Sets the variables in this process' environment. ERR_NOMEM. */
MUST_CHECK enum err devinfo_environment(const struct devinfo *d);

#endif /* CLI_DEVINFO_H */

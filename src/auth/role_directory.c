/* SPDX-License-Identifier: Apache-2.0 */
/* role_directory.c - the built-in roles of the directory, with the vendor's template ids. */
#include "auth/role_int.h"

#define DIRECTORY "microsoft.directory/"
#define READ      DIRECTORY "*/standard/read"
#define L(...)                                                                                 \
    (const char *const[])                                                                      \
    {                                                                                          \
        __VA_ARGS__, NULL                                                                      \
    }

const struct role role_directory[] = {
    { "62e90394-69f5-4237-9190-012177145e10", "Global Administrator",
      "Can manage all aspects of the directory.", .actions = L(DIRECTORY "*") },
    { "fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator",
      "Can manage users and groups, except those that hold roles of the directory.",
      .actions = L(READ, DIRECTORY "users/*", DIRECTORY "groups/*") },
    { "fdd7a751-b60b-444a-984c-02652fe8fa1c", "Groups Administrator",
      "Can manage groups and their members.", .actions = L(READ, DIRECTORY "groups/*") },
    { "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator",
      "Can manage applications and service principals, except those that hold roles of the "
      "directory.",
      .actions = L(READ, DIRECTORY "applications/*", DIRECTORY "servicePrincipals/*") },
    { "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers", "Can read the directory.",
      .actions = L(READ) },
    { .guid = NULL },
};

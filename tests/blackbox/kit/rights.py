# SPDX-License-Identifier: Apache-2.0
"""
Who may do what in the resource manager, by a rule of our own: a few roles as the
cloud documents them, wildcards, whole segments of scopes, locks. The server is not
asked; suites compare what it does with this.
"""
import re

AUTHORIZATION = "Microsoft.Authorization/"
KEYVAULT = "Microsoft.KeyVault/"
# Roles: (actions, notActions, dataActions).
STANDARD = [f"{AUTHORIZATION}*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"]
ROLES = {
    "Owner": (["*"], [], []),
    "Contributor": (["*"], [f"{AUTHORIZATION}*/Delete", f"{AUTHORIZATION}*/Write",
                            f"{AUTHORIZATION}elevateAccess/Action"], []),
    "Reader": (["*/read"], [], []),
    "User Access Administrator": (["*/read", f"{AUTHORIZATION}*", "Microsoft.Support/*"], [], []),
    "Key Vault Contributor": ([*STANDARD, f"{KEYVAULT}*"],
                              [f"{KEYVAULT}locations/deletedVaults/purge/action",
                               f"{KEYVAULT}hsmPools/*", f"{KEYVAULT}managedHsms/*"], []),
    "Key Vault Administrator": ([*STANDARD, f"{KEYVAULT}checkNameAvailability/read",
                                 f"{KEYVAULT}deletedVaults/read", f"{KEYVAULT}locations/*/read",
                                 f"{KEYVAULT}vaults/*/read", f"{KEYVAULT}operations/read"], [],
                                [f"{KEYVAULT}vaults/*"]),
    # Made by the suite: everything about vaults but their end, and nothing else.
    "custom": ([f"{KEYVAULT}vaults/*", "Microsoft.Resources/subscriptions/resourceGroups/read"],
               [f"{KEYVAULT}vaults/delete"], []),
}


def matches(pattern, action):
    """One * a pattern, for any text; between two slashes also for nothing (X/*/read is X/read too)."""
    if "/*/" in pattern and matches(pattern.replace("/*/", "/"), action):
        return True
    words = (re.escape(x) for x in pattern.split("*"))
    return re.fullmatch(".*".join(words), action, re.IGNORECASE) is not None


def gives(role, action, data=False):
    actions, without, data_actions = ROLES[role]
    if data:
        return any(matches(p, action) for p in data_actions)
    return any(matches(p, action) for p in actions) and not any(matches(p, action) for p in without)


def segments(scope):
    return [x for x in scope.lower().split("/") if x]


def covers(above, scope):
    """Whole segments: .../a does not cover .../a-b."""
    a, s = segments(above), segments(scope)
    return s[:len(a)] == a


def may(grants, actions, scope, data=False):
    """grants: [(role, scope)]; any of the actions will do."""
    return any(covers(at, scope) and gives(role, action, data)
               for role, at in grants for action in actions)


def is_locked(lock, method, scope, whole):
    """lock: (level, scope) or None. whole: what is at the scope goes, and what lies in it."""
    if lock is None or method == "GET":
        return False
    level, at = lock
    if covers(at, scope):
        return method == "DELETE" or level == "ReadOnly"
    return whole and covers(scope, at)

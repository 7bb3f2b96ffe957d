# SPDX-License-Identifier: Apache-2.0
"""
The rows of the table of the resource manager: for each route what it needs where,
what it answers to whom may, and how what it would use up is made.
"""
import urllib.parse
import uuid

from kit import pki
from kit.manager import (CAS, DEPLOYMENTS, DESTINATION, EMPTY, FEDERATED, GRANTS, IDENTITIES, MGS, READER, SETTINGS,
                         VAULTS, fresh)

AUTHZ, KV = "Microsoft.Authorization/", "Microsoft.KeyVault/"
GROUPS, MI = "Microsoft.Resources/subscriptions/resourceGroups/", "Microsoft.ManagedIdentity/userAssignedIdentities/"
PKI = "Keyhold.Pki/certificateAuthorities/"
INSIGHTS = "Microsoft.Insights/diagnosticSettings/"
THROUGH = f"{KV}vaults/providers/{INSIGHTS}"
S = "/subscriptions/{subscription}"
G = f"{S}/resourceGroups/{{group}}"
V = f"{G}{VAULTS}/{{vault}}"
I = f"{G}{IDENTITIES}/{{identity}}"
C = f"{G}{CAS}/{{ca}}"
D = f"{S}/providers/Microsoft.KeyVault/locations/{{location}}/deletedVaults/{{vault}}"
SCOPED = f"{{*scope}}{GRANTS}"
EXPLAIN = "{*scope}/providers/Keyhold.Authorization/explain"
TAGS = "{*scope}/providers/Microsoft.Resources/tags/default"
OWN_WRITE = {"subscription": "Microsoft.Resources/subscriptions/write", "group": f"{GROUPS}write",
             "vault": f"{KV}vaults/write"}
PLACES = ("subscription", "group", "vault")
# What refuses whom the right is missing, and what callers of another tenant hear.
GATE = (403, 403)   # asked before anything is looked for
INSIDE = (403, 404)  # asked where the thing is known
LIST = (200, 404)   # everybody gets a list, of what he may see
FREE = (200, 404)   # everybody in the tenant
OPEN = (200, 200)   # everybody with a token


class Row:
    """
    at: the place that the right is asked for. path(land): what is always there.
    fresh(maker, stage, land): the path of something to be used up. shows(land): a word that
    the answer has for those who may, and for nobody else. data: a data action that is wanted
    besides (400 without). undo: what was made goes again. locks: False where none is looked at.
    lock_at: where locks are looked for, if not there. whole: the thing at the place goes.
    """

    def __init__(self, actions, at, path, ok=200, *, kind=GATE, body=None, make=None, shows=None,
                 data=None, undo=False, locks=True, lock_at=None, whole=False):
        self.actions = [actions] if isinstance(actions, str) else actions
        self.at, self.path, self.ok, self.kind = at, path, ok, kind
        self.body, self.make, self.shows, self.data = body, make, shows, data
        self.undo, self.locks, self.lock_at, self.whole = undo, locks, lock_at or at, whole

    def scope(self, land):
        return getattr(land, self.at) if self.at else "/"

    def lock_scope(self, land):
        return getattr(land, self.lock_at) if self.lock_at else "/"


def sub(tail):
    return lambda land: f"{land.subscription}{tail}"


def group(tail=""):
    return lambda land: f"{land.group}{tail}"


def vault(tail=""):
    return lambda land: f"{land.vault}{tail}"


def identity(tail=""):
    return lambda land: f"{land.identity}{tail}"


def each(build, places=PLACES):
    return [build(p) for p in places]


def scoped(place, tail):
    return lambda land: f"{getattr(land, place)}{tail}" if place else tail


# ------------------------------------------------------------ what is used up

def put(path, body=None, status=201):
    """A maker of one more: path(land, name)."""
    def run(maker, stage, land):
        at = path(land)
        maker.must("PUT", at, body(stage) if callable(body) else body, status)
        return at
    return run


def new_group(maker, _, land):
    at = f"{land.subscription}/resourceGroups/{fresh('g')}"
    maker.must("PUT", at, {"location": "local"}, 201)
    return at


def new_ca(maker, stage, land):
    path = f"{land.group}{CAS}/{fresh('c')}"
    maker.must("PUT", path, stage.ca_body(land), 201)
    return path


def new_role(place):
    def run(maker, _, land):
        at = f"{getattr(land, place)}{GRANTS}roleDefinitions/{uuid.uuid4()}"
        maker.must("PUT", at, role_body(getattr(land, place)), 201)
        return at
    return run


def role_body(scope):
    return {"properties": {"roleName": fresh("role "), "assignableScopes": [scope],
                           "permissions": [{"actions": ["*/read"]}]}}


def new_grant(place):
    return lambda maker, _, land: maker.assign(getattr(land, place), READER, str(uuid.uuid4()))


def spare(_, __, land):
    return f"{land.deleted}/{land.spares.pop()}/purge"


def grant_body(_):
    return {"properties": {"roleDefinitionId": READER, "principalId": str(uuid.uuid4()),
                           "principalType": "ServicePrincipal"}}


LOCK = {"properties": {"level": "CanNotDelete"}}
LOCATED = {"location": "local"}


# ------------------------------------------------------------------- the rows

def subscriptions():
    return {
        ("GET", "/tenants"): [Row([], None, lambda _: "/tenants", kind=OPEN)],
        ("GET", "/subscriptions"): [Row([], "subscription", lambda _: "/subscriptions", kind=OPEN,
                                        shows=lambda land: ("any", land.id))],
        ("GET", S): [Row("Microsoft.Resources/subscriptions/read", "subscription", sub(""))],
        ("GET", f"{S}/locations"): [Row("Microsoft.Resources/subscriptions/locations/read", "subscription",
                                        sub("/locations"))],
        ("GET", f"{S}/providers"): [Row([], None, sub("/providers"), kind=FREE)],
        ("GET", f"{S}/providers/{{namespace}}"): [Row([], None, sub("/providers/Microsoft.KeyVault"), kind=FREE)],
        ("POST", f"{S}/providers/{{namespace}}/register"): [
            Row([], None, sub("/providers/Microsoft.KeyVault/register"), kind=FREE, locks=False)],
        ("GET", f"{S}/operationresults/{{operation}}"): [Row([], None, sub("/operationresults/x"), kind=OPEN)],
        ("GET", f"{S}/providers/Microsoft.Insights/eventtypes/management/values"): [
            Row("Microsoft.Insights/eventtypes/values/read", "subscription",
                sub("/providers/Microsoft.Insights/eventtypes/management/values?$filter="
                    + urllib.parse.quote("eventTimestamp ge '2020-01-01T00:00:00Z'") + "&$top=1"), kind=INSIDE)],
        ("GET", f"{S}/resources"): [Row(f"{KV}vaults/read", "vault", sub("/resources"), kind=LIST,
                                        shows=lambda land: ("may", f'/{land.vault_name}"'))],
        ("GET", f"{G}/resources"): [Row(f"{KV}vaults/read", "vault", group("/resources"), kind=LIST,
                                        shows=lambda land: ("may", f'/{land.vault_name}"'))],
    }


def groups():
    return {
        ("GET", f"{S}/resourceGroups"): [Row(f"{GROUPS}read", "group", sub("/resourceGroups"), kind=LIST,
                                             shows=lambda land: ("may", '/a"'))],
        ("GET", G): [Row(f"{GROUPS}read", "group", group())],
        ("PUT", G): [Row(f"{GROUPS}write", "group", group(), body=LOCATED)],
        ("PATCH", G): [Row(f"{GROUPS}write", "group", group(), body={})],
        ("DELETE", G): [Row(f"{GROUPS}delete", "group", group(), 202, make=new_group, whole=True)],
    }


def vaults():
    return {
        ("GET", f"{S}{VAULTS}"): [Row(f"{KV}vaults/read", "vault", sub(VAULTS), kind=LIST,
                                      shows=lambda land: ("may", f'/{land.vault_name}"'))],
        ("GET", f"{G}{VAULTS}"): [Row(f"{KV}vaults/read", "vault", group(VAULTS), kind=LIST,
                                      shows=lambda land: ("may", f'/{land.vault_name}"'))],
        ("GET", V): [Row(f"{KV}vaults/read", "vault", vault())],
        ("PUT", V): [Row(f"{KV}vaults/write", "vault", vault(), body=lambda stage, land: stage.vault_body())],
        ("PATCH", V): [Row(f"{KV}vaults/write", "vault", vault(), body={})],
        ("DELETE", V): [Row(f"{KV}vaults/delete", "vault", vault(), whole=True, make=put(
            lambda land: f"{land.group}{VAULTS}/{fresh('v')}", lambda stage: stage.vault_body(), 200))],
        ("PUT", f"{V}/accessPolicies/{{operation}}"): [
            Row(f"{KV}vaults/accessPolicies/write", "vault", vault("/accessPolicies/add"),
                body={"properties": {"accessPolicies": []}})],
        ("GET", f"{V}/keys"): [Row(f"{KV}vaults/keys/read", "vault", vault("/keys"), data=f"{KV}vaults/keys/read")],
        ("GET", f"{V}/keys/{{name}}"): [Row(f"{KV}vaults/keys/read", "vault", vault("/keys/one"),
                                            data=f"{KV}vaults/keys/read")],
        ("PUT", f"{V}/keys/{{name}}"): [Row(f"{KV}vaults/keys/write", "vault", vault("/keys/one"),
                                            body={"properties": {"kty": "EC"}})],
        ("GET", f"{V}/keys/{{name}}/versions"): [Row(f"{KV}vaults/keys/versions/read", "vault",
                                                     vault("/keys/one/versions"), data=f"{KV}vaults/keys/read")],
        ("GET", f"{V}/keys/{{name}}/versions/{{version}}"): [
            Row(f"{KV}vaults/keys/versions/read", "vault", vault(f"/keys/one/versions/{'0' * 32}"), 404,
                data=f"{KV}vaults/keys/read")],
        ("GET", f"{V}/secrets"): [Row(f"{KV}vaults/secrets/read", "vault", vault("/secrets"))],
        ("GET", f"{V}/secrets/{{name}}"): [Row(f"{KV}vaults/secrets/read", "vault", vault("/secrets/one"))],
        ("PUT", f"{V}/secrets/{{name}}"): [Row(f"{KV}vaults/secrets/write", "vault", vault("/secrets/one"),
                                               body={"properties": {"value": "y"}})],
        ("PATCH", f"{V}/secrets/{{name}}"): [Row(f"{KV}vaults/secrets/write", "vault", vault("/secrets/one"),
                                                 body={"properties": {}})],
        ("GET", f"{V}/privateLinkResources"): [Row(f"{KV}vaults/privateLinkResources/read", "vault",
                                                   vault("/privateLinkResources"))],
        ("GET", f"{V}/privateEndpointConnections"): [
            Row(f"{KV}vaults/privateEndpointConnections/read", "vault", vault("/privateEndpointConnections"))],
    }


def deleted():
    at = "/providers/Microsoft.KeyVault"
    return {
        ("POST", f"{S}{at}/checkNameAvailability"): [
            Row(f"{KV}checkNameAvailability/read", "subscription", sub(f"{at}/checkNameAvailability"),
                body={"name": "free-name", "type": "Microsoft.KeyVault/vaults"})],
        ("GET", f"{S}{at}/deletedVaults"): [Row(f"{KV}deletedVaults/read", "subscription", sub(f"{at}/deletedVaults"))],
        ("GET", D): [Row(f"{KV}locations/deletedVaults/read", "subscription",
                         lambda land: f"{land.deleted}/{land.spares[0]}")],
        ("POST", f"{D}/purge"): [Row(f"{KV}locations/deletedVaults/purge/action", "subscription",
                                     lambda land: f"{land.deleted}/{land.spares[0]}/purge", 202, make=spare)],
        ("GET", f"{S}{at}/locations/{{location}}/operationResults/{{id}}"): [
            Row([], None, sub(f"{at}/locations/local/operationResults/x"), kind=OPEN)],
        ("GET", f"{S}{at}/managedHSMs"): [Row([], None, sub(f"{at}/managedHSMs"), kind=OPEN)],
        ("GET", f"{S}{at}/deletedManagedHSMs"): [Row([], None, sub(f"{at}/deletedManagedHSMs"), kind=OPEN)],
        ("GET", f"{G}{at}/managedHSMs"): [Row([], None, group(f"{at}/managedHSMs"), kind=OPEN)],
        ("GET", f"{at}/operations"): [Row([], None, lambda _: f"{at}/operations", kind=OPEN)],
    }


def roles():
    names = ("GET", f"{SCOPED}roleDefinitions/{{name}}")
    return {
        ("GET", f"{SCOPED}roleDefinitions"): each(lambda p: Row(
            f"{AUTHZ}roleDefinitions/read", p, scoped(p, f"{GRANTS}roleDefinitions")), (*PLACES, "mg", None)),
        names: each(lambda p: Row(f"{AUTHZ}roleDefinitions/read", p, scoped(p, f"{GRANTS}roleDefinitions/{READER}")),
                    (*PLACES, "mg", None)),
        ("PUT", names[1]): each(lambda p: Row(
            f"{AUTHZ}roleDefinitions/write", p,
            lambda land: f"{getattr(land, p)}{GRANTS}roleDefinitions/{uuid.uuid4()}", 201, kind=INSIDE, undo=True,
            body=lambda _, land: role_body(getattr(land, p))), (*PLACES[:2], "mg")),
        ("DELETE", names[1]): each(lambda p: Row(
            f"{AUTHZ}roleDefinitions/delete", p, scoped(p, f"{GRANTS}roleDefinitions/{READER}"), make=new_role(p)),
            (*PLACES[:2], "mg")),
        ("GET", f"{SCOPED}roleAssignments"): each(lambda p: Row(
            f"{AUTHZ}roleAssignments/read", p, scoped(p, f"{GRANTS}roleAssignments")), (*PLACES, "mg", None)),
        ("GET", f"{SCOPED}roleAssignments/{{name}}"): each(lambda p: Row(
            f"{AUTHZ}roleAssignments/read", p, lambda land: land.assigned[p]), (*PLACES, "mg")),
        ("PUT", f"{SCOPED}roleAssignments/{{name}}"): each(lambda p: Row(
            f"{AUTHZ}roleAssignments/write", p,
            lambda land: f"{getattr(land, p)}{GRANTS}roleAssignments/{uuid.uuid4()}", 201, kind=INSIDE,
            body=lambda stage, land: grant_body(land)), (*PLACES, "mg")),
        ("DELETE", f"{SCOPED}roleAssignments/{{name}}"): each(lambda p: Row(
            f"{AUTHZ}roleAssignments/delete", p, lambda land: land.assigned[p], kind=INSIDE, make=new_grant(p)),
            (*PLACES, "mg")),
        ("GET", f"{SCOPED}denyAssignments"): each(lambda p: Row(
            f"{AUTHZ}denyAssignments/read", p, scoped(p, f"{GRANTS}denyAssignments")), (*PLACES, "mg", None)),
        ("GET", f"{SCOPED}denyAssignments/{{name}}"): each(lambda p: Row(
            f"{AUTHZ}denyAssignments/read", p, scoped(p, f"{GRANTS}denyAssignments/{READER}"), 404)),
        ("POST", EXPLAIN): each(lambda p: Row(
            f"{AUTHZ}roleAssignments/read", p, scoped(p, EXPLAIN.removeprefix("{*scope}")), locks=False,
            body=lambda stage, _: {"principal": stage.apps["reader"].object_id, "action": f"{KV}vaults/read"}),
            (*PLACES, "mg", None)),
        ("GET", f"{SCOPED}permissions"): each(lambda p: Row([], None, scoped(p, f"{GRANTS}permissions"), kind=FREE)),
        ("GET", f"{GRANTS}providerOperations"): [Row([], None, lambda _: f"{GRANTS}providerOperations", kind=OPEN)],
        ("GET", f"{GRANTS}providerOperations/{{namespace}}"): [
            Row([], None, lambda _: f"{GRANTS}providerOperations/Microsoft.KeyVault", kind=OPEN)],
    }


def identities():
    credential = f"{I}/federatedIdentityCredentials"
    return {
        ("GET", f"{S}{IDENTITIES}"): [Row(f"{MI}read", "group", sub(IDENTITIES), kind=LIST,
                                          shows=lambda land: ("may", '/one"'))],
        ("GET", f"{G}{IDENTITIES}"): [Row(f"{MI}read", "group", group(IDENTITIES), kind=LIST,
                                          shows=lambda land: ("may", '/one"'))],
        ("GET", I): [Row(f"{MI}read", "identity", identity())],
        ("PUT", I): [Row(f"{MI}write", "identity", identity(), body=LOCATED)],
        ("PATCH", I): [Row(f"{MI}write", "identity", identity(), body={})],
        ("DELETE", I): [Row(f"{MI}delete", "identity", identity(), whole=True, make=put(
            lambda land: f"{land.group}{IDENTITIES}/{fresh('i')}", LOCATED))],
        ("GET", credential): [Row(f"{MI}federatedIdentityCredentials/read", "identity",
                                  identity("/federatedIdentityCredentials"))],
        ("GET", f"{credential}/{{name}}"): [Row(f"{MI}federatedIdentityCredentials/read", "identity",
                                                identity("/federatedIdentityCredentials/one"))],
        ("PUT", f"{credential}/{{name}}"): [Row(f"{MI}federatedIdentityCredentials/write", "identity",
                                                identity("/federatedIdentityCredentials/one"), body=FEDERATED)],
        ("DELETE", f"{credential}/{{name}}"): [Row(
            f"{MI}federatedIdentityCredentials/delete", "identity", identity("/federatedIdentityCredentials/one"),
            make=put(lambda land: f"{land.identity}/federatedIdentityCredentials/{fresh('f')}",
                     lambda _: {"properties": {**FEDERATED["properties"], "subject": fresh("s")}}))],
    }


def authorities():
    csr, _ = pki.request()

    def ca(tail=""):
        return lambda land: f"{land.ca}{tail}"
    return {
        ("GET", f"{S}{CAS}"): [Row(f"{PKI}read", "group", sub(CAS), kind=LIST,
                                   shows=lambda land: ("may", land.ca))],
        ("GET", f"{G}{CAS}"): [Row(f"{PKI}read", "group", group(CAS), kind=LIST,
                                   shows=lambda land: ("may", land.ca))],
        ("GET", C): [Row(f"{PKI}read", "ca", ca())],
        ("PUT", C): [Row(f"{PKI}write", "ca", ca(), body=LOCATED)],
        ("PATCH", C): [Row(f"{PKI}write", "ca", ca(), body={})],
        ("DELETE", C): [Row(f"{PKI}delete", "ca", ca(), whole=True, make=new_ca)],
        ("POST", f"{C}/issue"): [Row(f"{PKI}issue/action", "ca", ca("/issue"), body={"csr": csr})],
        ("POST", f"{C}/revoke"): [Row(f"{PKI}revoke/action", "ca", ca("/revoke"), 404, body={"serial": "00"})],
        ("POST", f"{C}/certificate"): [Row(f"{PKI}write", "ca", ca("/certificate"), 400, body={})],
        ("GET", f"{C}/certificates"): [Row(f"{PKI}certificates/read", "ca", ca("/certificates"))],
        ("POST", f"{C}/acmeCredentials"): [Row(f"{PKI}acmeCredentials/write", "ca", ca("/acmeCredentials"), 400, body={})],
        ("GET", f"{C}/acmeCredentials"): [Row(f"{PKI}acmeCredentials/read", "ca", ca("/acmeCredentials"))],
        ("DELETE", f"{C}/acmeCredentials/{{kid}}"): [
            Row(f"{PKI}acmeCredentials/delete", "ca", ca("/acmeCredentials/none"), 204)],
    }


def settings():
    read, write = [f"{INSIGHTS}Read", f"{THROUGH}Read"], [f"{INSIGHTS}Write", f"{THROUGH}Write"]
    at, categories = f"{V}{SETTINGS}", f"{V}{SETTINGS}Categories"
    return {
        ("GET", at): [Row(read, "vault", vault(SETTINGS), kind=INSIDE)],
        ("GET", f"{at}/{{name}}"): [Row(read, "vault", vault(f"{SETTINGS}/one"), kind=INSIDE)],
        ("PUT", f"{at}/{{name}}"): [Row(write, "vault", vault(f"{SETTINGS}/one"), kind=INSIDE, body=DESTINATION)],
        ("DELETE", f"{at}/{{name}}"): [Row([f"{INSIGHTS}Delete", f"{THROUGH}Write"], "vault", vault(f"{SETTINGS}/one"),
                                           kind=INSIDE, make=put(lambda land: f"{land.vault}{SETTINGS}/{fresh('d')}",
                                                                 DESTINATION, 200))],
        ("GET", categories): [Row(read, "vault", vault(f"{SETTINGS}Categories"), kind=INSIDE)],
        ("GET", f"{categories}/{{name}}"): [Row(read, "vault", vault(f"{SETTINGS}Categories/AuditEvent"), kind=INSIDE)],
    }


def deployments():
    """`one` is there and has ended."""
    right = "Microsoft.Resources/deployments/"
    made = {}
    for place, top, body in (("group", G, {}), ("subscription", S, {"location": "local"})):
        at, own = f"{top}{DEPLOYMENTS}", scoped(place, DEPLOYMENTS)

        def row(verb, tail, ok=200, *, place=place, own=own, body=body, **more):
            actions = [right + verb] if isinstance(verb, str) else [right + v for v in verb]
            sent = {**body, "properties": {"mode": "Incremental", "template": EMPTY}}
            return [Row(actions, place, lambda land: own(land) + (tail() if callable(tail) else tail), ok,
                        body=sent if more.pop("sends", False) else None, **more)]
        made |= {
            ("GET", at): row("read", ""),
            ("GET", f"{at}/{{name}}"): row("read", "/one"),
            ("PUT", f"{at}/{{name}}"): row("write", lambda: f"/{fresh('d')}", 201, sends=True, undo=True),
            ("DELETE", f"{at}/{{name}}"): row("delete", "/none", 404),
            ("POST", f"{at}/{{name}}/validate"): row("validate/action", "/new/validate", sends=True),
            ("POST", f"{at}/{{name}}/whatIf"): row("whatIf/action", "/new/whatIf", sends=True),
            ("POST", f"{at}/{{name}}/cancel"): row("cancel/action", "/none/cancel", 404),
            ("POST", f"{at}/{{name}}/exportTemplate"): row("exportTemplate/action", "/one/exportTemplate"),
            ("GET", f"{at}/{{name}}/operationStatuses/{{operation}}"): row(
                ("operationStatuses/read", "read", "write"), "/one/operationStatuses/x", 404, kind=INSIDE),
            ("GET", f"{at}/{{name}}/operations"): row("operations/read", "/one/operations", kind=INSIDE),
            ("GET", f"{at}/{{name}}/operations/{{operation}}"): row("operations/read", "/one/operations/x", 404,
                                                                    kind=INSIDE),
        }
    short = f"{G}/deployments/{{name}}/operations"
    made[("GET", short)] = [Row(f"{right}operations/read", "group", group("/deployments/one/operations"), kind=INSIDE)]
    made[("GET", f"{short}/{{operation}}")] = [
        Row(f"{right}operations/read", "group", group("/deployments/one/operations/x"), 404, kind=INSIDE)]
    return made


def tags_and_locks():
    tags = "/providers/Microsoft.Resources/tags/"

    def tag(method, verb, body):
        return each(lambda p: Row(
            [f"Microsoft.Resources/tags/{verb}",
             OWN_WRITE[p] if verb != "read" else OWN_WRITE[p].replace("write", "read")],
            p, scoped(p, f"{tags}default"), kind=INSIDE, body=body))
    return {
        ("GET", TAGS): tag("GET", "read", None),
        ("PUT", TAGS): tag("PUT", "write", {"properties": {"tags": {}}}),
        ("PATCH", TAGS): tag("PATCH", "write", {"operation": "Merge", "properties": {"tags": {}}}),
        ("DELETE", TAGS): tag("DELETE", "delete", None),
        ("GET", f"{SCOPED}locks"): each(lambda p: Row(f"{AUTHZ}locks/read", p, scoped(p, f"{GRANTS}locks"))),
        ("GET", f"{SCOPED}locks/{{name}}"): each(lambda p: Row(
            f"{AUTHZ}locks/read", p, scoped(p, f"{GRANTS}locks/none"), 404)),
        ("PUT", f"{SCOPED}locks/{{name}}"): each(lambda p: Row(
            f"{AUTHZ}locks/write", p, lambda land: f"{getattr(land, p)}{GRANTS}locks/{fresh('l')}", 201, body=LOCK,
            undo=True, locks=False)),
        ("DELETE", f"{SCOPED}locks/{{name}}"): each(lambda p: Row(
            f"{AUTHZ}locks/delete", p, scoped(p, f"{GRANTS}locks/one"), locks=False,
            make=put(lambda land: f"{getattr(land, p)}{GRANTS}locks/{fresh('l')}", LOCK))),
    }


def new_mg(maker, _, __):
    at = f"{MGS}/{fresh('gone')}"
    maker.must("PUT", at, {}, 202)
    return at


def mg(tail=""):
    return lambda land: f"{land.mg}{tail}"


def hierarchy():
    right, at = "Microsoft.Management/managementGroups/", f"{MGS}/{{group}}"
    own = "/providers/Microsoft.Management/"
    one = f"{at}/subscriptions/{{subscription}}"
    settings_at = f"{at}/settings/default"

    def below(land):
        return f"{land.mg}{land.subscription}"

    def setting(verb, **more):  # they are the root group's: of others there are none
        return [Row(f"{right}settings/{verb}", "mg", mg("/settings/default"), 400, **more)]
    return {
        ("GET", MGS): [Row([], None, lambda _: MGS, kind=OPEN)],
        ("GET", at): [Row(f"{right}read", "mg", mg())],
        ("PUT", at): [Row(f"{right}write", "mg", mg(), body={})],
        ("PATCH", at): [Row(f"{right}write", "mg", mg(), body={})],
        ("DELETE", at): [Row(f"{right}delete", "mg", mg(), 202, make=new_mg)],
        ("GET", f"{at}/descendants"): [Row(f"{right}descendants/read", "mg", mg("/descendants"))],
        ("GET", f"{at}/subscriptions"): [Row(f"{right}subscriptions/read", "mg", mg("/subscriptions"))],
        ("GET", one): [Row(f"{right}subscriptions/read", "mg", below, 404)],
        ("PUT", one): [Row(f"{right}subscriptions/write", "mg", below, undo=True, lock_at="subscription")],
        ("DELETE", one): [Row(f"{right}subscriptions/delete", "mg", below, 204, locks=False)],
        ("GET", f"{at}/settings"): [Row(f"{right}settings/read", "mg", mg("/settings"), 400)],
        ("GET", settings_at): setting("read"),
        ("PUT", settings_at): setting("write", body={"properties": {}}),
        ("PATCH", settings_at): setting("write", body={"properties": {}}),
        ("DELETE", settings_at): setting("delete"),
        ("GET", f"{own}operationResults/{{operation}}/managementGroups/{{group}}"): [
            Row(f"{right}read", "mg", lambda land: f"{own}operationResults/create/managementGroups/"
                                                   f"{land.mg.rsplit('/', 1)[1]}")],
        ("POST", f"{own}getEntities"): [Row([], None, lambda _: f"{own}getEntities", kind=OPEN)],
        ("GET", f"{own}getEntities"): [Row([], None, lambda _: f"{own}getEntities", kind=OPEN)],
        ("POST", f"{own}checkNameAvailability"): [
            Row([], None, lambda _: f"{own}checkNameAvailability", kind=OPEN, body={"name": "free"})],
        ("POST", f"{own}startTenantBackfill"): [
            Row([], None, lambda _: f"{own}startTenantBackfill", kind=OPEN)],
        ("POST", f"{own}tenantBackfillStatus"): [
            Row([], None, lambda _: f"{own}tenantBackfillStatus", kind=OPEN)],
    }


def rows():
    return {**subscriptions(), **groups(), **vaults(), **deleted(), **roles(), **identities(), **authorities(), **settings(),
            **deployments(), **tags_and_locks(), **hierarchy()}

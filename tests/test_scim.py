"""SCIM 2.0, as a client library of others speaks it, and as the developer guide limits it."""

import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import (EnterpriseUser, Group, PatchOp, PatchOperation, ResourceType, ScimProvider, SearchRequest,
                          ServiceProviderConfig, User)
from test_identity_center import Center

PERSON = {"userName": "ann", "displayName": "Ann Doe", "name": {"givenName": "Ann", "familyName": "Doe"}}


class Provider:
    """An identity provider with a token for a store."""

    def __init__(self, rig):
        self.rig, self.center = rig, Center(rig)
        self.store = self.center.store
        self.made = self.lever("create-scim-token").json
        self.http = self.speaking(self.made["token"])

    def lever(self, name, **given):
        pull = {"account": self.center.id, "region": self.center.region, "given": {"identityStoreId": self.store, **given}}
        return self.rig.own("POST", f"levers/identitystore.{name}", pull)

    def speaking(self, token, store=None):
        return httpx2.Client(base_url=f"{self.rig.endpoint}/{store or self.store}/scim/v2/",
                            headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"})

    def user(self, name="ann", **more):
        answer = self.http.post("Users", json={**PERSON, "userName": name, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def group(self, name, *members):
        answer = self.http.post("Groups", json={"displayName": name, "members": [{"value": member} for member in members]})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def refused(self, method, path, **options):
        answer = self.http.request(method, path, **options)
        body = answer.json()
        assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"] and body["exceptionRequestId"]
        assert body["status"] == str(answer.status_code)
        return answer.status_code, body["detail"]

    def members(self, group):
        listed = self.center.people.list_group_memberships(IdentityStoreId=self.store, GroupId=group)["GroupMemberships"]
        return {it["MemberId"]["UserId"] for it in listed}


@pytest.fixture
def provider(shared):
    return Provider(shared)


def test_a_client_of_others_keeps_users_and_groups(provider):
    assert provider.made["endpoint"].endswith(f"/{provider.store}/scim/v2/")
    provisioned = User[EnterpriseUser]
    asking = SyncSCIMClient(provider.http, provider=ScimProvider((User, EnterpriseUser, Group)))
    config, kinds = asking.query(ServiceProviderConfig), asking.query(ResourceType).resources
    assert config.patch.supported and not config.bulk.supported
    scim = SyncSCIMClient(provider.http, provider=ScimProvider((User, EnterpriseUser, Group), kinds, config))
    wanted = provisioned(user_name="ann", display_name="Ann Doe", active=True, external_id="e-1", title="Builder",
                         name=provisioned.Name(given_name="Ann", family_name="Doe"),
                         emails=[provisioned.Emails(value="ann@example.com", type="work", primary=True)])
    wanted[EnterpriseUser] = EnterpriseUser(department="Ships", employee_number="7")
    ann = scim.create(wanted)
    assert ann.meta.resource_type == "User" and ann[EnterpriseUser].department == "Ships"
    # What it made is what Identity Center has.
    kept = provider.center.people.describe_user(IdentityStoreId=provider.store, UserId=ann.id)
    assert (kept["UserName"], kept["Title"], kept["UserStatus"]) == ("ann", "Builder", "ENABLED")
    assert kept["Emails"] == [{"Value": "ann@example.com", "Type": "work", "Primary": True}]
    found = scim.query(provisioned, query_parameters=SearchRequest(filter='userName eq "ANN"'))
    assert [user.id for user in found.resources] == [ann.id]
    ann.title = "Captain"
    assert scim.replace(ann).title == "Captain"
    staff = scim.create(Group(display_name="staff"))
    op = PatchOperation(op=PatchOperation.Op.add, path="members", value=[{"value": ann.id}])
    scim.modify(Group, staff.id, PatchOp[Group](operations=[op]))
    assert provider.members(staff.id) == {ann.id}
    # AWS's errors say more than the library lets errors say.
    assert provider.refused("POST", "Groups", json={"displayName": "staff"})[0] == 409
    scim.delete(Group, staff.id)
    scim.delete(provisioned, ann.id)
    assert provider.center.people.list_users(IdentityStoreId=provider.store)["Users"] == []


def test_a_token_is_of_one_store_and_ends(start):
    provider = Provider(start("--transitions", "instant"))
    other = Provider(provider.rig)
    assert provider.http.get("Users").status_code == 200
    for client in (provider.speaking("guess"), provider.speaking(provider.made["token"], other.store), provider.speaking("Basic")):
        answer = client.get("Users")
        assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (401, "UnauthorizedException")
    second = provider.lever("create-scim-token").json
    assert provider.lever("create-scim-token").code == "ServiceQuotaExceededException"
    assert provider.lever("delete-scim-token", tokenId=second["tokenId"]).status == 200
    assert provider.speaking(second["token"]).get("Users").status_code == 401
    assert provider.lever("delete-scim-token", tokenId=second["tokenId"]).code == "ValidationException"
    provider.rig.advance(365 * 86_400)
    assert provider.http.get("Users").status_code == 401


def test_users_are_as_the_store_takes_them(provider):
    ann = provider.user(externalId="e-1", active=False)
    assert ann["active"] is False and ann["externalId"] == "e-1" and "password" not in ann
    assert provider.http.get(f"Users/{ann['id']}").json() == ann
    kept = provider.center.people.describe_user(IdentityStoreId=provider.store, UserId=ann["id"])
    assert kept["UserStatus"] == "DISABLED"
    assert provider.refused("POST", "Users", json=PERSON)[0] == 409
    assert provider.refused("GET", "Users/none")[0] == 404
    emails = [{"value": "a@example.com", "primary": True}, {"value": "b@example.com"}]
    for wrong in ({"displayName": None}, {"name": {"givenName": "Ann"}}, {"userName": "a b"}, {"password": "x"}, {"photos": []},
                  {"emails": emails}, {"emails": emails[1:]}, {"active": "perhaps"}, {"groups": []}, {"title": 7}):
        status, _ = provider.refused("POST", "Users", json={**PERSON, "userName": "bob", **wrong})
        assert status == 400, wrong
    assert provider.refused("POST", "Users", content=b"{")[0] == 400
    assert provider.refused("POST", "Users", json=[])[0] == 400
    assert provider.refused("POST", "Bulk", json={})[0] == 400
    replaced = provider.http.put(f"Users/{ann['id']}", json={**PERSON, "userName": "anna"}).json()
    assert (replaced["userName"], replaced["active"], replaced.get("externalId")) == ("anna", True, None)
    assert provider.http.delete(f"Users/{ann['id']}").status_code == 204
    assert provider.refused("DELETE", f"Users/{ann['id']}")[0] == 404


def test_parts_of_a_user_are_changed(provider):
    ann = provider.user(emails=[{"value": "ann@example.com", "type": "work", "primary": True}])["id"]

    def patch(*operations):
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
        return provider.http.patch(f"Users/{ann}", json=body)

    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    changed = patch({"op": "replace", "path": "name.familyName", "value": "Lee"},
                    {"op": "Add", "path": "title", "value": "Captain"},
                    {"op": "replace", "path": 'emails[type eq "work"].value', "value": "lee@example.com"},
                    {"op": "add", "path": f"{enterprise}:department", "value": "Ships"},
                    {"op": "replace", "value": {"active": "False", "nickName": "Annie"}}).json()
    assert changed["name"] == {"givenName": "Ann", "familyName": "Lee"}
    assert (changed["title"], changed["active"], changed["nickName"]) == ("Captain", False, "Annie")
    assert changed["emails"] == [{"value": "lee@example.com", "type": "work", "primary": True}]
    assert changed[enterprise] == {"department": "Ships"}
    changed = patch({"op": "remove", "path": "title"}, {"op": "remove", "path": "emails"}).json()
    assert "title" not in changed and "emails" not in changed
    for wrong in ({"op": "remove", "path": "userName"}, {"op": "remove"}, {"op": "move", "path": "title", "value": "x"},
                  {"op": "replace", "path": "title"}, {"op": "add", "path": "password", "value": "x"},
                  {"op": "remove", "path": "displayName"}):
        assert patch(wrong).status_code == 400, wrong
    assert patch().status_code == 400
    # What fails half-way leaves nothing.
    assert patch({"op": "replace", "path": "nickName", "value": "A"}, {"op": "remove", "path": "userName"}).status_code == 400
    assert provider.http.get(f"Users/{ann}").json()["nickName"] == "Annie"


def test_members_of_groups_are_changed_and_not_shown(provider):
    ann, bob = provider.user()["id"], provider.user("bob")["id"]
    staff = provider.group("staff", ann)
    assert provider.http.get(f"Groups/{staff}").json()["members"] == []

    def patch(*operations, status=204):
        answer = provider.http.patch(f"Groups/{staff}", json={"Operations": list(operations)})
        assert answer.status_code == status, answer.text

    patch({"op": "add", "path": "members", "value": [{"value": bob}, {"value": ann}]})
    assert provider.members(staff) == {ann, bob}
    patch({"op": "remove", "path": f'members[value eq "{ann}"]'})
    patch({"op": "remove", "path": "members", "value": [{"value": bob}]})
    assert provider.members(staff) == set()
    patch({"op": "replace", "value": {"displayName": "crew", "externalId": "g-1"}})
    assert provider.http.get(f"Groups/{staff}").json()["displayName"] == "crew"
    many = [{"value": ann}] * 101
    for wrong in ({"op": "replace", "path": "members", "value": [{"value": ann}]}, {"op": "remove", "path": "members"},
                  {"op": "add", "path": "members", "value": many}, {"op": "add", "path": "owner", "value": "x"}):
        patch(wrong, status=400)
    patch({"op": "add", "path": "members", "value": [{"value": "nobody"}]}, status=404)
    assert provider.refused("PUT", f"Groups/{staff}", json={"displayName": "x"})[0] == 400
    assert provider.refused("POST", "Groups", json={})[0] == 400
    assert provider.http.delete(f"Groups/{staff}").status_code == 204


def test_lists_have_filters_and_pages(provider):
    users = [provider.user(f"user-{number:03}", externalId=f"e-{number}")["id"] for number in range(103)]
    staff = provider.group("staff", *users[:2])
    everybody = provider.http.get("Users").json()
    assert (everybody["totalResults"], everybody["itemsPerPage"], everybody["startIndex"]) == (103, 100, 1)

    def find(path, text):
        answer = provider.http.get(path, params={"filter": text})
        assert answer.status_code == 200, answer.text
        return {it["id"] for it in answer.json()["Resources"]}

    assert find("Users", 'userName eq "USER-007"') == find("Users", 'externalId eq "e-7"') == {users[7]}
    assert find("Users", f'groups.value eq "{staff}"') == set(users[:2])
    assert find("Groups", 'displayName eq "staff"') == {staff}
    assert find("Groups", f'id eq "{staff}" and members eq "{users[0]}"') == {staff}
    assert find("Groups", f'members eq "{users[5]}" and id eq "{staff}"') == set()
    for text in ('userName co "user"', 'title eq "x"', 'userName eq "a" or userName eq "b"', "userName"):
        assert provider.refused("GET", "Users", params={"filter": text})[0] == 400, text
    for query in ({"startIndex": "2"}, {"attributes": "userName"}, {"count": "0"}, {"count": "101"}, {"count": "x"}):
        assert provider.refused("GET", "Users", params=query)[0] == 400, query
    seen, cursor = [], ""
    while cursor is not None:
        page = provider.http.get("Users", params={"cursor": cursor, "count": 40}).json()
        assert "totalResults" not in page and page["itemsPerPage"] == len(page["Resources"])
        seen += [it["id"] for it in page["Resources"]]
        cursor = page.get("nextCursor")
    assert seen == sorted(users)

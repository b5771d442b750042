//! What is kept of a user, and where it is found.

use ironbird_api::identitystore as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Key, Result, Table};
use ironbird_wire::field::Structure;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::caller::Stamp;
use crate::error::{self, Kind};

/// All users: (account, Region, store, id).
pub(crate) struct Users;

impl Table for Users {
    const NAME: &'static str = "identitystore.users";
    type Record = User;
}

/// The users by what only one of them may have: (account, Region, store, attribute, value in lower case) → id.
pub(crate) struct Uniques;

impl Table for Uniques {
    const NAME: &'static str = "identitystore.unique-attributes";
    type Record = String;
}

/// One user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    /// Attributes by their names, as `CreateUser` takes them.
    pub(crate) attributes: Map<String, Value>,
    /// What the identity provider that keeps it over SCIM calls it.
    #[serde(default)]
    pub(crate) external: Option<String>,
    /// Whether it may not sign in.
    #[serde(default)]
    pub(crate) disabled: bool,
    pub(crate) created: Stamp,
    pub(crate) updated: Stamp,
}

/// An attribute that only one user of a store may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unique {
    /// The name to sign in with.
    UserName,
    /// An email address.
    Email,
}

impl Unique {
    pub(crate) const ALL: [Self; 2] = [Self::UserName, Self::Email];

    /// Path of the attribute.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::UserName => "userName",
            Self::Email => "emails.value",
        }
    }

    /// What is said where another user has the same.
    pub(crate) const fn taken(self) -> &'static str {
        match self {
            Self::UserName => "Duplicate UserName",
            Self::Email => "Duplicate Email",
        }
    }

    /// The values that a user has.
    pub(crate) fn of(self, user: &User) -> Vec<&str> {
        match self {
            Self::UserName => user.text("UserName").into_iter().collect(),
            Self::Email => {
                let emails = user.attributes.get("Emails").and_then(Value::as_array);
                emails.into_iter().flatten().filter_map(|email| email.get("Value")?.as_str()).collect()
            }
        }
    }

    /// Where the user with that value is. Case is not told apart.
    pub(crate) fn key(self, store: &Key, value: &str) -> Key {
        store.clone().text(self.path()).text(&value.to_lowercase())
    }
}

impl User {
    /// The text of an attribute at the top.
    pub(crate) fn text(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute)?.as_str()
    }

    /// The user as `place` has users, with the extensions that are asked for.
    ///
    /// # Errors
    /// When `place` is not in the model.
    pub(crate) fn view<T: Structure + Default>(
        &self,
        place: Place,
        store: &str,
        extensions: Option<&[String]>,
    ) -> Result<T> {
        let mut shown = self.attributes.clone();
        if let Some(Value::Object(kept)) = shown.get_mut("Extensions") {
            kept.retain(|name, _| extensions.is_some_and(|wanted| wanted.contains(name)));
            if kept.is_empty() {
                shown.remove("Extensions");
            }
        }
        let more = [
            ("IdentityStoreId", store.into()),
            ("UserId", self.id.as_str().into()),
            ("UserStatus", if self.disabled { "DISABLED" } else { "ENABLED" }.into()),
            ("CreatedAt", self.created.at.nanos().into()),
            ("CreatedBy", self.created.by.as_str().into()),
            ("UpdatedAt", self.updated.at.nanos().into()),
            ("UpdatedBy", self.updated.by.as_str().into()),
        ];
        shown.extend(more.map(|(name, value): (&str, Value)| (name.to_owned(), value)));
        Ok(document::read(place, &Value::Object(shown))?)
    }
}

/// A user as `DescribeUser` answers it.
pub(super) const DESCRIBED: Place = Place::output("identitystore", "DescribeUser", &[]);
/// A user as `ListUsers` answers it.
pub(super) const LISTED: Place = Place::output("identitystore", "ListUsers", &["Users"]);
/// A user as `CreateUser` takes it.
pub(super) const GIVEN: Place = Place::input("identitystore", "CreateUser", &[]);

/// The user of that id.
///
/// # Errors
/// `ResourceNotFoundException` where there is none.
pub(crate) fn get<'t>(ctx: &'t Ctx<'_>, store: &Key, id: &str) -> Result<&'t User> {
    let missing = || error::not_found(ctx, Kind::User, Some(id));
    ctx.peek::<Users>(&store.clone().text(&canonical(id))).ok_or_else(missing)
}

/// The id of a user or group as it is kept: in lower case, whatever case it is given in.
pub(crate) fn canonical(id: &str) -> String {
    id.to_ascii_lowercase()
}

/// Keeps a user in the place of what it was before.
///
/// # Errors
/// `ConflictException` where another user has something that only one may have.
pub(crate) fn save(ctx: &mut Ctx<'_>, store: &Key, before: Option<&User>, user: User) -> Result<()> {
    for unique in Unique::ALL {
        for value in before.map(|user| unique.of(user)).into_iter().flatten() {
            ctx.delete::<Uniques>(&unique.key(store, value))?;
        }
        for value in unique.of(&user) {
            let key = unique.key(store, value);
            if ctx.peek::<Uniques>(&key).is_some_and(|other| *other != user.id) {
                return Err(error::duplicate(ctx, unique.taken()));
            }
            ctx.put::<Uniques>(key, user.id.clone())?;
        }
    }
    ctx.put::<Users>(store.clone().text(&user.id), user)
}

/// Forgets a user.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, store: &Key, user: &User) -> Result<()> {
    for unique in Unique::ALL {
        for value in unique.of(user) {
            ctx.delete::<Uniques>(&unique.key(store, value))?;
        }
    }
    ctx.delete::<Users>(&store.clone().text(&user.id)).map(drop)
}

/// The attributes that a request gives.
///
/// # Errors
/// When the model has no such operation.
pub(super) fn attributes(input: &api::CreateUserRequest) -> Result<Map<String, Value>> {
    let mut attributes = match document::write(GIVEN, input)? {
        Value::Object(attributes) => attributes,
        _ => Map::new(),
    };
    attributes.remove("IdentityStoreId");
    Ok(attributes)
}

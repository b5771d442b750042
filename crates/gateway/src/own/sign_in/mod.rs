//! The sign-in page: where somebody of a workforce signs in, and allows a tool what it asks for. AWS has it at an instance's start
//! URL and at its token service's `/authorize`.
//!
//! Everything is done by levers of the services; the pages are forms over them. A browser keeps the token of its sign-in in a
//! cookie that no script can read. A form is taken only from this origin, and only with the mark that its browser was given.

mod page;
mod visit;

use bytes::Bytes;
use http::Method;
use http::request::Parts;
use ironbird_rig::World;
use serde_json::{Map, Value, json};

use super::{Problem, aside, own_scope};
use crate::Gateway;
use crate::answer::Answer;
use page::{Form, Page};
use visit::{PLACE, Visit};

/// The parameters of an authorization request (RFC 6749 and RFC 7636, with the name that AWS gives scopes).
const ASKED: [&str; 7] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "code_challenge_method",
    "code_challenge",
    "scopes",
];

/// Whether a path, below the rig's prefix, is one of these pages.
pub(super) fn is_page(path: &str) -> bool {
    path.strip_prefix("/sign-in").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The page that a browser is sent to which comes to the token service's `/authorize`; none for any other request.
pub(crate) fn authorize(head: &Parts) -> Option<Answer> {
    let query = head.uri.query().filter(|query| query.contains("response_type="))?;
    let is_asked = head.method == Method::GET && head.uri.path() == "/authorize";
    is_asked.then(|| page::see(&format!("{PLACE}/authorize?{query}"), None))
}

/// Answers a browser.
pub(super) async fn answer(gateway: &Gateway, head: &Parts, body: &Bytes) -> Answer {
    let visit = match Visit::read(head, body) {
        Ok(visit) => visit,
        Err(page) => return page.answer(),
    };
    match aside(gateway, move |world| Ok(respond(world, &visit))).await {
        Ok(answer) => answer,
        Err(problem) => refused(&problem).answer(),
    }
}

fn respond(world: &World, visit: &Visit) -> Answer {
    let path: Vec<&str> = visit.path.iter().map(String::as_str).collect();
    let reads = [Method::GET, Method::HEAD].contains(&visit.method);
    if !reads && !visit.is_marked() {
        let page = Page::new("That form is not good any more").status(403);
        return page.says("Go back, load the page again, and allow it to set a cookie.").answer();
    }
    match (reads, path.as_slice()) {
        (true, ["style.css"]) => page::style(),
        (true, ["authorize"]) => ask_to_authorize(world, visit),
        (false, ["authorize"]) => authorized(world, visit),
        (true, [store]) => home(world, visit, store),
        (false, [store, "sign-in"]) => sign_in(world, visit, store),
        (false, [store, "sign-out"]) => sign_out(world, visit, store),
        (true, [store, "device"]) => ask_for_device(world, visit, store, None),
        (false, [store, "device"]) => device_answered(world, visit, store),
        _ => Page::new("There is no such page").status(404).answer(),
    }
}

/// Pulls a lever.
fn pull(world: &World, lever: &str, given: &Value) -> Result<Value, Problem> {
    Ok(world.within(own_scope(world), |ctx| ctx.pull(lever, given))?)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn refused(problem: &Problem) -> Page {
    Page::new("That does not work").status(problem.status).complains(Some(&problem.message))
}

/// The name of whoever is signed in to a directory in this browser.
fn who(world: &World, visit: &Visit, store: &str) -> Option<String> {
    let who = pull(world, "sso-oidc.who", &json!({ "token": visit.token() })).ok()?;
    (text(&who, "identityStoreId") == store).then(|| text(&who, "displayName").to_owned())
}

/// Asks for name and password, to go on to `next`.
fn ask_to_sign_in(
    world: &World,
    visit: &Visit,
    store: &str,
    next: &str,
    complaint: Option<&Problem>,
) -> Answer {
    let (mark, cookie) = visit.mark(world);
    let form = Form::to(&format!("{PLACE}/{store}/sign-in"), &mark)
        .hidden("next", next)
        .field("user_name", "User name", "autocomplete=\"username\" autofocus", visit.field("user_name"))
        .field("password", "Password", "type=\"password\" autocomplete=\"current-password\"", "")
        .buttons(&[("answer", "sign-in", "Sign in")]);
    Page::new("Sign in")
        .status(complaint.map_or(200, |problem| problem.status))
        .complains(complaint.map(|problem| problem.message.as_str()))
        .says(&format!("to the directory {store}"))
        .form(form)
        .cookie(cookie)
        .answer()
}

fn sign_in(world: &World, visit: &Visit, store: &str) -> Answer {
    let given = json!({
        "identityStoreId": store,
        "userName": visit.field("user_name"),
        "password": visit.field("password"),
    });
    match pull(world, "sso-oidc.sign-in", &given) {
        Ok(signed_in) => {
            page::see(visit::next(visit.field("next")), Some(visit::keep(text(&signed_in, "token"))))
        }
        Err(problem) => {
            if problem.code == "AccessDeniedException"
                && let Err(uncounted) = pull(world, "sso-oidc.wrong-password", &given)
            {
                return refused(&uncounted).answer();
            }
            ask_to_sign_in(world, visit, store, visit.field("next"), Some(&problem))
        }
    }
}

fn sign_out(world: &World, visit: &Visit, store: &str) -> Answer {
    match pull(world, "sso-oidc.sign-out", &json!({ "token": visit.token() })) {
        Ok(_) => page::see(&format!("{PLACE}/{store}"), Some(visit::forget())),
        Err(problem) => refused(&problem).answer(),
    }
}

/// Where the start URL leads: who is signed in, and may use which accounts.
fn home(world: &World, visit: &Visit, store: &str) -> Answer {
    let here = format!("{PLACE}/{store}");
    let Some(name) = who(world, visit, store) else {
        return ask_to_sign_in(world, visit, store, &here, None);
    };
    let (mark, cookie) = visit.mark(world);
    let form = Form::to(&format!("{here}/sign-out"), &mark).buttons(&[("answer", "sign-out", "Sign out")]);
    let portal = match pull(world, "sso.portal", &json!({ "token": visit.token() })) {
        Ok(portal) => portal,
        Err(problem) => return refused(&problem).answer(),
    };
    let accounts = portal["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let page = match accounts {
        [] => Page::new(format!("Signed in as {name}")).says("You are not assigned to any account."),
        _ => Page::new(format!("Signed in as {name}")).says("Your accounts, and your roles there:"),
    };
    let page = accounts.iter().fold(page, |page, account| page.says(&account_line(account)));
    page.form(form).cookie(cookie).answer()
}

/// `work (123456789012): Builder, Reader`
fn account_line(account: &Value) -> String {
    let roles = account["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
    let roles: Vec<&str> = roles.iter().filter_map(Value::as_str).collect();
    format!("{} ({}): {}", text(account, "accountName"), text(account, "accountId"), roles.join(", "))
}

/// Asks for a user code, or, where the address has it, whether its device may have what it asks for.
fn ask_for_device(world: &World, visit: &Visit, store: &str, complaint: Option<&Problem>) -> Answer {
    let here = format!("{PLACE}/{store}/device");
    let code = visit.field("user_code");
    if who(world, visit, store).is_none() {
        return ask_to_sign_in(world, visit, store, &format!("{here}?{}", visit.query), None);
    }
    let (mark, cookie) = visit.mark(world);
    let device = if code.is_empty() || complaint.is_some() {
        Ok(None)
    } else {
        // A code of another directory's tool is none here.
        let device = pull(world, "sso-oidc.device", &json!({ "userCode": code }));
        device.map(|device| Some(device).filter(|device| text(device, "identityStoreId") == store))
    };
    let complaint = complaint.or(device.as_ref().err());
    match &device {
        Ok(Some(device)) => {
            let form = Form::to(&here, &mark)
                .hidden("user_code", text(device, "userCode"))
                .buttons(&[("answer", "allow", "Allow"), ("answer", "deny", "Deny")]);
            Page::new(format!("Allow {}?", text(device, "clientName")))
                .says(
                    "It asks for access to your AWS accounts. Allow it only if you see the same code there:",
                )
                .shows_code(text(device, "userCode"))
                .form(form)
                .cookie(cookie)
                .answer()
        }
        _ => {
            let kind = "autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" autofocus";
            let form = Form::to(&here, &mark)
                .field("user_code", "Code", kind, "")
                .buttons(&[("answer", "look", "Go on")]);
            Page::new("Which code do you see?")
                .status(complaint.map_or(200, |problem| problem.status))
                .complains(complaint.map(|problem| problem.message.as_str()))
                .form(form)
                .cookie(cookie)
                .answer()
        }
    }
}

fn device_answered(world: &World, visit: &Visit, store: &str) -> Answer {
    let allow = match visit.field("answer") {
        "allow" => true,
        "deny" => false,
        // A code that was typed: it is not answered yet.
        _ => return ask_for_device(world, visit, store, None),
    };
    let given = json!({ "token": visit.token(), "userCode": visit.field("user_code"), "allow": allow });
    match pull(world, "sso-oidc.answer-device", &given) {
        Ok(_) if allow => Page::new("Allowed").says("The tool goes on. You can close this page.").answer(),
        Ok(_) => Page::new("Denied").says("The tool is told so. You can close this page.").answer(),
        Err(problem) => ask_for_device(world, visit, store, Some(&problem)),
    }
}

/// Asks whether a tool may have what it asks for, which then sends the browser back to the tool.
fn ask_to_authorize(world: &World, visit: &Visit) -> Answer {
    let given = asked(visit);
    let client = match pull(world, "sso-oidc.authorization", &Value::Object(given)) {
        Ok(client) => client,
        // Where the browser would be sent back to is not sure then: nobody is sent anywhere.
        Err(problem) => return refused(&problem).answer(),
    };
    let (store, here) = (text(&client, "identityStoreId"), format!("{PLACE}/authorize"));
    if who(world, visit, store).is_none() {
        return ask_to_sign_in(world, visit, store, &format!("{here}?{}", visit.query), None);
    }
    let (mark, cookie) = visit.mark(world);
    let form = Form::to(&here, &mark);
    let form = ASKED.iter().fold(form, |form, name| form.hidden(name, visit.field(name)));
    let form = form.buttons(&[("answer", "allow", "Allow"), ("answer", "deny", "Deny")]);
    Page::new(format!("Allow {}?", text(&client, "clientName")))
        .says("It asks for access to your AWS accounts. Allow it only if you have just begun to sign in with it.")
        .form(form)
        .cookie(cookie)
        .answer()
}

fn authorized(world: &World, visit: &Visit) -> Answer {
    let mut given = asked(visit);
    given.insert("token".to_owned(), visit.token().into());
    given.insert("allow".to_owned(), (visit.field("answer") == "allow").into());
    match pull(world, "sso-oidc.answer-authorization", &Value::Object(given)) {
        Ok(answer) => Page::new("Back to the tool").goes_to(text(&answer, "location")).answer(),
        Err(problem) => refused(&problem).answer(),
    }
}

/// The parameters of an authorization request, as the lever takes them.
fn asked(visit: &Visit) -> Map<String, Value> {
    let sent = ASKED.iter().filter_map(|name| Some(((*name).to_owned(), visit.fields.get(*name)?.clone())));
    // A form sends what was left out as an empty text.
    sent.filter(|(_, value)| value.as_str() != Some("")).collect()
}

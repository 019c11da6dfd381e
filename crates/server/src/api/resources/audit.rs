//! The log of what operators did.

use crate::admin::{Act, Subject, audit};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Operation, Reply, param};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::{self, Problem};
use crate::api::schema::{Schema, Shape, always, or_null};
use crate::api::times::time;
use claviger_core::jose::base64url;
use claviger_core::permission::{Permission, Resource, Verb};
use claviger_store::{AuditFilter, AuditLine};
use serde_json::{Value, json};

const LINE: Schema = Schema {
    name: "AuditLine",
    says: "What somebody did",
    fields: &[
        always("number", Shape::Int, "The line's number"),
        always("at", Shape::Time, "When"),
        or_null("realm", Shape::Text, "In which realm; null: in the whole database"),
        or_null("actor", Shape::Text, "Who; null once that is erased"),
        always("way", Shape::Text, "By what way: cli, api, console, .."),
        always("act", Shape::Text, "What, like app.approve"),
        always("subject_kind", Shape::Text, "To what kind of thing"),
        always("subject", Shape::Text, "Its id"),
        always("before", Shape::Any, "What changed, as it was"),
        always("after", Shape::Any, "The same, as it is since"),
        always("personal", Shape::Any, "Personal values; null where there are none, or once they are erased"),
        always("reference", Shape::Text, "Of the request or command"),
        always("digest", Shape::Text, "Of this line and all before it (SHA-256, base64url)"),
    ],
    open: false,
};

const VERIFIED: Schema = Schema {
    name: "AuditVerified",
    says: "What a walk along the chain of digests found",
    fields: &[
        always("whole", Shape::Bool, "Each line is as it was written, and none is missing"),
        always("lines", Shape::Int, "How many lines are as they were written"),
        always("erased", Shape::Int, "How many personal parts are erased"),
        always("digest", Shape::Text, "The digest of the last of these lines"),
        or_null("broken", Shape::Text, "Where the first break is"),
    ],
    open: false,
};

const READ: Permission = Permission::new(Resource::Audit, Verb::Read);

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listAudit",
        "/audit",
        "What was done, the newest first",
        (Resource::Audit, About::Some),
        Answers::Page(&LINE),
        |call| Box::pin(list(call)),
    )
    .query(&[
        LIMIT,
        AFTER,
        param("realm", Shape::Text, "Only in this realm; must be said by whoever administers some only"),
        param("act", Shape::Text, "Only this act, like app.approve"),
        param("actor", Shape::Text, "Only by them"),
        param("subject", Shape::Text, "Only to this: KIND/ID, like app/shop"),
        param("since", Shape::Time, "Only then or later"),
        param("until", Shape::Time, "Only before"),
    ]),
    Operation::get(
        "verifyAudit",
        "/audit/verification",
        "Walks along the chain of digests, and says where it breaks",
        (Resource::Audit, About::Everything),
        Answers::One(200, &VERIFIED),
        |call| Box::pin(verify(call)),
    ),
];

fn shown(line: AuditLine) -> Value {
    let json =
        |text: Option<String>| text.and_then(|text| serde_json::from_str::<Value>(&text).ok()).unwrap_or_default();
    json!({
        "number": line.number, "at": time(line.at), "realm": Some(line.realm).filter(|realm| !realm.is_empty()),
        "actor": line.actor, "way": line.way, "act": line.act, "subject_kind": line.subject_kind,
        "subject": line.subject, "before": json(line.before), "after": json(line.after), "personal": json(line.personal),
        "reference": line.reference, "digest": base64url(&line.digest),
    })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (store, page) = (&call.state.store, call.page()?);
    match call.asked("realm") {
        None if call.caller.may_everywhere(READ) => {}
        None => {
            return Err(Problem::new(
                problem::FORBIDDEN,
                "the caller administers some realms only: say which with `realm`",
            ));
        }
        Some(id) => {
            let realm = crate::admin::realms::find(store, id).await;
            if !realm.is_ok_and(|realm| call.caller.may(READ, &realm, None)) {
                return Err(Problem::new(
                    problem::FORBIDDEN,
                    format!("no role of the caller reaches the realm `{id}`"),
                ));
            }
        }
    }
    let wrong = |name: &'static str| move |why: String| Problem::field(name, why);
    let filter = AuditFilter {
        realm: call.asked("realm").map(str::to_owned),
        act: call.asked("act").map(str::parse::<Act>).transpose().map_err(wrong("act"))?,
        actor: call.asked("actor").map(str::to_owned),
        subject: call.asked("subject").map(str::parse::<Subject>).transpose().map_err(wrong("subject"))?,
        since: call.asked_time("since")?,
        until: call.asked_time("until")?,
    };
    let [after] = page.parts()?;
    let below = match after.as_str() {
        "" => i64::MAX,
        number => number
            .parse()
            .map_err(|_| Problem::field("after", "this is no `next` of a page of this list: begin anew without it"))?,
    };
    let found = store.audit_lines(&filter, below, page.read()).await?;
    Ok(page.reply(found, |one| vec![one.number.to_string()], shown))
}

async fn verify(call: &Call<'_>) -> Result<Reply, Problem> {
    let found = audit::verify(&call.state.store).await?;
    Ok(Reply::ok(json!({
        "whole": found.broken.is_none(), "lines": found.lines, "erased": found.erased,
        "digest": base64url(&found.digest), "broken": found.broken.map(|at| format!("{at:?}")),
    })))
}
